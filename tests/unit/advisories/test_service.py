"""The OSV service on loopback, asked over real HTTP."""

from __future__ import annotations

import http.client
import json
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from secscan.advisories.index import Index
from secscan.advisories.service import serve
from tests.support.osv_records import index_of, osv


@pytest.fixture
def service(tmp_path: Path) -> Iterator[str]:
    odd = osv("PYSEC-2", published="2026-01-01T01:00:00.123456+01:00", modified="yesterday")
    with serve(index_of(tmp_path / "index.sqlite", osv("PYSEC-1"), odd)) as url:
        yield url


def ask(url: str, path: str, body: bytes | None = None, **headers: str) -> tuple[int, dict]:
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)
    try:
        connection.request("GET" if body is None else "POST", path, body=body, headers=headers)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


def query(name: str = "flask", version: str = "1.0", ecosystem: str = "PyPI") -> dict:
    return {"package": {"name": name, "ecosystem": ecosystem}, "version": version}


def test_a_query_is_answered_with_whole_records(service: str) -> None:
    status, answer = ask(service, "/v1/query", json.dumps(query()).encode())
    assert status == 200
    assert [one["id"] for one in answer["vulns"]] == ["PYSEC-1", "PYSEC-2"]
    assert answer["vulns"][1]["published"] == "2026-01-01T00:00:00Z"
    assert "modified" not in answer["vulns"][1]


def test_no_vulnerability_is_an_empty_list(service: str) -> None:
    assert ask(service, "/v1/query", json.dumps(query(version="3.0")).encode()) == (200, {"vulns": []})


def test_a_batch(service: str) -> None:
    body = json.dumps({"queries": [query(), query(version="3.0")]}).encode()
    status, answer = ask(service, "/v1/querybatch", body)
    assert status == 200
    assert [[one["id"] for one in part["vulns"]] for part in answer["results"]] == [["PYSEC-1", "PYSEC-2"], []]


def test_one_record(service: str) -> None:
    assert ask(service, "/v1/vulns/PYSEC-1")[1]["id"] == "PYSEC-1"
    assert ask(service, "/v1/vulns/PYSEC-9")[0] == 404
    assert ask(service, "/v1/vulns/../x")[0] == 404


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"{}",
        json.dumps({"package": {"name": "flask"}, "version": "1.0"}).encode(),
        json.dumps({"package": {"name": "flask", "ecosystem": "npm"}, "version": "1.0"}).encode(),
        json.dumps({"package": {"purl": "pkg:pypi/flask"}, "version": "1.0"}).encode(),
        json.dumps({"commit": "abc"}).encode(),
        json.dumps({**query(), "version": ""}).encode(),
        b"[" * 100_000,
    ],
)
def test_a_question_that_is_not_understood_is_an_error_and_never_empty(service: str, body: bytes) -> None:
    status, answer = ask(service, "/v1/query", body)
    assert status == 400
    assert "vulns" not in answer


def test_the_control_is_found(service: str) -> None:
    status, answer = ask(service, "/v1/query", json.dumps(query("secscan-control")).encode())
    assert (status, [one["id"] for one in answer["vulns"]]) == (200, ["SECSCAN-CONTROL-1"])


def test_what_a_closed_index_does_not_know_is_for_the_asker_to_tell(tmp_path: Path) -> None:
    """The service only answers; `Index.knows` says that this answer means nothing, and the adapter does not ask."""
    path = index_of(tmp_path / "closed.sqlite", osv(), closed={"PyPI": frozenset({"flask"})})
    with serve(path) as url:
        assert ask(url, "/v1/query", json.dumps(query("django")).encode()) == (200, {"vulns": []})
    with Index(path) as index:
        assert not index.knows("PyPI", "django")


def test_a_damaged_record_is_a_server_error_and_never_empty(tmp_path: Path) -> None:
    path = index_of(tmp_path / "index.sqlite", osv("PYSEC-1"))
    with sqlite3.connect(path) as database:
        database.execute("UPDATE record SET json = x'00ff'")
    database.close()
    with serve(path) as url:
        for status, answer in (
            ask(url, "/v1/query", json.dumps(query()).encode()),
            ask(url, "/v1/querybatch", json.dumps({"queries": [query()]}).encode()),
            ask(url, "/v1/vulns/PYSEC-1"),
        ):
            assert status == 500
            assert "vulns" not in answer


