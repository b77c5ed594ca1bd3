"""Files of scanners' settings in the repository, read as rules: `scanner_settings` of a policy.

No scanner ever gets such a file: what it would leave out could not be seen any more. Where the policy lists one, what
the file asks for becomes rules that accept, so that everything it softens stays in the report, with the file's name.
Only what can be said so is read; anything else is refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from secscan.errors import PolicyError, SecscanError
from secscan.findings.globs import problem_with
from secscan.findings.levels import Action
from secscan.policy.model import Match, Rule
from secscan.yamlfile import Node, load_mapping

_TEST_ID = re.compile(r"B\d{3}")
_HADOLINT_ID = re.compile(r"(?:DL|SC)\d{4}")
_UNREADABLE = re.compile(r"[\[\]{}\\]")


def rules_of(path: str, data: bytes, node: Node) -> tuple[Rule, ...]:
    """Return the rules that a file of settings stands for; `node` is where the policy lists it.

    Raises the error of the node for a file that cannot be read so.
    """
    name = path.rpartition("/")[2]
    reader = _READERS.get(name)
    if reader is None:
        raise node.fail(f"settings of the form of {name!r} cannot count", hint=f"those that can: {', '.join(_READERS)}")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise node.fail(f"{path} is not UTF-8 text", hint="save it as UTF-8") from error
    return tuple(reader(text, path, node))


def _bandit(text: str, path: str, node: Node) -> Iterator[Rule]:
    """`skips` and `exclude` of the section [bandit] (https://bandit.readthedocs.io, "Configuration")."""
    import configparser

    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read_string(text)
        section = dict(parser["bandit"])
    except (configparser.Error, KeyError) as error:
        raise node.fail(f"{path} has no section [bandit] that can be read", hint="correct the file") from error
    for key in section:
        if key not in ("skips", "exclude"):
            raise node.fail(f"`{key}` of {path} cannot count", hint="remove it there; `skips` and `exclude` can")
    skips = _words(section.get("skips", ""))
    for one in skips:
        if not _TEST_ID.fullmatch(one):
            raise node.fail(
                f"{one[:40]!r} in {path} is no test of bandit", hint="name tests by their ids, such as B101"
            )
    if skips:
        yield _rule("bandit", "skips", path, Match(only_scanner=("bandit",), rule=skips))
    excluded = _words(section.get("exclude", ""))
    if excluded:
        globs = tuple(glob for one in excluded for glob in _globs(one.removeprefix("./"), path, node))
        yield _rule("bandit", "exclude", path, Match(only_scanner=("bandit",), paths=tuple(dict.fromkeys(globs))))


def _semgrep(text: str, path: str, node: Node) -> Iterator[Rule]:
    """Patterns as gitignore has them, without `!`, `:include` and brackets."""
    lines = [line.strip() for line in text.splitlines()]
    wanted = [line for line in lines if line and not line.startswith("#")]
    for line in wanted:
        if line.startswith(("!", ":")):
            raise node.fail(f"{line[:40]!r} in {path} cannot count", hint="write out what is meant")
    globs = tuple(glob for line in wanted for glob in _globs(line, path, node))
    if globs:
        yield _rule("semgrep", "ignore", path, Match(only_scanner=("semgrep",), paths=tuple(dict.fromkeys(globs))))


def _hadolint(text: str, path: str, node: Node) -> Iterator[Rule]:
    """`ignored` (https://github.com/hadolint/hadolint, "Configure")."""
    try:
        settings = load_mapping(text.encode("utf-8"), origin=path, error=PolicyError).mapping()
        ignored = settings["ignored"].texts() if "ignored" in settings else ()
    except SecscanError as error:
        raise node.fail(f"{path} cannot be read: {error.message}", hint="correct the file") from error
    for key in settings:
        if key != "ignored":
            raise node.fail(f"`{key[:40]}` of {path} cannot count", hint="remove it there; `ignored` can")
    for one in ignored:
        if not _HADOLINT_ID.fullmatch(one):
            raise node.fail(f"{one[:40]!r} in {path} is no rule of hadolint", hint="name rules by ids, such as DL3008")
    if ignored:
        yield _rule("hadolint", "ignored", path, Match(only_scanner=("hadolint",), rule=tuple(dict.fromkeys(ignored))))


_READERS: dict[str, Callable[[str, str, Node], Iterator[Rule]]] = {
    ".bandit": _bandit,
    ".semgrepignore": _semgrep,
    ".hadolint.yaml": _hadolint,
    ".hadolint.yml": _hadolint,
}


def _words(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word.strip() for word in re.split(r"[,\n]", text) if word.strip()))


def _globs(pattern: str, path: str, node: Node) -> Iterator[str]:
    """The globs (see `findings.globs`) that a pattern of gitignore stands for: the thing itself, and what is below."""
    bare = pattern.strip("/")
    if not bare or _UNREADABLE.search(pattern) or not bare.strip("*?/"):
        raise node.fail(
            f"{pattern[:40]!r} in {path} cannot count", hint="name files and folders, with `*` and `?` at most"
        )
    # Without a slash in front or inside it may stand anywhere.
    anywhere = "/" not in pattern.rstrip("/")
    top = "**/" if anywhere and not bare.startswith("**/") else "" if "/" in bare else "/"
    found = [f"{top}{bare}/**"] if pattern.endswith("/") else [f"{top}{bare}", f"{top}{bare}/**"]
    for glob in found:
        problem = problem_with(glob)
        if problem:
            raise node.fail(f"{pattern[:40]!r} in {path} cannot count: {problem[0]}", hint="name files and folders")
        yield glob


def _rule(tool: str, what: str, path: str, match: Match) -> Rule:
    return Rule(
        id=f"settings-{tool}-{what}",
        action=Action.ACCEPT,
        reason=f"`{what}` of {path}, which the policy lets count",
        match=match,
    )
