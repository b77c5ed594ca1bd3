"""What `secscan __complete WORD...` answers to a shell: a line for each word that can stand there, with what it is about.

It runs at every press of a key, in a folder that may be anybody's: it starts nothing, imports nothing from there, and
of its files reads only a saved scan. `:files` and `:folders` ask the shell to complete names of those.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from secscan.cli.commands import COMMANDS, Command, Group

_FILES, _FOLDERS = ":files", ":folders"
_SAVED = Path("secscan.json")
_MOST_BYTES = 64_000_000
_MOST_FINDINGS = 500
_CHOICE = re.compile(r"[a-z-]+(\|[a-z-]+)+")

Words = Iterable[tuple[str, str]]


def main(words: Sequence[str]) -> None:
    """Print what completes the last of these words."""
    *before, last = words or [""]
    for value, about in _found(before, last):
        if value.startswith(last) or value in (_FILES, _FOLDERS):
            sys.stdout.write(f"{value}\t{about}\n" if about else f"{value}\n")


def _found(before: Sequence[str], last: str) -> Words:
    """What can stand after these words: commands first, without importing any."""
    entry: Group | Command = Group("", "", COMMANDS)  # type: ignore[arg-type]
    rest = list(before)
    name = ""
    while isinstance(entry, Group):
        while rest and rest[0].startswith("-"):
            del rest[0]
        if not rest:
            options = [("--help", "Show help and exit."), *([] if name else [("--version", "Show the version.")])]
            return options if last.startswith("-") else ((one, entry.commands[one].summary) for one in entry.commands)
        name = rest.pop(0)
        if name not in entry.commands:
            return ()
        entry = entry.commands[name]
    from secscan.cli.lazy import built

    return _of_command(built(name, entry), rest, last)


def _of_command(command: Any, before: Sequence[str], last: str) -> Words:
    """Options of a command, the value of one, or its next argument."""
    options = {text: one for one in command.params for text in (*one.opts, *one.secondary_opts) if text.startswith("-")}
    arguments = [one for one in command.params if one.param_type_name == "argument"]
    given = 0
    awaited: Any = None
    for word in before:
        if awaited is not None:
            awaited = None
        elif word in options:
            awaited = None if options[word].is_flag else options[word]
        elif not word.startswith("-"):
            given += 1
    if awaited is not None:
        return _values(awaited)
    if last.startswith("--") and "=" in last:
        text = last.partition("=")[0]
        if text in options:
            return ((f"{text}={value}", about) for value, about in _values(options[text]) if value[0] != ":")
        return ()
    if last.startswith("-"):
        return _options(command)
    if not arguments:
        return ()
    return _values(arguments[min(given, len(arguments) - 1)])


def _options(command: Any) -> Iterator[tuple[str, str]]:
    for one in command.params:
        if one.param_type_name == "option" and not one.hidden:
            yield max(one.opts, key=len), (one.help or "").split(". ")[0]
    yield "--help", "Show help and exit."


def _values(param: Any) -> Words:
    """What a parameter takes: the words that its help shows, what is known of its name, or files where it is a path."""
    if param.metavar and _CHOICE.fullmatch(param.metavar):
        return ((one, "") for one in param.metavar.split("|"))
    if param.name in _KNOWN:
        return _KNOWN[param.name]()
    takes_path = param.type.name == "path" or param.metavar in ("FILE", "DIR")
    return ((_FILES, ""),) if takes_path else ()


def _policies() -> Words:
    from secscan.resources import data_dir  # the reader of policies takes its time to import

    return (*((path.stem, "") for path in sorted(data_dir("policies").glob("*.yaml"))), (_FILES, ""))


def _scanners() -> Words:
    from secscan.scanners.registry import all_scanners

    return ((name, "") for name in all_scanners())


def _formats() -> Words:
    from secscan.reports.contract import FORMATS

    return ((name, "") for name in FORMATS)


def _findings() -> Words:
    """Fingerprints of the saved scan in the working directory, with their titles."""
    import msgspec

    from secscan.reports.escape import terminal

    try:
        if not _SAVED.is_file() or _SAVED.stat().st_size > _MOST_BYTES:
            return ()
        # Any other field is passed over.
        part = msgspec.defstruct("Part", [("findings", list[dict[str, Any]], [])])
        decoded: Any = msgspec.json.decode(_SAVED.read_bytes(), type=part)
    except (OSError, msgspec.DecodeError, RecursionError):
        return ()
    told = [(str(one.get("fingerprint", "")), str(one.get("title", ""))) for one in decoded.findings[:_MOST_FINDINGS]]
    return ((fingerprint, terminal(title)) for fingerprint, title in told if fingerprint.isalnum())


_KNOWN: dict[str, Callable[[], Words]] = {
    "policy": _policies,
    "floor": _policies,
    "policies": _policies,
    "scanner": _scanners,
    "format_name": _formats,
    "report": _formats,
    "fingerprint": _findings,
    "advisories": lambda: (("demo", "of the bundled example"), (_FILES, "")),
    "output": lambda: ((_FOLDERS, ""),),
}
"""By the name of a parameter."""