@pytest.mark.parametrize("length", ["", "-1", "x", "99999999999"])
def test_a_body_needs_a_length_within_limits(service: str, length: str) -> None:
    assert ask(service, "/v1/query", b"{}", **{"Content-Length": length})[0] == 400


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "HEAD"])
def test_a_method_it_does_not_have_is_refused(service: str, method: str) -> None:
    connection = http.client.HTTPConnection(urlsplit(service).netloc, timeout=10)
    try:
        connection.request(method, "/v1/query", body=b"{}")
        assert connection.getresponse().status == 501
    finally:
        connection.close()


def test_many_can_ask_at_once(service: str) -> None:
    body = json.dumps(query()).encode()
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: ask(service, "/v1/query", body), range(40)))
    assert {status for status, _ in answers} == {200}
    assert all(len(answer["vulns"]) == 2 for _, answer in answers)


def test_other_methods_and_too_much_are_refused(service: str) -> None:
    assert ask(service, "/v2/query", b"{}")[0] == 404
    assert ask(service, "/v1/querybatch", json.dumps({"queries": [{}] * 1001}).encode())[0] == 400


def test_it_stops(tmp_path: Path) -> None:
    with serve(index_of(tmp_path / "index.sqlite", osv())) as url:
        assert ask(url, "/v1/vulns/PYSEC-1")[0] == 200
    with pytest.raises(OSError):
        ask(url, "/v1/vulns/PYSEC-1")


def test_a_service_answers_for_every_ecosystem_of_the_index(tmp_path: Path) -> None:
    left = osv("GHSA-1", affected=[{"package": {"ecosystem": "npm", "name": "left"}, "versions": ["1.0.0"]}])
    with serve(index_of(tmp_path / "index.sqlite", osv(), left)) as url:
        status, answer = ask(url, "/v1/query", json.dumps(query("left", "v1.0.0", "npm")).encode())
        assert (status, [one["id"] for one in answer["vulns"]]) == (200, ["GHSA-1"])


@pytest.mark.parametrize(
    "change",
    [{"page_token": "1000"}, {"page_token": 7}, {"purl": "pkg:pypi/flask"}, {"commit": "abc"}, {"version": 1}],
)
def test_more_than_it_understands_is_an_error(service: str, change: dict) -> None:
    assert ask(service, "/v1/query", json.dumps({**query(), **change}).encode())[0] == 400


def test_pages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("secscan.advisories.service.PAGE", 2)
    with serve(index_of(tmp_path / "index.sqlite", *(osv(f"PYSEC-{at}") for at in range(5)))) as url:
        found: list[str] = []
        token = ""
        for size in (2, 2, 1):
            body = {"queries": [{**query(), **({"page_token": token} if token else {})}, query(version="3.0")]}
            status, answer = ask(url, "/v1/querybatch", json.dumps(body).encode())
            first, second = answer["results"]
            assert (status, len(first["vulns"]), second) == (200, size, {"vulns": []})
            found += [one["id"] for one in first["vulns"]]
            token = first.get("next_page_token", "")
        assert found == [f"PYSEC-{at}" for at in range(5)]
        assert not token
        whole = ask(url, "/v1/query", json.dumps(query()).encode())[1]
        assert (len(whole["vulns"]), "next_page_token" in whole) == (5, False)
        for wrong in ("1", "6", "-2", "x", "99999999999", "２"):
            body = {"queries": [{**query(), "page_token": wrong}]}
            assert ask(url, "/v1/querybatch", json.dumps(body).encode())[0] == 400


def test_what_ends_pip_audit_is_left_out(tmp_path: Path) -> None:
    odd = osv("PYSEC-9", schema_version="new", published="soon")
    odd["affected"][0]["ranges"][0]["events"] = [{"introduced": "0"}, {"fixed": "0.2.0-n653"}, {"fixed": "2.0"}]
    odd["affected"].append({"versions": ["1.0"]})
    with serve(index_of(tmp_path / "index.sqlite", odd)) as url:
        (answer,) = ask(url, "/v1/query", json.dumps(query()).encode())[1]["vulns"]
    assert [one["ranges"][0]["events"] for one in answer["affected"]] == [[{"introduced": "0"}, {"fixed": "2.0"}]]
    assert not {"schema_version", "published"} & set(answer)
