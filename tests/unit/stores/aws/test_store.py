"""What a value of AWS consists of."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secscan.findings.levels import SecretState
from secscan.stores.aws.client import Refused
from secscan.stores.aws.settings import PARAMETERS, SECRETS_MANAGER
from secscan.stores.aws.store import AwsStore, _held, _Task, _text
from secscan.stores.contract import Denied, Held, Missed, MissedKind, Missing, Place, StoreError, Unavailable
from secscan.stores.state import standing

PLACE = Place(path="secretsmanager:db", field="value")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(), lambda inner: st.lists(inner, max_size=3)
)


def fields(text: str) -> dict[str, str]:
    return {one.place.field: one.secret.reveal() for one in _held(PLACE, text)}


@given(st.text(max_size=300))
def test_any_text_is_held(text: str) -> None:
    held = _held(PLACE, text)
    assert held
    assert all(
        len(one.secret.reveal()) < 6 or one.secret.reveal() not in repr(one)
        for one in held
        if one.place.field == "value"
    )


@given(st.dictionaries(st.text(max_size=9), JSON, min_size=1, max_size=5))
def test_every_member_is_a_field(members: dict[str, object]) -> None:
    found = fields(json.dumps(members))
    assert found.keys() == members.keys()
    for name, value in members.items():
        assert found[name] == value if isinstance(value, str) else json.loads(found[name]) == value


@pytest.mark.parametrize("text", ["{" * 100_000, '{"a":' * 20_000, "{}", '{"a": "\\ud800"}', '{"a": 1} x', ""])
def test_what_is_no_object_is_held_whole(text: str) -> None:
    assert fields(text) == {"value": text}


@given(st.binary(min_size=1))
def test_bytes_are_their_text_or_base64(data: bytes) -> None:
    text = _text({"SecretBinary": data})
    assert text.encode() == data or base64.b64decode(text) == data


@pytest.mark.parametrize("answer", [{}, {"SecretString": None}, {"SecretString": 1}, {"SecretBinary": "text"}])
def test_an_answer_without_a_value_is_none(answer: dict[str, object]) -> None:
    with pytest.raises(Unavailable):
        _text(answer)


class Answers:
    """A client of Secrets Manager that has one secret of these versions: label -> value, or why it is not given."""

    def __init__(self, **versions: str | StoreError) -> None:
        self.versions = versions

    def pages(self, operation: str, key: str, **_: Any) -> Iterator[dict[str, Any]]:
        assert (operation, key) == ("list_secret_version_ids", "Versions")
        for number, stage in enumerate(self.versions):
            stages = [stage] if stage.startswith("AWS") else []
            yield {
                "VersionId": stage,
                "VersionStages": stages,
                "CreatedDate": datetime(2026, 1, 1 + number, tzinfo=UTC),
            }

    def ask(self, _: str, *, VersionId: str, **__: Any) -> dict[str, Any]:  # noqa: N803 - as AWS names it
        if isinstance(told := self.versions[VersionId], StoreError):
            raise told
        return {"SecretString": told}


def told(client: Any, service: str = SECRETS_MANAGER) -> list[Held | Missed]:
    store = object.__new__(AwsStore)
    store._clients, store._most, store._lock, store._troubles = {service: client}, 100, threading.Lock(), 0
    return store._work(_Task(service, "db"))


def state(client: Any, value: str) -> SecretState:
    return standing([o.place for o in told(client) if isinstance(o, Held) and o.secret.reveal() == value]).state


@pytest.mark.parametrize("error", [Denied("no"), Missing("none"), Refused("not now", "DecryptionFailure")])
def test_a_value_is_not_rotated_where_the_current_version_was_not_read(error: StoreError) -> None:
    client = Answers(older="0rchid", AWSPREVIOUS="v10lin", AWSCURRENT=error)
    assert (state(client, "v10lin"), state(client, "0rchid")) == (SecretState.UNKNOWN, SecretState.UNKNOWN)
    client = Answers(AWSPREVIOUS="v10lin", AWSCURRENT="c0pper", AWSPENDING=error)
    assert (state(client, "v10lin"), state(client, "c0pper")) == (SecretState.UNKNOWN, SecretState.LIVE)


def test_a_value_is_rotated_where_all_was_read_that_is_given_now() -> None:
    client = Answers(older=Denied("no"), AWSPREVIOUS="v10lin", AWSCURRENT="c0pper")
    assert (state(client, "v10lin"), state(client, "c0pper")) == (SecretState.ROTATED, SecretState.LIVE)


def missed(found: list[Held | Missed]) -> list[MissedKind]:
    return [one.kind for one in found if isinstance(one, Missed)]


def test_a_secret_without_a_current_version_is_missed_and_nothing_of_it_is_rotated() -> None:
    client = Answers(older="0rchid", AWSPREVIOUS="v10lin", AWSPENDING="c0pper")
    assert missed(told(client)) == [MissedKind.UNAVAILABLE]
    assert (state(client, "v10lin"), state(client, "c0pper")) == (SecretState.UNKNOWN, SecretState.LIVE)


class Silent(Answers):
    """A client that shows nothing."""

    def pages(self, operation: str, key: str, **_: Any) -> Iterator[dict[str, Any]]:
        yield from ()


@pytest.mark.parametrize("service", [SECRETS_MANAGER, PARAMETERS])
def test_an_entry_that_was_listed_and_shows_no_version_is_missed(service: str) -> None:
    assert missed(told(Silent(), service)) == [MissedKind.UNAVAILABLE]


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (Denied("no"), MissedKind.DENIED),
        (Missing("none"), MissedKind.UNAVAILABLE),
        (Refused("not now", "InvalidRequestException"), MissedKind.UNAVAILABLE),
    ],
)
def test_a_refusal_is_no_proof_of_a_deletion(error: StoreError, kind: MissedKind) -> None:
    assert missed(told(Answers(AWSPREVIOUS="v10lin", AWSCURRENT=error))) == [kind]
