"""The OSV service on loopback, asked over real HTTP."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

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


def test_other_methods_and_too_much_are_refused(service: str) -> None:
    assert ask(service, "/v2/query", b"{}")[0] == 404
    assert ask(service, "/v1/querybatch", json.dumps({"queries": [{}] * 1001}).encode())[0] == 400


def test_it_stops(tmp_path: Path) -> None:
    with serve(index_of(tmp_path / "index.sqlite", osv())) as url:
        assert ask(url, "/v1/vulns/PYSEC-1")[0] == 200
    with pytest.raises(OSError):
        ask(url, "/v1/vulns/PYSEC-1")
