"""GitHub's workflows and actions: what they `use:`, as packages of the ecosystem `GitHub Actions`.

A tag with three numbers names a release, though it can be moved. `v4` and branches move by design: ranges. A commit
names no release; where the comment beside it does, as the bots that update it write, that version is asked about, and
it stays a gap, since nothing proves the comment.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from secscan.commit_id import is_commit_id
from secscan.errors import SecscanError
from secscan.inventory.contract import Declared, Inventory, Ranged, broken, joined, not_released, reading
from secscan.inventory.documents import decode_text
from secscan.yamlfile import Node, load_mapping

ACTIONS = "GitHub Actions"
_USES = re.compile(r"(?P<name>[\w.-]+/[\w.-]+)(?:/[^@\s]*)?@(?P<ref>\S+)")
_RELEASE = re.compile(r"v?(\d+\.\d+\.\d+(?:[-+][\w.+-]+)?)")
_COMMENT = re.compile(r"#\s*(?:tag[ =:]*)?v?(\d+\.\d+\.\d+(?:[-+][\w.+-]+)?)(?:\s|$)")


@reading
def read_actions(path: str, data: bytes) -> Inventory:
    """Read a workflow, or the description of a composite action."""
    lines = decode_text(data).splitlines()
    try:
        used = list(_uses(load_mapping(data, origin=path, error=SecscanError)))
        return joined(_one(path, node.text().strip(), node.line, lines) for node in used)
    except SecscanError as error:
        return broken(path, error.message.removeprefix(f"{path}:"))


def _uses(document: Node) -> Iterator[Node]:
    """What steps use, and what whole jobs use (reusable workflows)."""
    jobs = _member(document, "jobs")
    holders = list(jobs.mapping().values()) if jobs and isinstance(jobs.value, dict) else []
    runs = _member(document, "runs")
    for holder in [*holders, *([runs] if runs else [])]:
        steps = _member(holder, "steps")
        for one in [holder, *(steps.items() if steps and isinstance(steps.value, list) else [])]:
            if uses := _member(one, "uses"):
                yield uses


def _member(node: Node, name: str) -> Node | None:
    return node.value.get(name) if isinstance(node.value, dict) else None


def _one(path: str, uses: str, line: int, lines: list[str]) -> Inventory:
    if uses.startswith(("./", ".\\")):
        return Inventory()  # a part of the project
    found = _USES.fullmatch(uses)
    if not found:
        return not_released(path, uses, line)
    name, ref = found["name"], found["ref"]
    if is_commit_id(ref):
        comment = _COMMENT.search(lines[line - 1]) if line <= len(lines) else None
        why = "a commit names no release" + (f"; that it is {comment[1]} is said by a comment alone" if comment else "")
        told = (Declared(name, comment[1], ACTIONS, path, line, True),) if comment else ()
        return joined([Inventory(packages=told), not_released(path, f"{name}@{ref[:12]}", line, why=why)])
    if release := _RELEASE.fullmatch(ref):
        return Inventory(packages=(Declared(name, release[1], ACTIONS, path, line, True),))
    return Inventory(ranges=(Ranged(name, ACTIONS, path, uses[:200], line),))
