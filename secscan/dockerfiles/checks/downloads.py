"""What a RUN fetches: is it run at once, is it verified, does it come over cleartext?"""

from __future__ import annotations

import re
from collections.abc import Iterator

from secscan.dockerfiles.checks.fetches import STDOUT, Fetch, fetch_of, fetches
from secscan.dockerfiles.checks.urls import is_cleartext
from secscan.dockerfiles.checks.words import short
from secscan.dockerfiles.commands import INTERPRETERS, SHELLS, Call, Run
from secscan.dockerfiles.found import Found
from secscan.findings.levels import Confidence, Severity

_HASHES = re.compile(r"(?:sha(?:224|256|384|512|3)?|b2|b3)sum|shasum|sha256|sha512|get-filehash", re.IGNORECASE)
_RPM_TOOLS = frozenset(("rpm", "yum", "dnf", "microdnf", "tdnf", "zypper"))
_VERIFIERS = frozenset(("gpgv", "cosign", "minisign", "signify", "slsa-verifier", "sigstore", "notation", "rpmkeys"))
_INSTALLERS = frozenset(
    [
        "dpkg",
        "rpm",
        "apt",
        "apt-get",
        "yum",
        "dnf",
        "microdnf",
        "zypper",
        "apk",
        "pip",
        "pipx",
        "npm",
        "gem",
        "install",
        "msiexec",
        "start-process",
    ]
)
_UNPACKERS = frozenset(
    ["tar", "bsdtar", "unzip", "gunzip", "gzip", "zcat", "xz", "unxz", "7z", "7za", "cpio", "unar", "expand-archive"]
)
_READS_STDIN = frozenset(("-", "/dev/stdin", "-s"))
_CODE_OPTION = re.compile(r"-[a-zA-Z]*[ceEr]|/c|-command", re.IGNORECASE)
_IN_POWERSHELL = re.compile(
    r"\b(?:iex|invoke-expression)\b[^;\n]{0,400}?\b(?:downloadstring|iwr|irm|invoke-webrequest|invoke-restmethod)\b"
    r"|\b(?:downloadstring|iwr|irm|invoke-webrequest|invoke-restmethod)\b[^;\n]{0,400}?\|\s{0,9}&?\s{0,9}(?:iex|invoke-expression)\b",
    re.IGNORECASE,
)
_REMEDY = "Fetch it to a file, compare it with a checksum that stands in the Dockerfile (`sha256sum -c`), then run it."
_MOST_LOOKED_AT = 20_000
"""How often, of one instruction, a command is held against what was fetched."""


def check(run: Run) -> Iterator[Found]:
    """Check the commands of one instruction."""
    reported: set[int] = set()
    for call in run.calls:
        for one in _run_at_once(call, run):
            if id(one.call) not in reported:
                reported.add(id(one.call))
                yield _at_once(call, one, run)
    found = [fetch for call in run.calls if (fetch := fetch_of(call, run)) is not None]
    yield from _cleartext(found, run)
    yield from _packages(run)
    if found and not any(_verifies(call) for call in run.calls):
        unsure = [one for one in found if id(one.call) not in reported and not one.is_local]
        yield from _unverified(unsure[:_MOST_LOOKED_AT], run)
    yield from _powershell(run, reported)


def _run_at_once(call: Call, run: Run) -> Iterator[Fetch]:
    """What a command runs that another fetches for it."""
    words = call.arguments
    if call.name in ("eval", "source", ".", "iex", "invoke-expression"):
        yield from fetches(_substituted(call, run, 0, len(words)), run)
        yield from fetches(run.upstream(call), run) if call.name.startswith(("iex", "invoke")) else ()
        return
    if not call.name and call.command.words and not call.arguments:
        return
    first = call.command.words[0] if call.command.words else None
    if first is not None and first.text.startswith(("$(", "`")) and not call.through:
        yield from (one for one in fetches(run.substituted(first), run) if STDOUT in one.outputs)
    if call.name not in INTERPRETERS:
        return
    script = next((at for at, word in enumerate(words) if not word.text.startswith(("-", "+", "/c"))), len(words))
    code = next((at for at, word in enumerate(words[:script]) if _CODE_OPTION.fullmatch(word.text)), None)
    if code is not None:
        yield from fetches(_substituted(call, run, code + 1, code + 2), run)
        return
    if script < len(words) and words[script].text.startswith("<("):
        yield from fetches(run.substituted(words[script]), run)
    reads = (
        script == len(words)
        or words[script].text in _READS_STDIN
        or any(word.text in _READS_STDIN for word in words[:script])
    )
    if reads:
        yield from (one for one in fetches(run.upstream(call), run) if STDOUT in one.outputs)
        for sign, word in call.command.redirects:
            if sign in ("<", "<<<"):
                yield from fetches(run.substituted(word), run)


def _substituted(call: Call, run: Run, first: int, last: int) -> list[Call]:
    return [one for word in call.arguments[first:last] for one in run.substituted(word)]


def _at_once(call: Call, fetch: Fetch, run: Run) -> Found:
    start, end = run.place(fetch.call)
    other = run.place(call)
    url = short(fetch.urls[0][0]) if fetch.urls else "an address"
    runner = short(call.name) or "the shell"
    cleartext = any(is_cleartext(one) for one, _ in fetch.urls)
    return Found(
        rule="pipe-to-shell",
        start=min(start, other[0]),
        end=max(end, other[1]),
        message=f"What `{fetch.call.name}` fetches from {url} is run by `{runner}` before anybody sees it.",
        remedy=_REMEDY,
        severity=Severity.MEDIUM if fetch.is_local else Severity.HIGH,
        confidence=Confidence.HIGH if cleartext or not fetch.is_local else Confidence.LOW,
    )


