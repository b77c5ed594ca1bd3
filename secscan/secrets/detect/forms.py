"""Secrets by the command, the statement or the file format that they stand in: a table, read by `contexts`.

Each expression is linear: what repeats is bounded or possessive. The group `v` is the secret.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Form:
    """One way in which a secret is written down."""

    rule: str
    """The rule's id in findings, after `secscan.secret.`."""
    title: str
    kind: str
    """What kind of secret it is, as previews say it."""
    needles: tuple[str, ...]
    """One of these is in every such text, in lower case: without any the expression is not tried."""
    regex: re.Pattern[str]


_TELLING = r"(?:passw(?:or)?d|pwd|secret|token|api[._-]?key)"
_QUOTED = r"[\"']?(?P<v>[^\s\"'{}#$<%][^\s\"']{3,300})[\"']?"


def _password(rule: str, title: str, needles: str, pattern: str) -> Form:
    return Form(rule, title, "password", tuple(needles.split("|")), re.compile(rf"(?im){pattern}"))


_DATABASE = "Password of a database"
_COMMAND = "Password on a command line"
_GENERIC = "Hard-coded password"

FORMS: tuple[Form, ...] = (
    _password("database-password", _DATABASE, "jdbc:oracle:", r"jdbc:oracle:\w{1,10}:[^/\s\"']{1,100}/(?P<v>[^@\s\"']{3,200}+)@"),
    _password("database-password", _DATABASE, "@tcp(|@unix(", r"(?<![\w.:/-])[\w.-]{1,60}:(?P<v>[^@\s\"'`/]{3,200}+)@(?:tcp|unix)\("),
    _password("database-password", _DATABASE, "identified", r"\bidentified\s{1,9}(?:with\s{1,9}[\w\"']{1,40}\s{1,9})?by\s{1,9}'(?P<v>[^'\n]{4,200})'"),
    _password("database-password", _DATABASE, "password", r"\b(?:with|login|encrypted|superuser|createdb)\s{1,9}password\s{0,9}=?\s{0,9}N?'(?P<v>[^'\n]{4,200})'"),
    _password("directory-password", "Password of a directory", "bindpw|rootpw", r"^\s{0,20}(?:bindpw|rootpw)\s{1,20}(?P<v>[^\s\"']{4,200})\s*$"),
    _password("command-line-password", _COMMAND, "docker", r"\bdocker\s{1,9}login\b[^\n]{0,200}?\s(?:-p|--password)[ =]\"?'?(?P<v>[^\s\"'$`-][^\s\"']{3,200})"),
    _password("command-line-password", _COMMAND, "sshpass", r"\bsshpass\s{1,9}-p\s{0,9}[\"']?(?P<v>[^\s\"'$`][^\s\"']{3,200})"),
    _password("command-line-password", _COMMAND, "curl", r"\bcurl\b[^\n]{0,400}?\s(?:-u|--user)[ =]?[\"']?[\w.@%+-]{1,100}:(?P<v>[^\s\"'$`{<][^\s\"']{3,200})"),
    _password("command-line-password", _COMMAND, "mysql", r"\bmysql(?:dump|admin)?\b[^\n]{0,200}?\s-p(?P<v>[^\s\"'$`=-][^\s\"']{5,100})"),
    _password("command-line-password", _COMMAND, "redis-cli", r"\bredis-cli\b[^\n]{0,200}?\s(?:-a|--pass)\s{1,9}[\"']?(?P<v>[^\s\"'$`][^\s\"']{3,200})"),
    _password("generic-password", _GENERIC, "chpasswd", r"\bchpasswd:\s{1,40}list:\s{0,9}\|?\s{1,40}[a-z_][\w-]{0,31}:(?P<v>\S{4,200})"),
    _password("generic-password", _GENERIC, "securestring", r"\bconvertto-securestring\s{1,9}(?:-string\s{1,9})?[\"'](?P<v>[^\"'$\n]{4,200})[\"']"),
    _password("generic-password", _GENERIC, ".set", r"\.set(?:password|passwd|secret(?:key)?|token|apikey)\(\s{0,9}\"(?P<v>[^\"\n]{4,200})\"\s{0,9}\)"),
    _password("generic-password", _GENERIC, "define", rf"^[ \t]{{0,9}}#[ \t]{{0,9}}define[ \t]{{1,40}}\w{{0,60}}{_TELLING}[ \t]{{1,40}}\"(?P<v>[^\"\n]{{4,200}})\""),
    _password("generic-password", _GENERIC, "</", rf"<(?P<name>[\w:.-]{{0,40}}{_TELLING})>(?:<value>)?(?P<v>[^<>\s]{{4,300}})</"),
    _password("generic-password", _GENERIC, "<string>", rf"<key>[\w. -]{{0,60}}{_TELLING}</key>\s{{0,40}}<string>(?P<v>[^<>\s]{{4,300}})</string>"),
    _password("generic-password", _GENERIC, "value", rf"\bname[\"']?\s{{0,5}}[:=]\s{{0,5}}[\"']?[\w.-]{{0,60}}{_TELLING}[\"']?,?\s{{1,40}}[\"']?value[\"']?\s{{0,5}}[:=]\s{{0,5}}{_QUOTED}"),
    _password("generic-password", _GENERIC, "default", rf"\bvariable\s{{1,9}}\"[\w-]{{0,60}}{_TELLING}\"\s{{0,9}}\{{[^{{}}]{{0,400}}?\bdefault\s{{0,20}}=\s{{0,9}}\"(?P<v>[^\"\n]{{4,300}})\""),
    _password("generic-password", _GENERIC, "default", rf"{_TELLING}\"\s{{0,9}}:\s{{0,9}}\{{[^{{}}]{{0,300}}?\"default\"\s{{0,9}}:\s{{0,9}}\"(?P<v>[^\"\n]{{4,300}})\""),
    Form("authorization-token", "Token in an authorization header", "token", ("authorization",), re.compile(r"(?i)\bauthorization[\"']?\s{0,9}[:=,]\s{0,9}[\"']?(?:token|apikey|key)\s{1,9}(?P<v>[A-Za-z0-9._~+/-]{16,400}+={0,2})")),
)  # fmt: skip
"""All of them. Where two fit the same text, the first holds."""

HASH_FILE = re.compile(r"(?i)(?:^|[/.])(?:htpasswd|shadow)(?:[.-][\w-]+)?$")
"""Files that hold the hashes of passwords of a service that is in use."""
HASH_LINE = re.compile(
    r"(?m)^[^:\s#]{1,64}:(?P<v>\$(?:2[abxy]|1|5|6|y|apr1)\$\S{10,200}|\{SHA\}[\w+/=]{20,40}|[./0-9A-Za-z]{13})(?=:|\s*$)"
)
