"""Where secrets lie: KV mounts, what they keep, and how old it is. Of entries only the metadata are looked at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from secscan.findings.levels import Severity
from secscan.findings.scan import is_time
from secscan.stores.vault.hygiene.asking import Asking, part, whole_number
from secscan.stores.vault.hygiene.checks import (
    CONTROL,
    LONG_LIVED,
    MISCONFIGURED,
    Check,
    Entry,
    Problem,
    Section,
    Terms,
    Unlooked,
)
from secscan.stores.vault.hygiene.policies import kv_mounts

VERSION_1 = Check(
    id="4.1",
    title="KV mount without versions",
    severity=Severity.MEDIUM,
    remedy="Move to version 2 (`vault kv enable-versioning MOUNT`): what is overwritten in version 1 is gone, and"
    " nobody can tell when a secret was replaced.",
    cwes=(1188,),
    defect=MISCONFIGURED,
)
KEPT = Check(
    id="4.2",
    title="KV mount that keeps old versions without a limit of its own",
    severity=Severity.LOW,
    remedy="Set `max_versions` or `delete_version_after` (`vault write MOUNT/config ...`): a replaced secret stays"
    " readable for whoever may read the entry.",
    cwes=(459,),
    defect=MISCONFIGURED,
)
NO_CAS = Check(
    id="4.3",
    title="KV mount that lets writers overwrite each other",
    severity=Severity.INFO,
    remedy="Set `cas_required` (`vault write MOUNT/config cas_required=true`): a writer must know what it replaces.",
    cwes=(362,),
    defect=MISCONFIGURED,
)
OLD = Check(
    id="4.4",
    title="Secrets that were not replaced for long",
    severity=Severity.MEDIUM,
    remedy="Replace them, and let Vault make them for a time (its database, PKI and cloud engines) where it can.",
    cwes=(324,),
    defect=LONG_LIVED,
)
NO_OWNER = Check(
    id="4.5",
    title="Secrets that nobody answers for",
    severity=Severity.LOW,
    remedy="Say whose they are: `vault kv metadata put -custom-metadata=owner=TEAM PATH`.",
    cwes=(1059,),
    defect=MISCONFIGURED,
)
LONG_LEASE = Check(
    id="4.6",
    title="Mount whose tokens or leases last long",
    severity=Severity.MEDIUM,
    remedy="Tune it to hours: `vault secrets tune` or `vault auth tune`, `-default-lease-ttl` and `-max-lease-ttl`.",
    cwes=(613,),
    defect=LONG_LIVED,
)

_CHECKS = (VERSION_1, KEPT, NO_CAS, OLD, NO_OWNER, LONG_LEASE)
_DAY = 86_400
_ITS_OWN = frozenset({"sys", "identity", "cubbyhole", "agent-registry"})
"""Mounts that every server has. They issue nothing that a tuning would shorten."""
_EXAMPLES = 5
_UNKNOWN = "?"


def _gather(asking: Asking) -> Iterator[Entry]:
    for mount, version in kv_mounts(asking, [one.id for one in _CHECKS[:5]]):
        yield Entry(mount, {"about": "mount", "version": version})
        if version != "2":
            continue
        config = asking.get(f"{mount}/config", (KEPT.id, NO_CAS.id), there=True)
        if config is not None:
            yield Entry(f"{mount}/config", {"about": "config", "told": config})
        yield Entry(f"{mount}/metadata", {"about": "secrets", "told": _secrets(asking, mount)})
    for kind in ("mounts", "auth"):
        mounts = [one.strip("/") for one in asking.get(f"sys/{kind}", (LONG_LEASE.id,), there=True) or {}]
        paths = [f"sys/{kind}/{one}/tune" for one in mounts if one not in _ITS_OWN]
        told_of = asking.each(paths, lambda one: asking.get(one, (LONG_LEASE.id,), there=True))
        for path, told in zip(paths, told_of, strict=True):
            if told is not None:
                yield Entry(path, {"about": "tune", "told": told})


def _secrets(asking: Asking, mount: str) -> list[dict[str, Any]]:
    """Metadata of every entry of a mount, folder by folder. What may not be listed is noted, and so is what was listed
    and shows nothing: Vault keeps no empty folder."""
    checks = (OLD.id, NO_OWNER.id)
    most = asking.settings.most_queries
    top = f"{mount}/metadata"
    folders = [top]
    entries: list[str] = []
    while folders and len(entries) <= most:
        below = list(asking.each(folders, lambda folder: asking.list(folder, checks, there=folder != top)))
        paths = [f"{folder}/{key}" for folder, keys in zip(folders, below, strict=True) for key in keys]
        entries += [path for path in paths if not path.endswith("/")]
        folders = [path.rstrip("/") for path in paths if path.endswith("/")]
    if len(entries) > most or folders:
        asking.note(f"{mount} has more than {most} secrets; the rest was not looked at", checks, "raise most_queries")
    entries = entries[:most]
    told = asking.each(entries, lambda path: asking.get(path, checks, there=True))
    return [{"path": path, **one} for path, one in zip(entries, told, strict=True) if one is not None]


def _judge(entry: Entry, terms: Terms) -> Iterator[Problem | Unlooked]:
    match entry.data["about"]:
        case "mount":
            if entry.data["version"] != "2":
                yield Problem(VERSION_1.id, entry.path, "It is of version 1.")
        case "config":
            told = entry.data["told"]
            if not whole_number(told.get("max_versions")) and told.get("delete_version_after", "0s") in {"0s", "", 0}:
                yield Problem(KEPT.id, entry.path, "`max_versions` and `delete_version_after` are not set.")
            if told.get("cas_required") is not True:
                yield Problem(NO_CAS.id, entry.path, "`cas_required` is off.")
        case "secrets":
            yield from _about_secrets(entry, terms)
        case _:
            yield from _about_leases(entry, terms)


def _about_secrets(entry: Entry, terms: Terms) -> Iterator[Problem | Unlooked]:
    secrets: Sequence[dict[str, Any]] = entry.data["told"]
    oldest = terms.now - timedelta(days=terms.secret_days)
    made = {one["path"]: _made(one) for one in secrets}
    if unknown := [path for path, when in made.items() if when == _UNKNOWN]:
        yield Unlooked(OLD.id, f"Vault does not say when these were made: {_examples(unknown)}")
    old = [path for path, when in made.items() if when and when != _UNKNOWN and datetime.fromisoformat(when) < oldest]
    if old:
        said = f"{_count(old, secrets)} were not replaced for {terms.secret_days:g} days: {_examples(old)}."
        yield Problem(OLD.id, entry.path, said)
    nobody = [one["path"] for one in secrets if not part(one, "custom_metadata").get(terms.owner)]
    if nobody:
        said = f"{_count(nobody, secrets)} are without `{terms.owner}` in the custom metadata: {_examples(nobody)}."
        yield Problem(NO_OWNER.id, entry.path, said)


def _made(told: dict[str, Any]) -> str:
    """When the current version was made, RFC 3339; empty where there is none any more."""
    version = part(part(told, "versions"), str(whole_number(told.get("current_version"))))
    if not version or version.get("destroyed") is True or version.get("deletion_time"):
        return ""
    made = str(version.get("created_time"))
    return made if is_time(made) else _UNKNOWN


def _count(some: Sequence[Any], everything: Sequence[Any]) -> str:
    return f"{len(some)} of {len(everything)} secrets"


def _examples(paths: Sequence[str]) -> str:
    more = f" and {len(paths) - _EXAMPLES} more" if len(paths) > _EXAMPLES else ""
    return f"{', '.join(sorted(paths)[:_EXAMPLES])}{more}"


def _about_leases(entry: Entry, terms: Terms) -> Iterator[Problem]:
    told = entry.data["told"]
    for name in ("default_lease_ttl", "max_lease_ttl"):
        seconds = whole_number(told.get(name))
        if seconds > terms.lease_days * _DAY:
            said = f"`{name}` is {seconds // _DAY} days, more than {terms.lease_days:g}."
            yield Problem(LONG_LEASE.id, entry.path, said)


def _control(about: str, **more: Any) -> Entry:
    return Entry(f"secret/{CONTROL}", {"about": about, **more})


_ANCIENT = {"path": CONTROL, "current_version": 1, "versions": {"1": {"created_time": "0001-01-01T00:00:00Z"}}}
SECTION = Section(
    checks=_CHECKS,
    controls=(
        _control("mount", version="1"),
        _control("config", told={"max_versions": 0, "delete_version_after": "0s"}),
        _control("secrets", told=[_ANCIENT]),
        _control("tune", told={"default_lease_ttl": 10**10}),
    ),
    gather=_gather,
    judge=_judge,
)
