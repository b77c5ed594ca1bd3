"""Tokens that live, by their accessors: an accessor names a token and gives no right."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from secscan.findings.levels import Severity
from secscan.stores.vault.hygiene.asking import Asking, texts, whole_number
from secscan.stores.vault.hygiene.checks import CONTROL, LONG_LIVED, Check, Entry, Problem, Section, Terms

ROOT = Check(
    id="1.1",
    title="Root token that lives",
    severity=Severity.CRITICAL,
    remedy="Revoke it: `vault token revoke -accessor ACCESSOR`. Make one with `vault operator generate-root` when it is"
    " needed, and revoke it after the work.",
    cwes=(250, 269),
    defect=LONG_LIVED,
)
ENDLESS = Check(
    id="1.2",
    title="Token that lives long or without end",
    severity=Severity.HIGH,
    remedy="Revoke it, and let whoever needs it log in for a token of hours.",
    cwes=(613, 324),
    defect=LONG_LIVED,
)
PERIODIC = Check(
    id="1.3",
    title="Periodic token without a last day",
    severity=Severity.MEDIUM,
    remedy="Make it anew with `-explicit-max-ttl`, or let its holder log in instead.",
    cwes=(613,),
    defect=LONG_LIVED,
)
ORPHAN = Check(
    id="1.4",
    title="Orphan token that nobody's end revokes",
    severity=Severity.LOW,
    remedy="Make tokens below the one who answers for them, or log in by a method; revoke this one.",
    cwes=(613,),
    defect=LONG_LIVED,
)

_CHECKS = (ROOT, ENDLESS, PERIODIC, ORPHAN)
_IDS = tuple(one.id for one in _CHECKS)
_DAY = 86_400
_MOST = 50_000
_PATH = "auth/token/accessors"


def _gather(asking: Asking) -> Iterator[Entry]:
    accessors = asking.list(_PATH, _IDS, there=True)
    if len(accessors) > _MOST:
        asking.note(f"there are {len(accessors)} tokens; {_MOST} were looked at", _IDS)
    for accessor, told in zip(
        accessors, asking.each(accessors[:_MOST], lambda one: asking.token(one, _IDS)), strict=False
    ):
        if told:
            yield Entry(f"{_PATH}/{accessor}", told)


def _judge(entry: Entry, terms: Terms) -> Iterator[Problem]:
    told = entry.data
    by_hand = str(told.get("path", "")).startswith("auth/token/")
    who = f"made by {str(told.get('path', ''))[:80]}, for {str(told.get('display_name', ''))[:80]!r}"
    if "root" in texts(told.get("policies")):
        yield Problem(ROOT.id, entry.path, f"It may do everything; {who}.")
        return
    if _is_batch(told):
        return
    seconds, period = whole_number(told.get("ttl")), whole_number(told.get("period"))
    if not seconds and not told.get("expire_time"):
        yield Problem(ENDLESS.id, entry.path, f"It has no end; {who}.")
    elif not period and seconds > terms.lease_days * _DAY:
        yield Problem(ENDLESS.id, entry.path, f"It lives {seconds // _DAY} days more; {who}.", Severity.MEDIUM)
    if period and not whole_number(told.get("explicit_max_ttl")):
        yield Problem(PERIODIC.id, entry.path, f"It can be renewed for ever, every {period} seconds; {who}.")
    if by_hand and told.get("orphan") is True:
        yield Problem(ORPHAN.id, entry.path, f"It has no parent; {who}.")


def _is_batch(told: Mapping[str, Any]) -> bool:
    return told.get("type") == "batch"


_BY_HAND = {"path": "auth/token/create", "display_name": "token", "type": "service"}
SECTION = Section(
    checks=_CHECKS,
    controls=(
        Entry(f"{_PATH}/{CONTROL}", {**_BY_HAND, "policies": ["root"]}),
        Entry(f"{_PATH}/{CONTROL}", {**_BY_HAND, "ttl": 0, "orphan": True}),
        Entry(f"{_PATH}/{CONTROL}", {**_BY_HAND, "ttl": 60, "expire_time": "later", "period": 60}),
    ),
    gather=_gather,
    judge=_judge,
)
