"""The one place that escapes, one function per kind of output.

All text in a scan is hostile: names and contents of scanned files, and what tools say of them.
"""

from __future__ import annotations

import functools
import re
from typing import Any
from urllib.parse import quote

from secscan.findings.visible import is_visible

_COMMAND = re.compile(r"##(\w*)\[")
_LINE_COMMAND = re.compile(r"(?<!\S)::")
_COMMAND_BYTES = re.compile(rb"##(\w*)\[")
_LINE_COMMAND_BYTES = re.compile(rb"(?<!\S)::")
_RAW_ELEMENTS = re.compile(rb"(<(?:script|style)\b.*?</(?:script|style)>)", re.DOTALL | re.IGNORECASE)
_WEB = re.compile(r"https?://[A-Za-z0-9%\-._~:/?#\[\]@!$&'()*+,;=]+")
_REMOTE = re.compile(r"((?:https?|ssh|git)://)(.+)", re.DOTALL)
_MARKUP = re.compile(r"([\\`*_{}\[\]<>#|~^$&!])")
_PLACEHOLDER = re.compile(r"\{(\d+)\}")
_BREAKS = re.compile(r"[\n\t]+")

_LINKED = re.compile(
    r"""[@#!$%~^&:](?=\S)                 # @user, #1, !1, $1, %1, ~label, ^alert#1, &1, :smile:, https://, [issue:1]
    | /(?=/\S)                           # //example.com
    | [0-9A-Fa-f]{6}(?=[0-9A-Fa-f])      # a commit
    | (?<![0-9A-Za-z])[A-Za-z][0-9A-Za-z_]*-(?=\d)  # GH-1, SHOP-7
    | (?<![0-9A-Za-z])[Ww]{3}(?=\.)
    | \.(?=(?i:[a-z]{2}|biz|com|edu|gov|net|org|pro|web|xxx|aero|asia|coop|info|museum|name|shop|рф
        |xn--[a-z0-9-]+)(?![^\W_]))      # example.com, and app.py, which viewers take for a host in Paraguay""",
    re.VERBOSE,
)
_APART = "\u200b"
_MARKDOWN = str.maketrans(
    {char: f"\\{char}" for char in "\\`*_{}[]|~"}
    | {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "$": "&#36;", ":": "&#58;", _APART: "&#8203;"}
)
_SHORT = 300
"""Characters of what may come again; longer texts are somebody's own."""
_FIRST = re.compile(r"^(\d*)(?=[.)](?:\s|$))|^(?=[-+=#])")
"""What begins a list, a heading or a line below one, where it stands first."""
_COLONS = re.compile(":(?=:)")
_WORKFLOW = {ord("%"): "%25", ord("\r"): "%0D", ord("\n"): "%0A"}
"""https://github.com/actions/toolkit/blob/main/packages/core/src/command.ts"""
_IN_CODE = str.maketrans({"`": r"\x60", "|": r"\x7c"})

_IN_SLACK = str.maketrans({"`": r"\x60", "&": "&amp;", "<": "&lt;", ">": "&gt;"})
_NO_TAGS = str.maketrans({"<": "\u2039", ">": "\u203a", "&": "\uff06"})
"""Characters that look alike."""

_SIGNS = tuple("=+-@\uff1d\uff0b\uff0d\uff20")
"""What a formula begins with."""
_FORMULA = re.compile(rf"""[,;|'"] *(?=[{re.escape("".join(_SIGNS))}])""")
"""What stands before one within a cell."""
_LONGEST_CELL = 32_767
"""Characters that Excel takes: it makes the rest of a longer cell a cell of its own."""


def terminal(text: str) -> str:
    """Return text as one line that moves no cursor and speaks to no platform.

    Control, bidirectional and other invisible characters are shown as escapes, never sent. What CI platforms take for
    a command is taken apart: `##[error]` and `##vso[...]` anywhere in a line, `::error::` at the head of one (also of
    one that begins there only because a long text was broken).
    """
    safe = text if is_visible(text) else _spelled(text)
    return _COMMAND.sub(r"## \1[", _LINE_COMMAND.sub(": :", safe))