def _powershell(run: Run, reported: set[int]) -> Iterator[Found]:
    text = run.step.instruction.line.text
    found = _IN_POWERSHELL.search(text) if not reported else None
    if found is None or not (run.powershell or any(call.name in ("powershell", "pwsh") for call in run.calls)):
        return
    line = run.step.instruction.line
    yield Found(
        rule="pipe-to-shell",
        start=line.place(found.start()),
        end=line.end_place(found.end()),
        message="What PowerShell fetches is run by Invoke-Expression before anybody sees it.",
        remedy="Fetch it with -OutFile, compare its Get-FileHash with one that stands in the Dockerfile, then run it.",
        severity=Severity.HIGH,
    )


def _cleartext(found: list[Fetch], run: Run) -> Iterator[Found]:
    others = [call for call in run.calls if call.name in _RPM_TOOLS]
    others += [call for call in run.calls if call.name == "git" and {"clone", "fetch", "pull"} & set(call.texts[:6])]
    for call, urls in (
        *((fetch.call, fetch.urls) for fetch in found),
        *((call, tuple((run.step.expand(word.text).text, word) for word in call.arguments)) for call in others),
    ):
        for url, word in urls:
            if is_cleartext(url):
                start, end = run.place(call, word)
                yield Found(
                    rule="cleartext-download",
                    start=start,
                    end=end,
                    message=f"`{short(url)}` comes over cleartext: whoever is on the way can replace it.",
                    remedy="Use https, and compare what comes with a checksum.",
                    severity=Severity.MEDIUM,
                )


def _packages(run: Run) -> Iterator[Found]:
    """Packages by their address: tools of RPM check no signature of those, unless they are set to."""
    for call in run.calls if not any(_verifies(call) for call in run.calls) else ():
        for word in call.arguments if call.name in _RPM_TOOLS else ():
            url = run.step.expand(word.text).text
            if url.startswith(("https://", "http://")) and ".rpm" in url:
                start, end = run.place(call, word)
                yield Found(
                    rule="unverified-download",
                    start=start,
                    end=end,
                    message=f"`{call.name}` installs a package from its address, and as a rule without its signature.",
                    remedy="Fetch it, check it with `rpm -K` or a checksum in the Dockerfile, then install it.",
                    severity=Severity.LOW,
                    confidence=Confidence.LOW,
                )


def _verifies(call: Call) -> bool:
    """Whether a command compares what was fetched with a checksum or a signature."""
    texts = call.texts
    if _HASHES.fullmatch(call.name):
        compares = any(text in ("--check", "--status") or re.fullmatch(r"-[a-zA-Z]*c[a-zA-Z]*", text) for text in texts)
        return compares or call.substituted or call.command.is_source or call.name.lower() == "get-filehash"
    if call.name == "gpg":
        return bool({"--verify", "--verify-files"} & set(texts))
    if call.name == "openssl":
        return bool({"-verify", "-signature", "-sha256", "-sha512"} & set(texts))
    if call.name == "rpm":
        return bool({"-K", "--checksig"} & set(texts))
    return call.name in _VERIFIERS or (call.name == "gh" and texts[:1] == ["attestation"])


def _unverified(found: list[Fetch], run: Run) -> Iterator[Found]:
    """Fetched files that a later command of the same instruction runs, installs or unpacks."""
    order = {id(call): at for at, call in enumerate(run.calls)}
    left = _MOST_LOOKED_AT
    for fetch in found:
        users = run.downstream(fetch.call) if STDOUT in fetch.outputs else []
        users = [call for call in users if call.name in _UNPACKERS | _INSTALLERS]
        use = (users[0], "unpacked" if users[0].name in _UNPACKERS else "installed") if users else None
        following = range(order[id(fetch.call)] + 1, len(run.calls) if use is None else 0)
        for call in (run.calls[at] for at in following[:left]):
            left -= 1
            how = _use(call, fetch.outputs)
            if how:
                use = (call, how)
                break
        if use is None:
            run.truncated |= not left and bool(following)
            continue
        start, end = run.place(fetch.call)
        runs = use[1] != "unpacked"
        where = f"nothing in this {run.step.instruction.name} checks what it is"
        yield Found(
            rule="unverified-download",
            start=start,
            end=end,
            message=f"What is fetched here is {use[1]} by `{short(use[0].name)}`, and {where}.",
            remedy="Compare it with a checksum that stands in the Dockerfile: `echo 'SHA256  FILE' | sha256sum -c -`.",
            severity=Severity.MEDIUM if runs else Severity.LOW,
            confidence=Confidence.LOW,
        )


def _use(call: Call, names: frozenset[str]) -> str:
    """How a command uses one of the files: `run`, `installed`, `unpacked`; empty where it does not."""
    spoken = {re.split(r"[/\\]", text)[-1] for text in call.texts}
    first = call.command.words[0].text if call.command.words else ""
    if ("/" in first or first.startswith(".")) and call.name in {name.lower() for name in names}:
        return "run"
    if not spoken & names:
        return ""
    if call.name in SHELLS or call.name in INTERPRETERS or call.name in ("source", "."):
        return "run"
    if call.name == "chmod" and any(
        "x" in text or re.fullmatch(r"[0-7]{0,4}[157][0-7]{0,4}", text) for text in call.texts[:2]
    ):
        return "made a program"
    if call.name in _INSTALLERS:
        return "installed"
    return "unpacked" if call.name in _UNPACKERS else ""
