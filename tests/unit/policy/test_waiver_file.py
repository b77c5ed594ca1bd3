"""Changing a file of waivers keeps everything else of it."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from secscan.errors import PolicyError
from secscan.policy.model import Match, Waiver
from secscan.policy.waiver_file import added, without
from secscan.policy.waivers import read_waivers

FILE = b"""\
# Ours. Ask ana before you add to it.
format: secscan.waivers/1   # the only one there is

waivers:
  # The proxy in front of it strips the header.
  # See SHOP-7.
  - id: flask          # until the upgrade
    identifier: [CVE-2023-30861]
    reason: the proxy does not cache
    owner: ana
    expires: 2026-12-31

  - id: legacy
    paths: [legacy/**]
    class: [weak-hash]
    reason: >-
      it goes away
      with the old shop
    owner: bo
    expires: "2026-11-30"
    # approved in the meeting of March

# The end.
"""


FLOW = b"{id: a, fingerprint: '12345678', reason: it will do, owner: ana, expires: '2026-12-31'}"


def waiver(name: str, **fields: object) -> Waiver:
    given = {"reason": "a reason that will do", "owner": "ana", "expires": "2026-12-31", "fingerprints": ("12345678",)}
    return Waiver(id=name, **{**given, **fields})  # type: ignore[arg-type]


def ids(data: bytes) -> list[str]:
    return [one.id for one in read_waivers(data, origin="w")]


def test_adding_keeps_every_line() -> None:
    after = added(FILE, waiver("new"), origin="w").decode().splitlines()
    at = after.index("  - id: new")
    assert after[at - 2 : at] == ["    # approved in the meeting of March", ""]
    assert after[: at - 1] + after[at + 5 :] == FILE.decode().splitlines()


def test_removing_takes_the_comments_of_the_waiver_and_no_other() -> None:
    after = without(FILE, ["flask"], origin="w").decode()
    assert after.startswith("# Ours. Ask ana")
    assert "proxy" not in after
    assert "SHOP-7" not in after
    assert "  - id: legacy" in after
    assert after.endswith("    # approved in the meeting of March\n\n# The end.\n")
    after = without(FILE, ["legacy"], origin="w").decode()
    assert "See SHOP-7.\n  - id: flask          # until the upgrade" in after
    assert "meeting" not in after
    assert after.endswith("# The end.\n")


def test_the_last_one_leaves_an_empty_list_to_which_one_can_be_added() -> None:
    empty = without(FILE, ["flask", "legacy"], origin="w")
    assert b"waivers: []\n" in empty
    assert ids(empty) == []
    assert ids(added(empty, waiver("again"), origin="w")) == ["again"]


def test_a_new_file_says_what_it_is() -> None:
    new = added(None, waiver("first"), origin="w")
    assert new.startswith(b"# Findings that are accepted for a while")
    assert ids(new) == ["first"]


def test_lines_keep_their_ends() -> None:
    windows = FILE.replace(b"\n", b"\r\n")
    for after in (added(windows, waiver("new"), origin="w"), without(windows, ["flask"], origin="w")):
        assert after.count(b"\n") == after.count(b"\r\n")


@pytest.mark.parametrize(
    "odd",
    [
        b"format: secscan.waivers/1\nwaivers: [%s]\n" % FLOW,
        b"{format: secscan.waivers/1, waivers: [%s]}\n" % FLOW,
    ],
)
def test_an_odd_layout_is_refused_and_not_spoilt(odd: bytes) -> None:
    for change in (lambda: added(odd, waiver("b"), origin="w"), lambda: without(odd, ["a"], origin="w")):
        with pytest.raises(PolicyError, match="nothing was changed") as caught:
            change()
        assert caught.value.hint


def test_an_id_that_is_there_is_refused() -> None:
    with pytest.raises(PolicyError):
        added(FILE, waiver("flask"), origin="w")


_texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=10, max_size=40).filter(
    lambda text: len(text.strip()) >= 10 and text == text.strip()
)


@settings(max_examples=60)
@given(
    st.lists(
        st.builds(
            lambda reason, owner, ticket, fixable, package: waiver(
                "", reason=reason, owner=owner, ticket=ticket, until_fixable=fixable, match=package
            ),
            _texts,
            _texts,
            _texts | st.just(""),
            st.booleans(),
            st.none() | st.builds(lambda name: Match(package=(name,)), _texts),
        ),
        min_size=1,
        max_size=4,
    ),
    st.data(),
)
def test_what_is_added_is_read_back_and_can_be_removed(waivers: list[Waiver], data: st.DataObject) -> None:
    """Whatever people write: quotes, colons, line ends, control characters."""
    named = [msgspec.structs.replace(one, id=f"w{at}") for at, one in enumerate(waivers)]
    file = FILE
    for one in named:
        file = added(file, one, origin="w")
    assert [msgspec.structs.replace(one, origin="") for one in read_waivers(file, origin="w")][2:] == named
    gone = data.draw(st.sets(st.sampled_from([one.id for one in named])))
    assert ids(without(file, gone, origin="w")) == [one for one in ids(file) if one not in gone]
    assert without(file, {one.id for one in named}, origin="w") == FILE
