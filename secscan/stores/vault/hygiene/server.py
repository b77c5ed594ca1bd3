"""The server itself: its audit log, its seal, its version, and the way to it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from secscan.findings.levels import Severity
from secscan.http.line import is_loopback
from secscan.stores.line import origin
from secscan.stores.vault.hygiene.asking import Asking
from secscan.stores.vault.hygiene.checks import CONTROL, MISCONFIGURED, Check, Entry, Problem, Section, Terms, Unlooked
from secscan.stores.vault.hygiene.tls import OLD, old_versions

NO_AUDIT = Check(
    id="5.1",
    title="No audit log",
    severity=Severity.HIGH,
    remedy="Enable an audit device (`vault audit enable file file_path=...`; OpenBao takes it from its configuration):"
    " without one nobody can tell what was read.",
    cwes=(778,),
    defect=MISCONFIGURED,
)
ONE_AUDIT = Check(
    id="5.2",
    title="A single audit device",
    severity=Severity.LOW,
    remedy="Enable a second one of another kind: Vault stops answering when its only one cannot be written.",
    cwes=(778,),
    defect=MISCONFIGURED,
)
RAW_AUDIT = Check(
    id="5.3",
    title="Audit log that holds secrets in the clear",
    severity=Severity.HIGH,
    remedy="Take `log_raw` off, and treat what it has written as leaked.",
    cwes=(532,),
    defect=MISCONFIGURED,
)
SEALED = Check(
    id="5.4",
    title="Vault is sealed",
    severity=Severity.HIGH,
    remedy="Find out who sealed it and why, then unseal it.",
    cwes=(),
    defect=MISCONFIGURED,
)
OLD_VERSION = Check(
    id="5.5",
    title="Version of Vault that gets no fixes",
    severity=Severity.HIGH,
    remedy="Upgrade to a version that its makers support.",
    cwes=(1104, 1395),
    defect=MISCONFIGURED,
)
IN_MEMORY = Check(
    id="5.6",
    title="Server in development mode",
    severity=Severity.HIGH,
    remedy="Run it with a configuration and storage that lasts: in development mode it starts unsealed, with a root"
    " token.",
    cwes=(489,),
    defect=MISCONFIGURED,
)
CLEARTEXT = Check(
    id="5.7",
    title="Vault without TLS",
    severity=Severity.MEDIUM,
    remedy="Give its listener a certificate, on loopback too: tokens and secrets pass over it.",
    cwes=(319,),
    defect=MISCONFIGURED,
)
OLD_TLS = Check(
    id="5.8",
    title="Vault speaks an old version of TLS",
    severity=Severity.MEDIUM,
    remedy="Set `tls_min_version` of its listener to `tls12` or `tls13`.",
    cwes=(757,),
    defect=MISCONFIGURED,
)

_CHECKS = (NO_AUDIT, ONE_AUDIT, RAW_AUDIT, SEALED, OLD_VERSION, IN_MEMORY, CLEARTEXT, OLD_TLS)
_AUDITS = (NO_AUDIT.id, ONE_AUDIT.id, RAW_AUDIT.id)
_STATUS = (SEALED.id, OLD_VERSION.id, IN_MEMORY.id)
_WAY = (CLEARTEXT.id, OLD_TLS.id)
_NAMES = dict(zip(OLD, ("TLS 1.0", "TLS 1.1"), strict=True))
_OLDEST = {1: (1, 19, 0), 2: (2, 3, 2)}
"""By major version, where settings say nothing: Vault 1.19, its makers' oldest with long-term support in 2026; OpenBao
2.3.2, the first in which nobody who may enable an audit device can run code (CVE-2025-54997)."""


def _gather(asking: Asking) -> Iterator[Entry]:
    status = asking.whole("sys/seal-status", _STATUS)
    if status is not None:
        yield Entry("sys/seal-status", {"about": "status", "told": status})
    devices = asking.get("sys/audit", _AUDITS, there=True)
    if devices is not None:
        yield Entry("sys/audit", {"about": "audit", "told": devices})
    end = origin(asking.settings.address) if asking.settings.address else None
    if end is None or end.unix or asking.settings.auth.method == "agent":
        asking.note("an agent stands between us and Vault", _WAY, "audit it by its own address")
        return
    versions: tuple[str, ...] = ()
    if end.tls:
        try:
            versions = old_versions(end, seconds=asking.settings.seconds)
        except OSError as error:
            asking.note(f"no handshake could be tried: {type(error).__name__}", (OLD_TLS.id,), "ask again")
    yield Entry("sys/health", {"about": "way", "tls": end.tls, "loopback": is_loopback(end.host), "old": versions})


def _judge(entry: Entry, terms: Terms) -> Iterator[Problem | Unlooked]:
    match entry.data["about"]:
        case "audit":
            yield from _audit(entry.path, entry.data["told"])
        case "status":
            yield from _status(entry.path, entry.data["told"], terms)
        case _:
            if not entry.data["tls"]:
                severity = Severity.LOW if entry.data["loopback"] else None
                yield Problem(CLEARTEXT.id, entry.path, "It answers over plain http.", severity)
            if entry.data["old"]:
                names = ", ".join(_NAMES[one] for one in entry.data["old"])
                yield Problem(OLD_TLS.id, entry.path, f"It shakes hands in {names}.")


def _audit(path: str, devices: Mapping[str, Any]) -> Iterator[Problem]:
    there = {name: told for name, told in devices.items() if isinstance(told, dict)}
    if not there:
        yield Problem(NO_AUDIT.id, path, "There is no audit device.")
    elif len(there) == 1:
        yield Problem(ONE_AUDIT.id, path, f"There is only {next(iter(there))[:80]}.")
    for name, told in sorted(there.items()):
        options = told.get("options")
        if isinstance(options, dict) and str(options.get("log_raw", "")).lower() in {"true", "1", "t"}:
            yield Problem(RAW_AUDIT.id, f"{path}/{name.strip('/')}", "`log_raw` is on.")


def _status(path: str, told: Mapping[str, Any], terms: Terms) -> Iterator[Problem | Unlooked]:
    if told.get("sealed") is not False:
        yield Problem(SEALED.id, path, "It says that it is sealed.")
    said = str(told.get("version", ""))
    version = _numbers(said)
    if version is None:
        yield Unlooked(OLD_VERSION.id, "Vault does not say its version")
    else:
        oldest = _numbers(terms.oldest_version) or _OLDEST.get(version[0], (0, 0, 1))
        if version < oldest:
            wanted = ".".join(map(str, oldest))
            yield Problem(OLD_VERSION.id, path, f"It is version {said[:40]}; {wanted} is the oldest that is accepted.")
    storage = told.get("storage_type")
    if not isinstance(storage, str):
        yield Unlooked(IN_MEMORY.id, "Vault does not say where it stores")
    elif storage.startswith("inmem"):
        yield Problem(IN_MEMORY.id, path, "It keeps everything in memory.")


def _numbers(version: str) -> tuple[int, int, int] | None:
    found = re.match(r"v?(\d{1,6})(?:\.(\d{1,6}))?(?:\.(\d{1,6}))?", version)
    return (int(found[1]), int(found[2] or 0), int(found[3] or 0)) if found else None


def _control(about: str, **more: Any) -> Entry:
    return Entry(f"sys/{CONTROL}", {"about": about, **more})


SECTION = Section(
    checks=_CHECKS,
    controls=(
        _control("audit", told={}),
        _control("audit", told={"raw/": {"options": {"log_raw": "true"}}}),
        _control("status", told={"sealed": True, "version": "0.0.0", "storage_type": "inmem"}),
        _control("way", tls=False, loopback=False, old=("TLSv1",)),
    ),
    gather=_gather,
    judge=_judge,
)
