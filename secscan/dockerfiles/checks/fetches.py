"""Commands that fetch something: from where, and where to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from secscan.dockerfiles.checks.urls import is_local
from secscan.dockerfiles.checks.words import options
from secscan.dockerfiles.commands import Call, Run
from secscan.dockerfiles.shell import Word

_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_HOST = re.compile(r"(?:[\w-]+\.)+[a-z]{2,}(?:[:/]|$)", re.IGNORECASE)
STDOUT = "-"


@dataclass(frozen=True)
class Fetch:
    """One command that fetches something."""

    call: Call
    urls: tuple[tuple[str, Word], ...]
    """The addresses, with what the file tells of their variables."""
    outputs: frozenset[str]
    """Names of the files it writes, without their folders; `STDOUT` for its output."""
    insecure: Word | None = None
    """The option that switches TLS verification off."""

    @property
    def is_local(self) -> bool:
        """Whether it asks the machine itself only."""
        return bool(self.urls) and all(is_local(url) for url, _ in self.urls)


@dataclass(frozen=True)
class _Program:
    short_with_value: str
    long_with_value: tuple[str, ...]
    output: tuple[str, ...]
    """Options that name the file."""
    named_by_url: tuple[str, ...]
    """Options by which the file is called as in the address."""
    insecure: tuple[str, ...]
    to_stdout: bool
    """Whether it writes to its output unless told otherwise."""


_CURL = _Program(
    "oHdAuxebcTXmwrCKEFYyzDUQtP",
    (
        *("--output", "--header", "--data", "--user-agent", "--user", "--proxy", "--referer", "--cookie", "--request"),
        *("--max-time", "--retry", "--retry-delay", "--connect-timeout", "--cacert", "--cert", "--key", "--output-dir"),
        *("--write-out", "--retry-max-time", "--form", "--data-binary", "--resolve", "--proto", "--url", "--config"),
    ),
    ("-o", "--output"),
    ("-O", "--remote-name", "--remote-name-all", "-J", "--remote-header-name"),
    ("-k", "--insecure", "--proxy-insecure"),
    to_stdout=True,
)
_WGET = _Program(
    "OoaPUteTwQiBYlARDI",
    (
        *("--output-document", "--directory-prefix", "--header", "--user-agent", "--tries", "--timeout", "--user"),
        *("--password", "--output-file", "--ca-certificate", "--input-file"),
    ),
    ("-O", "--output-document"),
    (),
    ("--no-check-certificate",),
    to_stdout=False,
)
_ARIA = _Program("odxsj", ("--out", "--dir"), ("-o", "--out"), (), ("--check-certificate",), to_stdout=False)
_PROGRAMS = {
    "curl": _CURL,
    "wget": _WGET,
    "wget2": _WGET,
    "aria2c": _ARIA,
    "axel": _Program("on", ("--output",), ("-o", "--output"), (), ("-k", "--insecure"), to_stdout=False),
    "http": _Program("ov", ("--output", "--verify"), ("-o", "--output"), ("-d", "--download"), (), to_stdout=True),
    "https": _Program("ov", ("--output", "--verify"), ("-o", "--output"), ("-d", "--download"), (), to_stdout=True),
    "fetch": _Program("o", (), ("-o",), (), ("--no-verify-peer",), to_stdout=False),
    "lwp-request": _Program("", (), (), (), (), to_stdout=True),
}
_WEB = frozenset(("iwr", "irm", "invoke-webrequest", "invoke-restmethod"))


def fetch_of(call: Call, run: Run) -> Fetch | None:
    """Return what a command fetches; None where it fetches nothing."""
    if call.name in _WEB or (run.powershell and call.name in ("curl", "wget")):
        return _web(call, run)
    program = _PROGRAMS.get(call.name)
    if program is None:
        return None
    urls, outputs, insecure, named = list[tuple[str, Word]](), set[str](), None, not program.to_stdout
    for name, value, word in options(call.arguments, program.short_with_value, program.long_with_value):
        if not name or name == "--url":
            urls.append((run.step.expand(value).text, word))
        elif name in program.output:
            outputs.add(STDOUT if value in ("-", "/dev/stdout") else _file(value))
        elif name in program.named_by_url:
            named = True
        elif name in program.insecure and value.lower() in ("", "false"):
            insecure = word
    urls = [(url, word) for url, word in urls if _looks_like_address(url)]
    if not outputs:
        outputs = {_file(url.partition("?")[0].partition("#")[0]) for url, _ in urls} if named else {STDOUT}
    if STDOUT in outputs:
        outputs |= {_file(word.text) for sign, word in call.command.redirects if sign in (">", ">>", ">|")}
    return Fetch(call, tuple(urls), frozenset(outputs) - {""}, insecure)


def _web(call: Call, run: Run) -> Fetch:
    urls, outputs = list[tuple[str, Word]](), {STDOUT}
    words = call.arguments
    for at, word in enumerate(words):
        if word.text.lower() in ("-outfile", "-o") and at + 1 < len(words):
            outputs = {_file(words[at + 1].text)}
        elif _ADDRESS.match(word.text):
            urls.append((run.step.expand(word.text).text, word))
    insecure = next((word for word in words if word.text.lower() == "-skipcertificatecheck"), None)
    return Fetch(call, tuple(urls), frozenset(outputs), insecure)


def fetches(calls: list[Call], run: Run) -> Iterator[Fetch]:
    """Yield what these commands fetch, with what is substituted into them."""
    for call in calls:
        found = fetch_of(call, run)
        if found is not None:
            yield found
        for word in call.arguments:
            if word.inner:
                yield from fetches(run.substituted(word), run)


def _looks_like_address(text: str) -> bool:
    return _ADDRESS.match(text) is not None or _HOST.match(text) is not None or "$" in text or is_local(text)


def _file(path: str) -> str:
    return re.split(r"[/\\]", path.rstrip("/"))[-1]
