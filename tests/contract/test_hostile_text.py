"""Every format shows hostile texts, wherever in a scan they stand, and none of them does anything."""

from __future__ import annotations

import functools

import pytest

from secscan.findings.scan import dumps, loads
from secscan.reports.contract import FORMATS, load_format
from secscan.reports.escape import for_log
from tests.support.hostile_scans import hostile, text_fields
from tests.support.hostile_strings import STRINGS, TAME
from tests.support.oracles import oracle_of
from tests.support.workflow_commands import commands_in

_TURNS = 12
"""Enough turns for a tame text to meet the members of the enumerations that make a difference."""


@functools.cache
def tame_reports(name: str) -> tuple[bytes, ...]:
    render = load_format(name).render
    return tuple(render(hostile(text, turn)) for turn in range(_TURNS) for text in TAME)


def test_there_are_many_texts_and_each_is_in_every_field_of_a_scan_that_can_be_read() -> None:
    assert len(STRINGS) >= 200
    assert len(list(text_fields())) >= 100
    for turn, text in enumerate(STRINGS):
        scan = hostile(text, turn)
        assert loads(dumps(scan)) == scan


@pytest.mark.parametrize("name", FORMATS)
def test_nothing_in_a_scan_does_anything_to_who_reads_the_report(name: str) -> None:
    oracle, render, tame = oracle_of(name), load_format(name).render, tame_reports(name)
    wrong = []
    for turn, text in enumerate(STRINGS):
        output = render(hostile(text, turn))
        try:
            found = list(dict.fromkeys(oracle(output, text, tame)))
        except Exception as error:  # noqa: BLE001 - whatever a parser raises is what is wrong
            found = [f"{type(error).__name__}: {error}"]
        found += [f"a command of a platform: {one.name}" for one in commands_in(for_log(output).decode("utf-8"))]
        wrong += [f"{text[:60]!a}: {one}" for one in found[:3]]
    assert not wrong, f"{len(wrong)} complaints:\n" + "\n".join(wrong[:40])


@pytest.mark.parametrize("name", FORMATS)
def test_the_oracle_is_content_with_tame_texts(name: str) -> None:
    tame = tame_reports(name)
    for turn in range(_TURNS):
        assert list(oracle_of(name)(load_format(name).render(hostile(TAME[1], turn)), TAME[1], tame)) == []
