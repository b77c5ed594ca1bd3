"""The one place that escapes, one function per kind of output.

All text in a scan is hostile: names and contents of scanned files, and what tools say of them.
"""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import quote

_COMMAND = re.compile(r"##(\w*)\[")
_LINE_COMMAND = re.compile(r"(?<!\S)::")
_FORMULA = ("=", "+", "-", "@", "|", "%", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_MARKUP = re.compile(r"([\\`*_{}\[\]<>#|~^$&!])")
_PLACEHOLDER = re.compile(r"\{(\d+)\}")


def terminal(text: str) -> str:
    """Return text as one line that moves no cursor and speaks to no platform.

    Control, bidirectional and other invisible characters are shown as escapes, never sent. What CI platforms take for
    a command is taken apart: `##[error]` and `##vso[...]` anywhere in a line, `::error::` at the head of one (also of
    one that begins there only because a long text was broken).
    """
    safe = text if text.isprintable() else "".join(_shown(char) for char in text)
    return _COMMAND.sub(r"## \1[", _LINE_COMMAND.sub(": :", safe))


def terminal_lines(text: str) -> str:
    """Return text in which each line is one of `terminal`."""
    return "\n".join(terminal(line) for line in text.splitlines())


def plain(text: str) -> str:
    """Return text in which nothing is invisible but line breaks and tabs; for values that a program reads."""
    return text if text.isprintable() else "".join(char if char in "\n\t" else _shown(char) for char in text)


def sarif_text(text: str) -> str:
    """Return text for a SARIF message: without links (`[text](target)`) and placeholders (`{0}`) of its own.

    SARIF gives both a meaning in plain messages (2.1.0, 3.11.5 and 3.11.6), so scanned code could forge them.
    """
    return _PLACEHOLDER.sub(r"{ \1 }", plain(text).replace("](", "] ("))


def uri(path: str) -> str:
    """Return path text as a relative reference of RFC 3986 that decodes to the file name's bytes.

    Path text already has `%XX` for what is not printable, so `%` stays; a colon is encoded, since it would make the
    first segment a scheme.
    """
    return quote(path, safe="/%-._~!$&'()*+,;=@")


def json_in_html(value: Any) -> str:
    """Return JSON that can stand in a script element: it holds no `<`, `>` or `&`, and no line separator."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    for char in "<>&\u2028\u2029":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return text


def csv_cell(text: str) -> str:
    """Return text as one line that no spreadsheet takes for a formula: an apostrophe stands before what may be one.

    See CWE-1236. Quotes and separators are the CSV writer's matter.
    """
    line = terminal(text)
    return "'" + line if line.lstrip().startswith(_FORMULA) else line


def oscal_markup(text: str) -> str:
    """Return text as one line of OSCAL's Markdown that means only itself: no link, markup, insertion or HTML."""
    return _MARKUP.sub(r"\\\1", terminal(text))


def web_link(url: str) -> str:
    """Return a URL that can be a link, or an empty text: only http and https, and nothing invisible in it."""
    return url if url.startswith(("https://", "http://")) and url.isprintable() and " " not in url else ""


def _shown(char: str) -> str:
    if char.isprintable():
        return char
    if char == "\t":
        return "    "
    code = ord(char)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