def terminal_lines(text: str) -> str:
    """Return text in which each line is one of `terminal`."""
    return "\n".join(terminal(line) for line in text.splitlines())


def for_log(document: bytes) -> bytes:
    """Return a document as it may be printed, where a platform may read along what a job prints (see `terminal`).

    JSON, XML and HTML mean the same as before, since each has another way to write a character; in other texts commands
    are taken apart as they are for a terminal.
    """
    if b"##" not in document and b"::" not in document:
        return document
    if document.lstrip().startswith((b"{", b"[")):  # also JSON Lines; a line that begins with `::` is none of JSON
        return _COMMAND_BYTES.sub(rb"##\1\\u005b", document)
    if not document.lstrip().startswith(b"<"):
        return _COMMAND_BYTES.sub(rb"## \1[", _LINE_COMMAND_BYTES.sub(b": :", document))
    parts = _RAW_ELEMENTS.split(document)  # code, and what stands in between: there an entity would be none
    parts[::2] = [_COMMAND_BYTES.sub(rb"##\1&#91;", _LINE_COMMAND_BYTES.sub(b"&#58;:", part)) for part in parts[::2]]
    parts[1::2] = [_COMMAND_BYTES.sub(rb"##\1\\u005b", part) for part in parts[1::2]]
    return b"".join(parts)


def plain(text: str) -> str:
    """Return text in which nothing is invisible but line breaks and tabs; for values that a program reads."""
    seen = is_visible(text) or is_visible(text.replace("\n", "").replace("\t", ""))
    return text if seen else _spelled(text, but="\n\t")


def one_line(text: str) -> str:
    """Return plain text in which line breaks and tabs are blanks. XML 1.0 allows every character of it."""
    return text if is_visible(text) else _BREAKS.sub(" ", plain(text))


def markdown(text: str) -> str:
    """Return text for the middle of a line of Markdown (GFM, GitLab's), in which it means nothing but itself.

    Platforms look for `@user`, `#1`, addresses and the like in the text that comes out, whatever was escaped in the
    source; so what they look for is taken apart by a blank without width, which is written as `&#8203;`.
    """
    return _markdown_again(text) if len(text) <= _SHORT else _markdown(text)


def _markdown(text: str) -> str:
    escaped = _LINKED.sub(rf"\g<0>{_APART}", one_line(text).strip()).translate(_MARKDOWN)
    return _FIRST.sub(lambda found: f"{found[0]}\\", escaped)


_markdown_again = functools.lru_cache(maxsize=4_096)(_markdown)
"""The same for what may come again: titles, rules, remedies are few, and to escape takes long."""


def markdown_code(text: str) -> str:
    """Return text as a code span for Markdown, also in a table; for names, which no platform looks into.

    A backtick would end the span and a bar the cell, whatever stands before it, so both are shown as escapes.
    """
    shown = one_line(text).translate(_IN_CODE)
    if not shown.strip():
        return ""
    pad = " " if shown.startswith(" ") and shown.endswith(" ") else ""  # Markdown takes one away on each side
    return f"`{pad}{shown}{pad}`"


def slack_code(text: str) -> str:
    """Return text as a code span of Slack's mrkdwn, in which nothing is formatted, linked or mentioned.

    Slack looks for `<!channel>`, `<@U1>` and links in code, too, so `&`, `<` and `>` are written as it asks for
    (https://docs.slack.dev/messaging/formatting-message-text); a backtick would end the span.
    """
    shown = one_line(text).translate(_IN_SLACK)
    return f"`{shown}`" if shown.strip() else ""


def without_tags(text: str) -> str:
    """Return text as one line without what begins a tag or an entity; for readers that take HTML, or may not."""
    return one_line(text).translate(_NO_TAGS)


