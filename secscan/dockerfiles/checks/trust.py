"""Options of programs that take the check of certificates, signatures or host keys away."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from secscan.dockerfiles.checks.fetches import fetch_of
from secscan.dockerfiles.checks.urls import is_local
from secscan.dockerfiles.checks.variables import switched_off
from secscan.dockerfiles.checks.words import short
from secscan.dockerfiles.commands import Call, Run
from secscan.dockerfiles.found import Found
from secscan.dockerfiles.shell import Word
from secscan.findings.levels import Severity

_TLS = "tls-off"
_SIGNATURES = "unsigned-packages"
_CLEARTEXT = "cleartext-download"
_APT = re.compile(
    r"--(?:allow-unauthenticated|force-yes|allow-insecure-repositories|no-allow-insecure=false)"
    r"|(?:-o)?(?:apt::get::allowunauthenticated|acquire::allowinsecurerepositories|acquire::check-valid-until)=(?:true|1|yes|false)",
    re.IGNORECASE,
)
_APT_TLS = re.compile(r"(?:-o)?acquire::https(?:::[\w.-]+)?::verify-(?:peer|host)=(?:false|0|no)", re.IGNORECASE)
_RPM = re.compile(
    r"--(?:nosignature|nodigest|nogpgcheck|no-gpg-checks?|no-gpgchecks)|--setopt=(?:\S*\.)?gpgcheck=(?:0|false|no)",
    re.IGNORECASE,
)
_RPM_TLS = re.compile(r"--setopt=(?:\S*\.)?sslverify=(?:0|false|no)", re.IGNORECASE)
_APK = re.compile(r"--allow-untrusted")
_GIT = re.compile(r"http(?:\.\S+)?\.sslverify=(?:false|0|no)", re.IGNORECASE)
_NPM = re.compile(r"--(?:strict-ssl=false|no-strict-ssl|insecure)", re.IGNORECASE)
_ANY_TLS = re.compile(
    r"--(?:insecure-skip-tls-verify(?:=true)?|no-verify-ssl|skip-tls-verify|tls-verify=false)", re.IGNORECASE
)
_SSH = re.compile(
    r"(?:-o)?\s*stricthostkeychecking[= ]\s*(?:no|off)|(?:-o)?\s*userknownhostsfile[= ]\s*/dev/null", re.IGNORECASE
)
_LONGEST = 1000
_RPM_TOOLS = ("rpm", "yum", "dnf", "microdnf", "zypper", "tdnf")
_ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)=(.*)", re.ASCII | re.DOTALL)

_BY_PATTERN: tuple[tuple[tuple[str, ...], re.Pattern[str], str], ...] = (
    (("apt-get", "apt", "aptitude"), _APT, _SIGNATURES),
    (("apt-get", "apt", "aptitude"), _APT_TLS, _TLS),
    (_RPM_TOOLS, _RPM, _SIGNATURES),
    (_RPM_TOOLS, _RPM_TLS, _TLS),
    (("apk",), _APK, _SIGNATURES),
    (("git",), _GIT, _TLS),
    (("npm", "npx", "yarn", "pnpm", "bower"), _NPM, _TLS),
    (("helm", "kubectl", "oc", "aws", "skopeo", "buildah", "podman", "crane", "gem", "az"), _ANY_TLS, _TLS),
    (("ssh", "scp", "sftp", "rsync"), _SSH, "ssh-host-key"),
)
_SETTINGS: dict[tuple[str, ...], tuple[re.Pattern[str], str]] = {
    ("git",): (re.compile(r"config.* http(?:\.\S+)?\.sslverify (?:false|0|no)", re.IGNORECASE), _TLS),
    ("npm", "yarn", "pnpm"): (
        re.compile(r"(?:config )?set .*(?:strict-ssl|enableStrictSsl)[ =](?:false|0)", re.IGNORECASE),
        _TLS,
    ),
    ("conda", "mamba"): (re.compile(r"config .*ssl_verify (?:false|no|0)", re.IGNORECASE), _TLS),
    ("composer",): (re.compile(r"config .*(?:disable-tls (?:true|1)|secure-http (?:false|0))", re.IGNORECASE), _TLS),
    ("bundle", "bundler"): (re.compile(r"config .*ssl_verify_mode (?:0|none)", re.IGNORECASE), _TLS),
    ("poetry",): (re.compile(r"config certificates\.\S+\.cert false", re.IGNORECASE), _TLS),
}
_REMOVE_TLS = "Remove it; where you need an authority of your own, give its certificate."
_MESSAGES = {
    _TLS: ("lets anybody on the way answer for the server", _REMOVE_TLS),
    _SIGNATURES: (
        "installs packages without asking who made them",
        "Remove it, and import the key of the repository instead.",
    ),
    _CLEARTEXT: ("fetches packages over cleartext: whoever is on the way can replace them", "Use https."),
    "ssh-host-key": ("talks to whoever answers, not to the host that is meant", "Put the host's key into known_hosts."),
}
_HIGH = frozenset((_TLS, _SIGNATURES))


def check(run: Run) -> Iterator[Found]:
    """Check the commands of one instruction."""
    for call in run.calls:
        for rule, word in _words(call, run):
            start, end = run.place(call, word)
            why, remedy = _MESSAGES[rule]
            yield Found(
                rule=rule,
                start=start,
                end=end,
                message=f"`{short(word.text if word else call.name)}` of `{short(call.name or 'the shell')}` {why}.",
                remedy=remedy,
                severity=Severity.HIGH if rule in _HIGH else Severity.MEDIUM,
            )


def _words(call: Call, run: Run) -> Iterator[tuple[str, Word | None]]:
    fetch = fetch_of(call, run)
    if fetch is not None and fetch.insecure is not None and not fetch.is_local:
        yield _TLS, fetch.insecure
    for names, pattern, rule in _BY_PATTERN:
        if call.name in names:
            yield from ((rule, word) for word in call.arguments if pattern.fullmatch(word.text))
    for tools, (settings, rule) in _SETTINGS.items():
        if call.name in tools and settings.match(" ".join(call.texts[:12])[:_LONGEST]):
            yield rule, call.arguments[0]
    for word in (*call.assigned, *(call.arguments if call.name in ("export", "setx") else ())):
        found = _ASSIGNMENT.fullmatch(word.text)
        rule = switched_off(found[1], found[2]) if found else ""
        if rule:
            yield rule, word
    special = _SPECIAL.get(call.name)
    if special is not None:
        yield from special(call)


def _pip(call: Call) -> Iterator[tuple[str, Word]]:
    words = call.arguments
    for at, word in enumerate(words):
        name, equals, value = word.text.partition("=")
        if not equals:
            value = words[at + 1].text if at + 1 < len(words) else ""
        if name == "--trusted-host" and not is_local(value):
            yield _TLS, word
        elif name in ("--index-url", "--extra-index-url", "-i", "--find-links", "-f", "--default-index", "--index"):
            if value.lower().startswith("http://") and not is_local(value):
                yield _CLEARTEXT, word
        elif name.endswith("trusted-host") and "config" in call.texts[:2]:
            yield _TLS, word


def _registry(call: Call) -> Iterator[tuple[str, Word]]:
    """A registry over http, as an option or in the settings."""
    words = call.arguments
    for at, word in enumerate(words):
        name, _, value = word.text.partition("=")
        value = value or (words[at + 1].text if at + 1 < len(words) else "")
        asked = name in ("--registry", "registry", "--source", "-s", "--clear-sources")
        if asked and value.lower().startswith("http://") and not is_local(value):
            yield _CLEARTEXT, word


def _python(call: Call) -> Iterator[tuple[str, Word]]:
    """`python -m pip`."""
    texts = call.texts
    if texts[:2] == ["-m", "pip"]:
        yield from _pip(Call(call.command, "pip", call.arguments[2:], (), (), substituted=False))


_SPECIAL: dict[str, Callable[[Call], Iterator[tuple[str, Word]]]] = {
    "pip": _pip,
    "pipx": _pip,
    "uv": _pip,
    "python": _python,
    "npm": _registry,
    "yarn": _registry,
    "gem": _registry,
}
