"""A secret must not slip out by any of the ways values usually do."""

from __future__ import annotations

import copy
import json
import logging
import pickle
import traceback

import msgspec
import pytest

from secscan.secrets.secret import Secret

VALUE = "fake-Canary-1234"


@pytest.fixture
def secret() -> Secret:
    return Secret(VALUE, "password")


@pytest.mark.parametrize(
    "shown",
    [
        repr,
        str,
        "{}".format,
        "{!r:>40}".format,
        "%s".__mod__,
        lambda one: f"{one:x}",
        lambda one: str([one, {"a": one}]),
    ],
)
def test_every_way_of_showing_it_gives_kind_and_length(secret: Secret, shown) -> None:
    assert VALUE not in shown(secret)
    assert "<secret:password len=16>" in shown(secret)


def test_reveal_is_the_way_to_the_value(secret: Secret) -> None:
    assert secret.reveal() == VALUE


@pytest.mark.parametrize(
    "taken",
    [pickle.dumps, copy.copy, copy.deepcopy, json.dumps, msgspec.json.encode, hash, iter, list, len, bytes, vars, dict],
)
def test_it_is_not_taken_apart(secret: Secret, taken) -> None:
    with pytest.raises((TypeError, NotImplementedError)) as caught:
        taken(secret)
    assert VALUE not in "".join(traceback.format_exception(caught.value))


def test_it_is_not_changed_or_extended(secret: Secret) -> None:
    with pytest.raises(AttributeError):
        secret.kind = "other"  # type: ignore[misc]
    with pytest.raises(AttributeError):
        del secret._value
    with pytest.raises(TypeError):
        type("Leaky", (Secret,), {})


def test_it_is_not_logged(secret: Secret, caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger("test").warning("got %s and %r", secret, [secret])
    assert VALUE not in caplog.text


def test_comparison_is_by_value_and_only_with_secrets(secret: Secret) -> None:
    assert secret == Secret(VALUE)
    assert secret != Secret(VALUE + "x")
    assert secret != VALUE
    assert Secret("pässword\ud800") == Secret("pässword\ud800")


def test_preview_shows_at_most_what_all_tokens_of_a_provider_share() -> None:
    assert Secret(VALUE, "password").preview() == "password, 16 characters"
    assert Secret("ghp_" + "0aB" * 12, "token").preview() == "token, 40 characters, begins with ghp_"
