"""Path globs: `*` and `?` within one folder or file name, `**` for any number of folders, nothing else special.

They are matched without regular expressions, by going back to the last star only, so the work is at most the
length of the pattern times the length of the path, also for hostile names. What other tools read in other ways
(a bare name, braces, brackets, a trailing slash) is refused rather than silently matching nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import TypeVar

_ANY = "**"
_ItemT = TypeVar("_ItemT")


def problem_with(pattern: str) -> tuple[str, str] | None:
    """Return what is wrong with a path glob and how to write it, or None for a good one."""
    plain = pattern.removeprefix("/")
    segments = plain.split("/")
    odd = next((char for char in pattern if char in "[]{}!\\"), "")
    problem = None
    if not plain:
        problem = "an empty glob matches nothing", "`**` matches every path"
    elif odd:
        problem = (
            f"{odd!r} has no meaning in a glob",
            "list several globs instead of braces; to match such a character itself, write ?",
        )
    elif plain.endswith("/"):
        problem = "a glob that ends with / matches nothing", f"write `{pattern}**` for everything below"
    elif "" in segments or "." in segments or ".." in segments:
        problem = "paths hold no empty, `.` or `..` part", "write it relative to the top of the target, as in `src/**`"
    elif any(_ANY in segment and segment != _ANY for segment in segments):
        problem = "`**` stands for whole folders only", "write `**/` before the name or `/**` after it"
    elif len(segments) == 1 and plain == pattern and plain != _ANY:
        problem = (
            "a glob without / could mean the top folder or any folder",
            f"write `/{plain}` for the top folder, `**/{plain}` for any folder",
        )
    return problem


def any_glob(patterns: Sequence[str]) -> Callable[[str], bool]:
    """Return a test whether one of the path globs matches a path text. It remembers its answers while it lives."""
    matchers = tuple(_path_test(pattern.removeprefix("/")) for pattern in patterns)

    @cache
    def matches(path: str) -> bool:
        return any(matcher(path) for matcher in matchers)

    return matches


def any_name(patterns: Sequence[str]) -> Callable[[str], bool]:
    """Return a test whether one of the patterns, in which `*` and `?` are special, matches a whole name."""
    tests = tuple(_segment_test(pattern) for pattern in patterns)
    return lambda name: any(test(name) for test in tests)


def _path_test(pattern: str) -> Callable[[str], bool]:
    folder = pattern.removesuffix("/**")
    anywhere = folder.removeprefix("**/")
    if folder != pattern and "*" not in anywhere and "?" not in anywhere:
        # `a/b/**` and `**/a/b/**`, by far the most common forms
        if anywhere == folder:
            return lambda path: path.startswith(f"{folder}/")
        return lambda path: f"/{anywhere}/" in f"/{path}"
    segments = pattern.split("/")
    # A final `**` is everything below a folder, not the folder itself.
    parts = [*segments[:-1], _ANY, "*"] if segments[-1] == _ANY else segments
    tests = [None if part == _ANY else _segment_test(part) for part in parts]
    return lambda path: _wildcard(tests, path.split("/"))


def _segment_test(pattern: str) -> Callable[[str], bool]:
    if "*" not in pattern and "?" not in pattern:
        return lambda name: name == pattern
    tests: list[Callable[[str], bool] | None] = [None if char == "*" else _char_test(char) for char in pattern]
    return lambda name: _wildcard(tests, name)


def _char_test(char: str) -> Callable[[str], bool]:
    return _anything if char == "?" else char.__eq__


def _wildcard(tests: Sequence[Callable[[_ItemT], bool] | None], items: Sequence[_ItemT]) -> bool:
    """Match items against tests, where None stands for any number of items.

    Greedy with one way back: a later star makes earlier choices irrelevant (R. Wagner and others; the usual
    two-pointer wildcard algorithm).
    """
    at = place = 0
    star = mark = -1
    while place < len(items):
        test = tests[at] if at < len(tests) else _nothing
        if test is None:
            star, mark = at, place
            at += 1
        elif test(items[place]):
            at += 1
            place += 1
        elif star >= 0:
            mark += 1
            at, place = star + 1, mark
        else:
            return False
    return all(test is None for test in tests[at:])


def _anything(_: object) -> bool:
    return True


def _nothing(_: object) -> bool:
    return False
