"""Secrets that are known by their own structure, wherever they stand: provider tokens, keys, credentials in URLs.

Every pattern is linear: what it repeats is bounded or possessive, and what looks right at first is taken as a
match and judged afterwards, so that no text makes the engine try the same characters again and again. Forms of
tokens are those their providers publish.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from secscan.secrets.mask import Span
from secscan.secrets.strength import is_mixed, is_placeholder


class Pattern(NamedTuple):
    """One structure. The group `v` is the secret."""

    kind: str
    needles: tuple[str, ...]
    """One of these, in lower case, must be in the text; else the pattern is not tried."""
    regex: re.Pattern[str]
    accept: Callable[[str], bool] = bool


_TOKENS = {
    # prefix as the provider gives it: the rest
    "AKIA": r"[A-Z0-9]{12,}+",
    "ASIA": r"[A-Z0-9]{12,}+",
    "ghp_": r"\w{16,}+",
    "gho_": r"\w{16,}+",
    "ghu_": r"\w{16,}+",
    "ghs_": r"\w{16,}+",
    "ghr_": r"\w{16,}+",
    "github_pat_": r"\w{16,}+",
    "glpat-": r"[\w.-]{12,}+",
    "glrt-": r"[\w.-]{12,}+",
    "glptt-": r"[\w.-]{12,}+",
    "xoxb-": r"[\w-]{10,}+",
    "xoxp-": r"[\w-]{10,}+",
    "xoxa-": r"[\w-]{10,}+",
    "xoxr-": r"[\w-]{10,}+",
    "xoxs-": r"[\w-]{10,}+",
    "xapp-": r"[\w-]{10,}+",
    "sk_live_": r"\w{10,}+",
    "rk_live_": r"\w{10,}+",
    "sk_test_": r"\w{10,}+",
    "whsec_": r"[\w+/=]{16,}+",
    "AIza": r"[\w-]{30,}+",
    "GOCSPX-": r"[\w-]{20,}+",
    "ya29.": r"[\w-]{20,}+",
    "npm_": r"[A-Za-z0-9]{30,}+",
    "pypi-": r"[\w-]{40,}+",
    "rubygems_": r"[0-9a-f]{32,}+",
    "hvs.": r"[\w-]{20,}+",
    "hvb.": r"[\w-]{20,}+",
    "hvr.": r"[\w-]{20,}+",
    "SG.": r"[\w-]{16,}+\.[\w-]{16,}+",
    "hf_": r"[A-Za-z0-9]{30,}+",
    "sk-ant-": r"[\w-]{20,}+",
    "sk-proj-": r"[\w-]{20,}+",
    "dop_v1_": r"[0-9a-f]{32,}+",
    "shpat_": r"[0-9a-fA-F]{32,}+",
    "shpss_": r"[0-9a-fA-F]{32,}+",
    "dapi": r"[0-9a-f]{32,}+",
    "ATATT3": r"[\w=-]{40,}+",
    "AGE-SECRET-KEY-1": r"[A-Z0-9]{30,}+",
    "hooks.slack.com/services/": r"[\w/]{20,}+",
}


def provider_prefix(value: str) -> str:
    """Return the prefix that tells whose token the value is; empty for any other value."""
    return next((p for p, rest in _TOKENS.items() if value.startswith(p) and re.match(rest, value[len(p) :])), "")


def _is_jwt(text: str) -> bool:
    return len(text) >= 20


def _is_old_vault(text: str) -> bool:
    return is_mixed(text[2:])


def _is_scheme_value(text: str) -> bool:
    return len(text) >= 12 and is_mixed(text)


def _is_no_placeholder(text: str) -> bool:
    return bool(text) and not is_placeholder(text)


def _is_pem_line(text: str) -> bool:
    both_cases = re.search("[a-z]", text) is not None and re.search("[A-Z]", text) is not None
    return text.startswith("MII") or (both_cases and is_mixed(text))


def _is_authorization(text: str) -> bool:
    """Not the name of a variable: it has a digit, padding, or capitals within."""
    return any(char.isdigit() for char in text) or text.endswith("=") or re.search("[a-z][A-Z]", text) is not None


PATTERNS: tuple[Pattern, ...] = (
    Pattern(
        "private key",
        ("private key",),
        re.compile(r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----(?P<v>(?:[^-]++|-(?!----END))*+)"),
        lambda text: any(char.isalnum() for char in text.replace("\\n", "").replace("\\r", "")),
    ),
    Pattern(  # one line of such a block: PEM breaks lines after 64 characters, GnuPG and RFC 2045 tools after 76
        "private key",
        ("",),
        re.compile(r"(?<![A-Za-z0-9+/=])(?P<v>[A-Za-z0-9+/]{60,64}+={0,2}|[A-Za-z0-9+/]{76})(?![A-Za-z0-9+/=])"),
        _is_pem_line,
    ),
    Pattern(
        "token",
        tuple(prefix.lower() for prefix in _TOKENS),
        re.compile(rf"(?<![A-Za-z0-9])(?P<v>{'|'.join(re.escape(p) + rest for p, rest in _TOKENS.items())})"),
    ),
    Pattern("token", ("eyj",), re.compile(r"(?P<v>eyJ[\w-]*+(?:\.[\w-]*+)*+)"), _is_jwt),
    Pattern("token", ("s.",), re.compile(r"(?<![\w.])(?P<v>s\.[A-Za-z0-9]{24})(?![\w.(])"), _is_old_vault),
    Pattern(  # the other half of an AWS key pair
        "key",
        ("akia", "asia"),
        re.compile(r"(?<![A-Za-z0-9+/=])(?P<v>[A-Za-z0-9+/]{40})(?![A-Za-z0-9+/=])"),
        is_mixed,
    ),
    Pattern(
        "password",
        ("://",),
        re.compile(r"://[^\s/:@\"'<>]{0,200}:(?P<v>[^\s@/\"'<>]{1,500}+)@"),
        _is_no_placeholder,
    ),
    Pattern(
        "token",
        ("authorization",),
        re.compile(
            r"(?i)authorization[\"'\]\\]{0,6}\s{0,9}[:=,]\s{0,9}[bfru]{0,2}[\"'\\]{0,6}\s{0,3}"
            r"(?:(?:bearer|basic|token|digest|apikey|negotiate)\s{1,9})?(?P<v>[\w.~+/=:-]++)"
        ),
        _is_authorization,
    ),
    Pattern(
        "token",
        ("bearer ", "basic "),
        re.compile(r"(?i)\b(?:bearer|basic)\s{1,9}(?P<v>[\w.~+/=-]++)"),
        _is_scheme_value,
    ),
    Pattern(
        "password",
        ("-u", "--user"),
        re.compile(r"(?<![\w-])(?:-u|--user)[=\s][\"']?[^\s:\"']{1,100}:(?P<v>[^\s\"']{1,200}+)"),
        _is_no_placeholder,
    ),
)


def pattern_spans(text: str, folded: str) -> Iterator[Span]:
    """Yield what looks like a secret by its structure. `folded` is the text in lower case."""
    for pattern in PATTERNS:
        if not any(needle in folded for needle in pattern.needles):
            continue
        for found in pattern.regex.finditer(text):
            if pattern.accept(found["v"]):
                yield Span(found.start("v"), found.end("v"), pattern.kind)
