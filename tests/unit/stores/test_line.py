"""Lines to stores: what goes wrong is an error of stores."""

from __future__ import annotations

import http.client

import pytest

from secscan.stores.contract import StoreError, Unavailable
from secscan.stores.line import StoreLine, endpoint, origin, trust


def test_addresses_and_certificates() -> None:
    with pytest.raises(StoreError, match="not a safe way to Vault"):
        origin("http://vault.corp.example")
    with pytest.raises(StoreError, match="the URL of GitHub is not a safe way to it"):
        endpoint("http://token.corp.example/x", "GitHub")
    with pytest.raises(StoreError, match="the CA for Vault cannot be read"):
        trust("/does/not/exist.pem")


def test_whoever_prints_what_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http.client.HTTPConnection, "debuglevel", 1)
    line = StoreLine(origin("http://127.0.0.1:1"), seconds=1)
    with pytest.raises(Unavailable, match="would print the token"):
        line.send("GET", "/", {})
