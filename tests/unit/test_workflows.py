"""What our workflows, the examples and what `secscan init` writes for GitHub run: commits, never tags."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from secscan.setup.facts import Facts
from tests.support.pipelines import KNOWN, LARGE, SMALL, parsed, written

PINNED = re.compile(r"[A-Za-z0-9-]+/[A-Za-z0-9._/-]+@[0-9a-f]{40} # v[0-9]+\.[0-9]+\.[0-9]+")
OWN = re.compile(r"\./[A-Za-z0-9._/-]*(?: #.*)?")
PLACEHOLDER = "OWNER/secscan@" + "0" * 40


def used(text: str) -> list[str]:
    """What the lines with `uses:` name, with their comments."""
    return re.findall(r"^\s*(?:- )?uses:\s*(.*?)\s*$", text, re.MULTILINE)


def workflows(project: Path) -> Iterator[tuple[str, str]]:
    for folder in (".github/workflows", "examples/workflows"):
        for file in sorted((project / folder).glob("*.y*ml")):
            yield f"{folder}/{file.name}", file.read_text(encoding="utf-8")
    action = project / "action.yml"
    yield "action.yml", action.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def texts(project: Path) -> dict[str, str]:
    return dict(workflows(project))


def wrong(text: str) -> list[str]:
    return [one for one in used(text) if not PINNED.fullmatch(one) and not OWN.fullmatch(one)]


def test_every_action_is_a_full_commit_with_its_version(texts: dict[str, str]) -> None:
    assert sum(len(used(text)) for text in texts.values()) > 20
    assert {name: found for name, text in texts.items() if (found := wrong(text))} == {}


@pytest.mark.parametrize("facts", [LARGE, SMALL])
def test_so_is_what_is_written_for_others(facts: Facts) -> None:
    text = written("github", facts, KNOWN).content.decode()
    assert used(text)
    assert wrong(text) == []


@pytest.mark.parametrize(
    "line",
    ["actions/checkout@v6", "actions/checkout@8e8c483 # v6.0.1", f"actions/checkout@{'a' * 40}", "docker://alpine:3"],
)
def test_anything_else_is_found(line: str) -> None:
    assert wrong(f"    steps:\n      - uses: {line}\n") == [line]


def test_our_action_is_given_what_it_takes_and_asked_for_what_it_gives(project: Path, texts: dict[str, str]) -> None:
    (action,) = parsed((project / "action.yml").read_bytes())
    ours = [*(text for name, text in texts.items() if name != "action.yml"), written("github", LARGE).content.decode()]
    seen = 0
    for text in ours:
        (workflow,) = parsed(text.encode())
        for job in workflow["jobs"].values():
            for step in job["steps"]:
                if step.get("uses", "").startswith(("./", PLACEHOLDER)):
                    seen += 1
                    assert set(step.get("with", {})) <= set(action["inputs"])
        assert set(re.findall(r"steps\.secscan\.outputs\.([a-z-]+)", text)) <= set(action["outputs"])
    assert seen >= 8


def test_an_action_is_the_same_commit_everywhere(texts: dict[str, str]) -> None:
    everything = "\n".join([*texts.values(), written("github", LARGE, KNOWN).content.decode()])
    commits: dict[str, set[str]] = {}
    for one in used(everything):
        if PINNED.fullmatch(one) and not one.startswith((PLACEHOLDER, KNOWN.action)):
            action, _, commit = one.partition("@")
            commits.setdefault("/".join(action.split("/")[:2]), set()).add(commit)
    assert {action: found for action, found in commits.items() if len(found) > 1} == {}
