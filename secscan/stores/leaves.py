"""What stands in a stored value and can turn up in code alone: the leaves of JSON, the password of an address, a key's
body, the lines of an environment file, what base64 stands for. And which of it is too ordinary to be compared.

Measured on 1,500 files: 18 values such as `admin`, `localhost` or `5432` matched 853 of them, so ordinary values are
left out. That is said, by number and by place, for it is a limit of the comparison and a habit worth changing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import unquote

import msgspec

from secscan.secrets.detect.checksums import decode_base64
from secscan.secrets.patterns import provider_prefix
from secscan.secrets.strength import is_mixed, is_strong

_MOST_LEAVES = 2_000
"""Of one value."""
_DEEPEST = 20
_LONGEST = 1_000_000
"""Characters of a value that is opened; a longer one is compared as a whole."""

_SHORTEST_KEY = 64

_PEM = re.compile(r"-----BEGIN [A-Z0-9 ]{1,60}-----(?P<v>(?:[^-]++|-(?!----(?:END|BEGIN)))*+)-----END")
_NO_BASE64 = re.compile(r"\\[nrt]|[\s\"'+,\\|>]")
_ADDRESS = re.compile(r"://[^\s/:@]{0,300}:(?P<v>[^\s/]{1,500})@")
_PAIR = re.compile(r"(?m)^[ \t]{0,20}(?:export[ \t]{1,4})?(?P<n>[\w.-]{1,100})[ \t]{0,9}[=:][ \t]{0,9}(?P<v>[^\n]++)")
_PART = re.compile(r"(?:^|;)\s{0,9}(?P<n>[\w .-]{1,60})=(?P<v>[^;\n]++)")
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{12,}={0,2}")
_HEX = re.compile(r"(?:[0-9a-fA-F]{2}){8,}")

_ORDINARY_FIELD = re.compile(
    r"(?i)(?:^|[._-])(?:user(?:_?name)?|login|host(?:_?name)?|server|address|addr|port|endpoint|ur[il]|e?mail|db|dbname|database"
    r"|schema|region|zone|bucket|name|description|comment|notes?|owner|team|env(?:ironment)?|created(?:_at)?|updated(?:_at)?"
    r"|expires(?:_at)?|version|type|driver|dialect|protocol|scheme|role|domain|realm|issuer|audience|algorithm|key_?id|client_?id"
    r"|project(?:_?id)?|tenant(?:_?id)?|account(?:_?id)?|public_?key|certificate|cert|ca|chain|fingerprint|path|file(?:_?name)?)$"
)
_PUBLIC = re.compile(
    r"-----BEGIN (?:CERTIFICATE|PUBLIC KEY|RSA PUBLIC KEY)|^(?:ssh-(?:rsa|ed25519|dss)|ecdsa-sha2-\S+) "
)
_NO_SECRET = re.compile(
    r"(?i)[a-z][\w+.-]*://[^\s@]*|[\w.+-]+@[\w-]+(?:\.[\w-]+)+"
    r"|(?:[a-z0-9_-]+\.)+(?:com|net|org|io|dev|local|internal|svc|corp|lan|cloud|example)(?::\d{1,5})?"
    r"|(?-i:[~.]{0,2}/[a-z0-9_./ -]*)|\d{1,3}(?:\.\d{1,3}){3}(?:[:/]\d{1,5})?|\d{4}-\d\d-\d\d(?:[T ][\d:.+Z-]*)?"
)


class TooMuch(Exception):
    """A value has more parts, or is longer, than what is opened."""


def leaves(text: str) -> Iterator[tuple[str, str]]:
    """Yield what a stored value consists of, each with its name within the value (empty for the whole), as it is
    compared: without blanks around it, keys without their line breaks.

    Raises `TooMuch` behind the last of those that were looked at, where there are more.
    """
    whole = text.strip()
    yield "", whole
    if "\n" in whole and (level := dedented(whole)) != whole:
        yield "", level
    if len(whole) > _LONGEST:
        raise TooMuch
    for number, part in enumerate(_parts(whole, "", 0)):
        if number == _MOST_LEAVES:
            raise TooMuch
        yield part


def bare(text: str) -> str:
    """Return a text as it is compared: without blanks around it, the body of a key without its line breaks."""
    if "\n" in text or "\\n" in text:
        body = _NO_BASE64.sub("", text)
        if len(body) >= _SHORTEST_KEY and _BASE64.fullmatch(body):
            return body
    return text.strip()


def is_comparable(value: str, field: str) -> bool:
    """Whether a value is telling enough that its occurrence in code means something. `field` is its key."""
    if not is_strong(value, bound=True) or _PUBLIC.search(value) or _NO_SECRET.fullmatch(value):
        return False
    if _ORDINARY_FIELD.search(field):
        return bool(provider_prefix(value)) or (len(value) >= 20 and is_mixed(value) and "://" not in value)
    return True


def pem_bodies(text: str) -> Iterator[tuple[str, int, int]]:
    """Yield the bodies of keys in PEM, without anything but their base64, and where they stand."""
    if "-----BEGIN " in text:
        for found in _PEM.finditer(text):
            yield _NO_BASE64.sub("", found["v"]), found.start(), found.end()


def _parts(text: str, name: str, depth: int) -> Iterator[tuple[str, str]]:
    """The parts of a text, and theirs."""
    if depth > _DEEPEST:
        raise TooMuch
    if text[:1] in ("{", "[") and (document := _document(text)) is not None:
        for inner, leaf in _walk(document, name, depth):
            yield inner, leaf.strip()
            yield from _parts(leaf.strip(), inner, depth + 1)
        return
    yield from ((_below(name, "key"), body) for body, _, _ in pem_bodies(text))
    for found in _ADDRESS.finditer(text) if "://" in text else ():
        yield _below(name, "password"), found["v"]
        if (plain := unquote(found["v"])) != found["v"]:
            yield _below(name, "password"), plain
    for found in (*_PAIR.finditer(text), *(_PART.finditer(text) if ";" in text else ())):
        if not found["v"].startswith("//"):
            yield _below(name, found["n"].strip()), found["v"].strip().strip("\"'")
    for inner in (
        decoded_text(text) if _BASE64.fullmatch(text) else "",
        hex_text(text) if _HEX.fullmatch(text) else "",
    ):
        if plain := inner.strip():
            yield name, plain
            yield from _parts(plain, name, depth + 1)


def _below(name: str, part: str) -> str:
    return f"{name}.{part}" if name else part


def _document(text: str) -> object | None:
    try:
        document: object = msgspec.json.decode(text)
    except RecursionError:
        raise TooMuch from None
    except (msgspec.DecodeError, UnicodeEncodeError):
        return None
    return document


def _walk(value: object, name: str, depth: int) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield name, value
    elif isinstance(value, dict | list):
        if depth > _DEEPEST:
            raise TooMuch
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _walk(inner, _below(name, str(key)), depth + 1)


def decoded_text(text: str) -> str:
    """Return what base64 text stands for; empty where that is no text."""
    try:
        return _readable(decode_base64(text))
    except ValueError:
        return ""


def hex_text(text: str) -> str:
    """Return what hexadecimal digits stand for; empty where that is no text."""
    try:
        return _readable(bytes.fromhex(text))
    except ValueError:
        return ""


def dedented(text: str) -> str:
    """Return a text of several lines without the blanks that begin and end each."""
    return "\n".join(line.strip() for line in text.strip().splitlines())


def _readable(data: bytes) -> str:
    """The text of UTF-8; empty where characters are in it that nobody types. Raises `ValueError`."""
    inner = data.decode("utf-8")
    return inner if all(char.isprintable() or char in "\r\n\t" for char in inner) else ""
