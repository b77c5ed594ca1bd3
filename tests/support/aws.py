"""A real server of AWS's API on loopback (moto), started and ended by the tests."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import URLError

REGION = "eu-central-1"


@dataclass(frozen=True)
class AwsServer:
    """A server that runs."""

    address: str

    def client(self, service: str, key: str = "made-up", secret: str = "made-up") -> Any:
        """boto3's client, as administrators use it."""
        import boto3

        return boto3.client(
            service,
            region_name=REGION,
            endpoint_url=self.address,
            aws_access_key_id=key,
            aws_secret_access_key=secret,
        )

    def reset(self) -> None:
        """Forget everything, and let everybody in."""
        self._post("reset", b"")
        self._post("reset-auth", b"1000000000")

    def enforce(self, *actions: str) -> dict[str, str]:
        """Make a user who may do these actions, and let in nobody but who may; return its variables."""
        iam = self.client("iam")
        iam.create_user(UserName="scanner")
        statement = {"Effect": "Allow", "Action": [*actions], "Resource": "*"}
        iam.put_user_policy(
            UserName="scanner",
            PolicyName="scan",
            PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
        )
        made = iam.create_access_key(UserName="scanner")["AccessKey"]
        self._post("reset-auth", b"0")
        return {"AWS_ACCESS_KEY_ID": made["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": made["SecretAccessKey"]}

    def _post(self, name: str, body: bytes) -> None:
        request = urllib.request.Request(
            f"{self.address}/moto-api/{name}", data=body, headers={"Content-Type": "text/plain"}
        )
        with urllib.request.urlopen(request, timeout=20) as answer:
            assert answer.status == 200


@contextmanager
def running(folder: Path) -> Iterator[AwsServer]:
    """Start a server that keeps everything in memory, and end it."""
    # Another process, so that nothing of moto touches the boto3 that is tested.
    log_file = folder / "moto.log"
    port = _free_port()
    with log_file.open("wb") as log:
        child = subprocess.Popen(
            [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
            stdout=log,
            stderr=log,
            env={"HOME": str(folder), "PATH": os.defpath},
        )
    try:
        server = AwsServer(f"http://127.0.0.1:{port}")
        _wait(server, child, log_file)
        yield server
    finally:
        child.terminate()
        child.wait(timeout=20)


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


def _wait(server: AwsServer, child: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        assert child.poll() is None, log.read_text()
        try:
            server.reset()
        except (URLError, OSError):
            time.sleep(0.05)
        else:
            return
    raise AssertionError(log.read_text())
