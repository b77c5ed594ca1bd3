"""Values given to a secret's name: `password = "..."`, `api_key: ...`, `--token ...`, `("DB_PASSWORD", "...")`.

Works on code, settings, JSON, shell and free text alike, escaped or not. In code only a literal can be a
secret, so `password = form["password"]` stays readable; in a settings file a bare word can be one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from secscan.secrets.mask import Span
from secscan.secrets.strength import entropy, is_mixed, is_placeholder

_NAME = re.compile(
    r"(?P<word>pass(?:word|wd|phrase|code)|(?<![a-z])passw?(?![a-z])|(?<![a-z])pwd|(?-i:(?<=[a-z])P(?:wd|WD))|(?<![a-z])pw(?![a-z])|secret|token|credentials?(?![a-z])"
    r"|(?:api|access|account|private|signing|sign|encryption|encrypt|crypto|aes|hmac|jwt|master|auth|session|fernet"
    r"|shared|storage)[ _.-]?key"
    r"|(?<![a-z])auth(?![a-z])|(?<![a-z])bearer(?![a-z])|(?<![a-z])salt(?![a-z])|(?<![a-z])key(?![a-z]))"
    r"(?P<rest>[\w-]{0,40}+)",
    re.IGNORECASE,
)
_NEEDLE = re.compile("pass|pwd|pw|secret|token|credential|key|auth|bearer|salt")
"""What every such name holds, in lower case. No name goes beyond a line, so that only lines with one are read."""

_OTHER_THING = re.compile(
    r"(?i)(?:[\w-]*[_-])?(?:ur[il]s?|paths?|files?|filename|dir|names?|ids?|fields?|headers?|types?|len|length|size|ttl|expir\w*"
    r"|timeout|endpoint|prompts?|prefix|suffix|regex|pattern|error|errors|messages?|msg|label|help|hint|class|count|limit|format|policy"
    r"|mgr|managers?|realm|handlers?|providers?|attachments?|store|parameters?|input|requests?|response|exception|button|screen|page"
    r"|component|schema|specs?|title|text|description|placeholder|caption|strategy|validators?|hashers?|reset|view|form|template|algorithms?|alg|backend|ref|arn|location|column|param|env|var|function|func|generator)$"
)
_NO_NAME = re.compile(r"\barn:[\w:.*/-]{0,120}$|[\"'][A-Za-z]\w{0,40}::(?:\w{1,60}::){0,4}\w{0,60}$")
"""What stands before a word that is part of a longer name: `arn:aws:...:secret:db`, `"AWS::IAM::AccessKey"`."""
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_ANOTHER_WORD = re.compile(r"(?i)(?:i[sz]e|i[sz]er|i[sz]ation|s?words|ary|arial|ly|ed|ing|able)")

_SEPARATOR = re.compile(
    r"(?P<closed>\\{0,4}[\"'`]\]?|\])?[ \t]{0,20}"
    r"(?:(?P<sign>[:=]=|!=|=>|[:=])[ \t]{0,20}"
    r"|(?P<comma>,)\s{0,40})"
)
_ANNOTATION = re.compile(
    r"(?:&(?:'static )?)?"
    r"[A-Za-z_][\w.]{0,40}(?:\[[\w., |\[\]]{0,60}\])?(?: \| None)?[ \t]{0,20}=[ \t]{0,20}(?=[brBRuUfF]{0,2}[\"'])"
)
_QUOTED = re.compile(
    r"[(\[ \t]{0,8}[bBrRuUfF]{0,2}(?P<quote>\"\"\"|'''|\\{0,4}[\"'`]|&quot;|&#39;|&#x27;|&#34;)"
    r"(?P<v>(?:(?!(?P=quote))(?:\\.|[^\\\n]))*+)(?P<end>(?P=quote))?"
)
_NEXT_LITERAL = re.compile(
    r"(?P<close>[\"'])[ \t]{0,40}\\?(?:\n[ \t]{0,80})?(?:\+[ \t]{0,20})?[bBrRuUfF]{0,2}(?P<quote>[\"'])"
    r"(?P<v>(?:(?!(?P=quote))(?:\\.|[^\\\n]))++)(?=(?P=quote))"
)
_BARE = re.compile(r"(?P<v>[^\s\"'`,;(){}\[\]<>&|]{1,400}+)(?P<next>[ \t]*[^\n]?)")
_CODE_WORD = re.compile(r"[A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)*")
_NO_SECRET = frozenset(
    ("none", "null", "nil", "true", "false", "yes", "no", "str", "int", "bytes", "bool", "float", "object", "any")
)
_SHELL_LINE = re.compile(r"(?:^|\n)[ \t]*(?:\d{1,6}[:| ] ?)?(?:export |ENV |ARG |-e )?[A-Z0-9_]*$")
_PAIR = re.compile(r"(?:\([ \t\n]{0,8}\\{0,4}[\"'`]|[\"'`]-{1,2})[\w.-]{0,60}$")
_FLAG = re.compile(r"[ \t]+(?P<v>[^\s\"'`,;(){}\[\]<>|&]{3,200}+)")
_SPACED_QUOTED = re.compile(r"[ \t]+(?P<quote>[\"'])(?P<v>[^\"'\n]{1,200}+)(?P=quote)")


def assignment_spans(text: str, folded: str, *, settings: bool = False) -> Iterator[Span]:
    """Yield values assigned to a secret's name. `folded` is the text in lower case.

    `settings`: the text comes from a settings file, where values stand without quotes.
    """
    for name in _names(text, folded):
        if not _is_secret_name(name) or _NO_NAME.search(text[max(0, name.start() - 160) : name.start()]):
            continue
        span = _value_after(text, name, settings=settings)
        if span is not None and span.start < span.end:
            yield span
            yield from _continued(text, span)


def _names(text: str, folded: str) -> Iterator[re.Match[str]]:
    if len(folded) != len(text):  # letters that are two in lower case
        if _NEEDLE.search(folded):
            yield from _NAME.finditer(text)
        return
    found = _NEEDLE.search(folded)
    while found:
        start = text.rfind("\n", 0, found.start()) + 1
        end = text.find("\n", found.end())
        end = len(text) if end < 0 else end
        yield from _NAME.finditer(text, start, end)
        found = _NEEDLE.search(folded, end)


def _is_secret_name(name: re.Match[str]) -> bool:
    rest = name["rest"]
    if not rest:
        return True
    if rest[0].isalpha() and rest[0].islower() and rest != "s" and _ANOTHER_WORD.match(rest):
        return False
    return _OTHER_THING.search(_CAMEL.sub("_", rest)) is None


def _kind(name: re.Match[str]) -> str:
    word = name["word"].lower()
    if word.startswith("p") and "key" not in word:
        return "password"
    if "key" in word:
        return "key"
    return "token" if word == "token" else "secret"


def _value_after(text: str, name: re.Match[str], *, settings: bool) -> Span | None:
    strict = name["word"].lower() in ("key", "auth", "bearer", "salt")
    kind = _kind(name)
    if re.search(r"--[\w-]{0,30}$", text[max(0, name.start() - 32) : name.start()]):
        flag = _SPACED_QUOTED.match(text, name.end()) or _FLAG.match(text, name.end())
        if flag and not flag["v"].startswith("-") and not is_placeholder(flag["v"]):
            return Span(flag.start("v"), flag.end("v"), kind)
    separator = _SEPARATOR.match(text, name.end())
    if separator is None or (separator["comma"] and not (separator["closed"] and _whole_name(text, name))):
        return None
    at = separator.end()
    annotation = _ANNOTATION.match(text, at) if separator["sign"] == ":" else None
    quoted = _QUOTED.match(text, annotation.end() if annotation else at)
    if quoted is not None:
        return Span(quoted.start("v"), quoted.end("v"), kind) if _is_value(quoted["v"], strict=strict) else None
    if separator["comma"] or separator["sign"] in ("==", "!="):
        return None
    bare = _BARE.match(text, at)
    if bare is None or strict or not _is_bare_value(text, name, separator, bare, settings=settings):
        return None
    return Span(bare.start("v"), bare.end("v"), kind)


def _continued(text: str, span: Span) -> Iterator[Span]:
    """The rest of a value that is written as several literals, one after the other."""
    following = _NEXT_LITERAL.match(text, span.end)
    while following:
        yield Span(following.start("v"), following.end("v"), span.kind)
        following = _NEXT_LITERAL.match(text, following.end("v"))


def _whole_name(text: str, name: re.Match[str]) -> bool:
    """Whether name and value are a pair: `("DB_PASSWORD", ...)` or `"--password", ...`.

    Not `("Wrong password", ...)`, nor one of a list of names.
    """
    return _PAIR.search(text[max(0, name.start() - 72) : name.start()]) is not None


def _is_value(value: str, *, strict: bool) -> bool:
    """Whether a quoted text is a value rather than a placeholder or a piece of an expression."""
    if not value or is_placeholder(value) or re.match(r"\\*[\"'] ?[+%.,)]|\\*[\"']$", value):
        return False
    if strict:  # names such as `key` are given to everything
        return len(value) >= 20 and " " not in value and is_mixed(value) and entropy(value) >= 3.3
    return True


def _is_bare_value(
    text: str, name: re.Match[str], separator: re.Match[str], bare: re.Match[str], *, settings: bool
) -> bool:
    value, following = bare["v"], bare["next"].strip()
    if is_placeholder(value) or value.lower() in _NO_SECRET or following in tuple("([{.") or value[0] in "$%@|>&*?":
        return False
    if re.search(r"--[\w-]{0,30}$", text[max(0, name.start() - 32) : name.start()]):
        return len(value) >= 4 and (not _CODE_WORD.fullmatch(value) or _has_digits(value))
    if re.search(r"[?&][\w.-]{0,40}$", text[max(0, name.start() - 42) : name.start()]):
        return len(value) >= 3  # a query string
    if settings:
        return len(value) >= 3
    spaced = separator.group().endswith((" ", "\t")) or separator.group().startswith((" ", "\t"))
    if separator["sign"] == "=" and not spaced:
        if _CODE_WORD.fullmatch(value):
            before = text[max(0, name.start() - 80) : name.start()]
            shouting = name.group().isupper() and _SHELL_LINE.search(before)
            return bool(shouting) or (len(value) >= 6 and not set("_.") & set(value) and _has_digits(value))
        return not value.startswith("\\") and not value.isdigit()
    return separator["sign"] in ("=", ":") and len(value) >= 8 and not _CODE_WORD.fullmatch(value) and is_mixed(value)


def _has_digits(value: str) -> bool:
    """Whether a bare word has digits among its letters, as passwords have and most names have not."""
    return any(char.isdigit() for char in value) and any(char.isalpha() for char in value)
