"""Which addresses are a safe way."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secscan.stores.contract import StoreError
from secscan.stores.vault.line import Origin, is_loopback, origin, trust


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
    assert origin(address) == end


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
    with pytest.raises(StoreError) as caught:
        origin(address)
    assert "word" not in f"{caught.value.message}{caught.value.hint}"


@given(st.text(max_size=30) | st.from_regex(r"https?://[\w.@:\[\]/?#-]{0,20}", fullmatch=True))
def test_plain_http_goes_to_this_machine_only(address: str) -> None:
    try:
        end = origin(address)
    except StoreError:
        return
    assert end.unix or end.tls or is_loopback(end.host)


def test_a_ca_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("no certificate\n", encoding="utf-8")
    for ca in (tmp_path / "ca.pem", tmp_path / "gone.pem"):
        with pytest.raises(StoreError, match="CA for Vault cannot be read"):
            trust(str(ca))
    with pytest.raises(StoreError, match="client certificate for Vault cannot be read"):
        trust(certificate=str(tmp_path / "ca.pem"))
