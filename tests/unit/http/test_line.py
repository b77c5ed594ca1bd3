"""Which addresses are a safe way."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secscan.http.line import LineError, Origin, endpoint, is_loopback, origin, trust


@pytest.mark.parametrize(
    ("address", "end"),
    [
        ("https://vault.corp.example", Origin(host="vault.corp.example")),
        ("https://vault.corp.example:8200/", Origin(host="vault.corp.example", port=8200)),
        ("https://gate.example/vault/", Origin(host="gate.example", prefix="/vault")),
        ("http://127.0.0.1:8200", Origin(host="127.0.0.1", port=8200, tls=False)),
        ("http://[::1]:8200", Origin(host="::1", port=8200, tls=False)),
        ("http://localhost", Origin(host="localhost", port=80, tls=False)),
        ("unix:///run/agent.sock", Origin(host="localhost", tls=False, unix="/run/agent.sock")),
    ],
)
def test_safe_ways(address: str, end: Origin) -> None:
    assert origin(address, "Vault") == end


@pytest.mark.parametrize(
    "address",
    [
        "http://vault.corp.example:8200", "http://127.0.0.1.evil.example", "http://localhost.evil.example",
        "http://0.0.0.0:8200", "ftp://127.0.0.1", "file:///etc/passwd", "vault.corp.example", "https://",
        "https://user:word@vault.example", "https://vault.example/?a=b", "https://vault.example:port", "https://[::1",
        "http://2130706433", "http://10.0.0.1",
    ],
)  # fmt: skip
def test_what_is_not_safe_is_refused_and_no_password_repeated(address: str) -> None:
    with pytest.raises(LineError) as caught:
        origin(address, "Vault")
    assert "word" not in f"{caught.value.message}{caught.value.hint}"


@given(st.text(max_size=30) | st.from_regex(r"https?://[\w.@:\[\]/?#-]{0,20}", fullmatch=True))
def test_plain_http_goes_to_this_machine_only(address: str) -> None:
    try:
        end = origin(address, "Vault")
    except LineError:
        return
    assert end.unix or end.tls or is_loopback(end.host)


@pytest.mark.parametrize(
    ("url", "end", "target"),
    [
        ("https://hooks.example/a/b?c=d&e", Origin(host="hooks.example"), "/a/b?c=d&e"),
        ("https://hooks.example", Origin(host="hooks.example"), "/"),
        ("https://hooks.example:444?", Origin(host="hooks.example", port=444), "/?"),
        ("http://127.0.0.1:80/x/", Origin(host="127.0.0.1", port=80, tls=False), "/x/"),
    ],
)
def test_urls_with_path_and_query(url: str, end: Origin, target: str) -> None:
    assert endpoint(url, "a service") == (end, target)


@pytest.mark.parametrize(
    "url",
    [
        "http://secretword.example/x", "secretword://host", "https://u:secretword@host/", "https://h/secretword#x",
        "https://h/secretword?a#x", "https://h/secretword x", "https://h/secretword\r\nA: b", "https://h/secretwörd",
        "/run/secretword.sock", "unix:///secretword", "secretword", "",
    ],
)  # fmt: skip
def test_urls_that_are_no_safe_way_are_not_repeated(url: str) -> None:
    with pytest.raises(LineError) as caught:
        endpoint(url, "a service")
    assert "secretw" not in f"{caught.value.message}{caught.value.hint}{caught.value.__cause__}"


def test_a_ca_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("no certificate\n", encoding="utf-8")
    for ca in (tmp_path / "ca.pem", tmp_path / "gone.pem"):
        with pytest.raises(LineError, match="CA for Vault cannot be read"):
            trust("Vault", str(ca))
    with pytest.raises(LineError, match="client certificate for Vault cannot be read"):
        trust("Vault", certificate=str(tmp_path / "ca.pem"))
