"""A server as it should be run: TLS, storage on disk, two audit devices, sealed until it is opened."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.certificates import certificate_of, new_key, private_pem
from tests.support.vault import VaultServer, child_of_bao, free_port


@dataclass
class House:
    """A server that runs, and what it takes to open it."""

    server: VaultServer
    root: str = ""
    keys: Sequence[str] = ()

    def client(self, token: str = "") -> Any:
        return self.server.client(token or self.root)

    def open(self) -> None:
        """Make it ready, as its operators do."""
        made = self.client().sys.initialize(secret_shares=1, secret_threshold=1)
        self.root, self.keys = made["root_token"], made["keys"]
        self.client().sys.submit_unseal_keys(self.keys)
        deadline = time.monotonic() + 30
        while not isinstance(self.client().sys.read_health_status(method="GET"), dict):  # standby, at first
            assert time.monotonic() < deadline
            time.sleep(0.05)

    def mount(self, path: str) -> None:
        """Make a KV mount with versions, and wait until it is ready: with storage on disk that takes a while."""
        import hvac

        self.client().sys.enable_secrets_engine("kv", path=path, options={"version": "2"})
        deadline = time.monotonic() + 30
        while True:
            try:
                self.client().read(f"{path}/config")
            except hvac.exceptions.InvalidRequest:
                assert time.monotonic() < deadline
                time.sleep(0.05)
            else:
                return


@contextmanager
def house(folder: Path, *, listener: str = "", audits: Sequence[str] = ("", "")) -> Iterator[House]:
    """Start a server that is sealed and empty. `listener` and `audits` are further options of its configuration."""
    port = free_port()
    key = new_key()
    (folder / "vault-ca.pem").write_text(certificate_of(key), encoding="utf-8")
    (folder / "key.pem").write_text(private_pem(key), encoding="utf-8")
    (folder / "storage").mkdir()
    devices = "\n".join(
        f'audit "file" "log{n}" {{ description = "log" options {{ file_path = "{folder}/log{n}" {more} }} }}'
        for n, more in enumerate(audits)
    )
    (folder / "house.hcl").write_text(
        f"""
        storage "raft" {{
          path = "{folder}/storage"
          node_id = "one"
        }}
        cluster_addr = "https://127.0.0.1:{port + 1}"
        listener "tcp" {{
          address = "127.0.0.1:{port}"
          tls_cert_file = "{folder}/vault-ca.pem"
          tls_key_file = "{folder}/key.pem"
          {listener}
        }}
        disable_mlock = true
        api_addr = "https://127.0.0.1:{port}"
        {devices}
        """,
        encoding="utf-8",
    )
    with child_of_bao(folder, "server", f"-config={folder}/house.hcl", "-log-level=error") as child:
        found = House(VaultServer(f"https://127.0.0.1:{port}", folder))
        deadline = time.monotonic() + 30
        while not _answers(found):
            assert child.poll() is None, (folder / "bao.log").read_text()
            assert time.monotonic() < deadline, (folder / "bao.log").read_text()
            time.sleep(0.05)
        yield found


def _answers(found: House) -> bool:
    import requests

    try:
        return isinstance(found.client("none").sys.read_seal_status(), dict)
    except requests.exceptions.ConnectionError:
        return False