def csv_cell(text: str) -> str:
    """Return text for a cell of a spreadsheet, on one line, that is no formula.

    A `'` stands before what could begin one: also behind separators and quotes, where a spreadsheet that takes another
    separator than ours begins a cell (https://owasp.org/www-community/attacks/CSV_Injection). What is longer than a
    spreadsheet takes is cut.
    """
    shown = _FORMULA.sub(r"\g<0>'", one_line(text[: _LONGEST_CELL + 1]))
    words = shown.lstrip(" ")
    if words.startswith(_SIGNS):
        shown = f"{shown[: len(shown) - len(words)]}'{words}"
    return shown if len(shown) <= _LONGEST_CELL else f"{shown[: _LONGEST_CELL - 3]}..."


def prometheus_label(text: str) -> str:
    """Return text for between the quotes of a label of the text exposition format."""
    return one_line(text).replace("\\", r"\\").replace('"', r"\"")


def plain_values(value: Any) -> Any:
    """Return a document with each of its texts as `plain` makes it. Names of members are ours."""
    if isinstance(value, str):
        return plain(value)
    if isinstance(value, dict):
        return {name: plain_values(inner) for name, inner in value.items()}
    return [plain_values(inner) for inner in value] if isinstance(value, list | tuple) else value


def sarif_text(text: str) -> str:
    """Return text for a SARIF message: without links (`[text](target)`) and placeholders (`{0}`) of its own.

    SARIF gives both a meaning in plain messages (2.1.0, 3.11.5 and 3.11.6), so scanned code could forge them.
    """
    shown = plain(text).replace("](", "] (")
    return _PLACEHOLDER.sub(r"{ \1 }", shown) if "{" in shown else shown


def uri(path: str) -> str:
    """Return path text as a relative reference of RFC 3986 that decodes to the file name's bytes.

    Path text already has `%XX` for what is not printable, so `%` stays; a colon is encoded, since it would make the
    first segment a scheme.
    """
    return quote(path, safe="/%-._~!$&'()*+,;=@")


def repository_uri(address: str) -> str:
    """Return the address of a repository as a URI of RFC 3986, or an empty text: only of what git speaks over a net."""
    found = _REMOTE.fullmatch(address)
    return found[1] + quote(found[2], safe="/%-._~:@!$&'()*+,;=[]") if found else ""


def json_in_html(made: bytes) -> str:
    """Return JSON, or a part of it, that can stand in a script element: it holds no `<`, `>` or `&`, and no line
    separator. All of these stand in texts only, where they can be written in another way."""
    text = made.decode("utf-8")
    for char in "<>&\u2028\u2029":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return text


def github_data(text: str) -> str:
    """Return text for behind the `::` of a workflow command of GitHub; lines stay lines there, and begin no command.

    It holds no further `::`, since not all that read commands look for the first.
    """
    return _COLONS.sub(": ", plain(text)).translate(_WORKFLOW)


def github_property(text: str) -> str:
    """Return text for a property of a workflow command of GitHub, on one line."""
    return one_line(text).translate(_WORKFLOW | {ord(":"): "%3A", ord(","): "%2C"})


def oscal_markup(text: str) -> str:
    """Return text as one line of OSCAL's Markdown that means only itself: no link, markup, insertion or HTML.

    Not `markdown`: insertions and `^` are OSCAL's own, and no platform looks there for mentions and addresses.
    """
    return _MARKUP.sub(r"\\\1", terminal(text))


def web_link(url: str) -> str:
    """Return a URL that can be a link, or an empty text: only http and https, of the characters of RFC 3986 alone."""
    return url if _WEB.fullmatch(url) else ""


def _spelled(text: str, *, but: str = "") -> str:
    """The text with its invisible characters as escapes, but for these."""
    return text.translate({ord(char): _shown(char) for char in set(text).difference(but) if not is_visible(char)})


def _shown(char: str) -> str:
    if char == "\t":
        return "    "
    code = ord(char)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
