"""HMACs by Vault's Transit engine, under a key that never leaves it.

The same value has the same HMAC for whoever may ask, and nobody can try values without asking Vault, which writes each
question into its audit log (the value itself does not appear there). A key that is rotated gives other HMACs, so its
version is pinned.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from secscan.stores.contract import StoreError, Unavailable
from secscan.stores.vault.connection import Connection

_BATCH = 400
"""Questions in one request: OpenBao takes 1,000 texts, and each question has two."""
_LENGTH = 32_768
"""Bytes of a text that are sent as they are; a request has a limit."""
_FORM = re.compile(r"vault:v(\d{1,9}):([A-Za-z0-9+/]{43}=)")


@dataclass(frozen=True)
class Transit:
    """A key of the Transit engine that makes HMACs."""

    connection: Connection
    version: int = 0
    """The version of the key; 0 for the newest."""

    def hmacs(self, texts: Sequence[str]) -> list[str]:
        """Return the HMAC-SHA256 of each text, in base64. Raises `StoreError`."""
        batches = [texts[at : at + _BATCH] for at in range(0, len(texts), _BATCH)]
        with ThreadPoolExecutor(max_workers=min(4, self.connection.settings.workers)) as pool:
            return [digest for _, digest in (pair for part in pool.map(self._ask, batches) for pair in part)]

    def seal(self, text: str) -> str:
        """Return what shows that somebody who may write indexes has seen the text. Raises `StoreError`."""
        settings = self.connection.settings
        answer = self.connection.post(
            f"{settings.transit_mount}/hmac/{settings.transit_key}-seal/sha2-256", {"input": _encoded(text)}
        )
        return str((answer.get("data") or {}).get("hmac", ""))

    def is_sealed(self, text: str, seal: str) -> bool:
        """Whether the seal belongs to the text. Who may ask this cannot make seals. Raises `StoreError`."""
        settings = self.connection.settings
        answer = self.connection.post(
            f"{settings.transit_mount}/verify/{settings.transit_key}-seal/sha2-256",
            {"input": _encoded(text), "hmac": seal},
        )
        return (answer.get("data") or {}).get("valid") is True

    def newest_version(self) -> int:
        """Return the version of the key that Vault uses now."""
        ((version, _),) = self._ask(["version"])
        return version

    def _ask(self, texts: Sequence[str]) -> list[tuple[int, str]]:
        settings = self.connection.settings
        body: dict[str, Any] = {"batch_input": [{"input": _encoded(text)} for text in texts]}
        if self.version:
            body["key_version"] = self.version
        answer = self.connection.post(f"{settings.transit_mount}/hmac/{settings.transit_key}/sha2-256", body)
        results = (answer.get("data") or {}).get("batch_results")
        if not isinstance(results, list) or len(results) != len(texts):
            raise Unavailable("Transit did not answer every question", hint="see Vault's own log")
        return list(self._read(results))

    def _read(self, results: list[Any]) -> Iterator[tuple[int, str]]:
        for one in results:
            found = _FORM.fullmatch(str(one.get("hmac", ""))) if isinstance(one, dict) else None
            if found is None or (self.version and int(found[1]) != self.version):
                raise StoreError(
                    "Transit gave something that is no HMAC of the version that was asked for",
                    hint="check `vault.transit`; write the index anew where the key was rotated",
                )
            yield int(found[1]), found[2]


def _encoded(text: str) -> str:
    data = text.encode("utf-8", errors="surrogatepass")
    if len(data) > _LENGTH:
        data = b"long:" + hashlib.sha256(data).digest()
    return base64.b64encode(data).decode()
