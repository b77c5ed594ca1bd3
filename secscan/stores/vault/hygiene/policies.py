"""What policies allow. A policy that is not understood whole is a gap."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from secscan.findings.levels import Severity
from secscan.stores.vault.hygiene.asking import Asking, part
from secscan.stores.vault.hygiene.checks import (
    CONTROL,
    EXCESSIVE,
    Check,
    Entry,
    Problem,
    Section,
    Terms,
    Unlooked,
)
from secscan.stores.vault.hygiene.hcl import Rule, Unreadable, read_policy

EVERYTHING = Check(
    id="2.1",
    title="Policy for every path",
    severity=Severity.CRITICAL,
    remedy="Name the paths that its holders need; for what only operators do, make a root token for the occasion.",
    cwes=(250, 269),
    defect=EXCESSIVE,
)
ALL_SECRETS = Check(
    id="2.2",
    title="Policy for all secrets of a mount",
    severity=Severity.MEDIUM,
    remedy="Give each application the folder of its own secrets, such as `secret/data/team/app/*`.",
    cwes=(269, 1220),
    defect=EXCESSIVE,
)
SUDO = Check(
    id="2.3",
    title="Policy with sudo over the system",
    severity=Severity.HIGH,
    remedy="Give `sudo` on the one path that needs it, never on a wildcard below `sys/`.",
    cwes=(250, 269),
    defect=EXCESSIVE,
)
SELF_MADE = Check(
    id="2.4",
    title="Policy whose holders may write policies",
    severity=Severity.HIGH,
    remedy="Let one pipeline with a role of its own write policies: whoever may write one may give himself all.",
    cwes=(269, 732),
    defect=EXCESSIVE,
)

_CHECKS = (EVERYTHING, ALL_SECRETS, SUDO, SELF_MADE)
_IDS = tuple(one.id for one in _CHECKS)
_WRITES = frozenset({"create", "update", "patch", "delete", "sudo"})
_PROBE = "secscan-probe"
_PATH = "sys/policies/acl"


def _gather(asking: Asking) -> Iterator[Entry]:
    mounts = kv_mounts(asking, (ALL_SECRETS.id,))
    names = [name for name in asking.list(_PATH, _IDS, there=True) if name != "root"]
    told = asking.each(names, lambda name: asking.get(f"{_PATH}/{name}", _IDS, there=True))
    for name, one in zip(names, told, strict=True):
        if one is None:
            continue
        if isinstance(one.get("policy"), str):
            yield Entry(f"{_PATH}/{name}", {"policy": one["policy"], "mounts": mounts})
        else:
            asking.note(f"the policy {name[:80]!r} has no text", _IDS)


def kv_mounts(asking: Asking, checks: Iterable[str]) -> list[list[str]]:
    """Return path (without a slash at the end) and version of every KV mount."""
    told = asking.get("sys/mounts", checks, there=True) or {}
    return [
        [path.strip("/"), str(part(one, "options").get("version", "1"))]
        for path, one in sorted(told.items())
        if isinstance(one, dict) and one.get("type") in {"kv", "generic"}
    ]


def _judge(entry: Entry, _terms: Terms) -> Iterator[Problem | Unlooked]:
    try:
        rules = read_policy(entry.data["policy"])
    except Unreadable as error:
        detail = f"the policy {entry.name[:80]!r} is not understood: {error}"
        yield from (Unlooked(check, detail, "write it in a plain form, or read it yourself") for check in _IDS)
        return
    for rule in rules:
        if "deny" not in rule.capabilities and rule.capabilities:
            yield from _about(rule, entry)


def _about(rule: Rule, entry: Entry) -> Iterator[Problem]:
    what = ", ".join(sorted(rule.capabilities))
    said = f"`{_shown(rule.path)}` gives {what}"
    writes = bool(rule.capabilities & _WRITES)
    if covers(rule.path, f"{_PROBE}/{_PROBE}/{_PROBE}"):
        severity = None if writes else Severity.HIGH
        yield Problem(EVERYTHING.id, entry.path, f"{said}, whatever the path.", severity)
        return
    for mount, version in entry.data["mounts"]:
        below = f"{mount}/data" if version == "2" else mount
        if covers(rule.path, f"{below}/{_PROBE}/{_PROBE}") and rule.capabilities & (_WRITES | {"read"}):
            severity = Severity.HIGH if writes else None
            yield Problem(ALL_SECRETS.id, entry.path, f"{said}: all secrets of the mount {mount}.", severity)
    if "sudo" in rule.capabilities and _over_system(rule.path):
        yield Problem(SUDO.id, entry.path, f"{said}.")
    if writes and any(_reaches(rule.path, place) for place in ("sys/policies/acl", "sys/policy")):
        yield Problem(SELF_MADE.id, entry.path, f"{said}: its holders can give themselves everything.")


def _over_system(path: str) -> bool:
    return covers(path, f"sys/{_PROBE}") or (path.startswith("sys/") and path.endswith("*"))


def _reaches(path: str, place: str) -> bool:
    """Whether a rule reaches anything below a place."""
    return path.startswith(f"{place}/") or covers(path, f"{place}/{_PROBE}")


def covers(rule: str, path: str) -> bool:
    """Whether the path of a rule is meant for a path: `*` at its end for anything, `+` for one segment."""
    anything = rule.endswith("*")
    wanted, given = rule.removesuffix("*").split("/"), path.split("/")
    if len(given) < len(wanted) or (len(given) > len(wanted) and not anything):
        return False
    last = len(wanted) - 1
    return all(
        want in ("+", have) or (anything and at == last and have.startswith(want))
        for at, (want, have) in enumerate(zip(wanted, given, strict=False))
    )


def _shown(path: str) -> str:
    return "".join(char if char.isprintable() and char != "`" else "?" for char in path[:120])


def _control(text: str) -> Entry:
    return Entry(f"{_PATH}/{CONTROL}", {"policy": text, "mounts": [["secret", "2"]]})


SECTION = Section(
    checks=_CHECKS,
    controls=(
        _control('path "*" { capabilities = ["sudo"] }'),
        _control('path "secret/data/*" { capabilities = ["read"] }'),
        _control('path "sys/*" { capabilities = ["sudo"] }'),
        _control('path "sys/policies/acl/team" { capabilities = ["update"] }'),
    ),
    gather=_gather,
    judge=_judge,
)
