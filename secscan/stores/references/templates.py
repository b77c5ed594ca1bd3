"""References in templates of Consul Template, which the agent and Nomad use as well."""

from __future__ import annotations

import re
from collections.abc import Iterator

from secscan.stores.references.reference import LONGEST, Form, Reference, Text, made

_CALL = re.compile(
    rf"\{{\{{[^{{}}\"'`]{{0,80}}?\bsecret[ \t]{{1,20}}+(?:\([ \t]{{0,20}}+printf[ \t]{{1,20}}+)?"
    rf"(?P<quote>\\?[\"`'])(?P<path>[^\"`'\\\s?]{{1,{LONGEST}}}+)(?:\?version=(?P<version>\d{{1,9}}+))?"
)
_DATA = r"\.Data(?:\.data)?"
_USE = re.compile(
    rf"{_DATA}\.(?P<name>(?!data\b|metadata\b)[A-Za-z_]\w{{0,100}}+)"
    rf"|\bindex[ \t]{{1,20}}+{_DATA}[ \t]{{1,20}}+\\?[\"`](?P<quoted>[\w.-]{{1,120}}+)"
)
_REACH = 4_000
"""Characters behind a call in which its data is used."""


def templates(text: Text) -> Iterator[Reference]:
    """`{{ with secret "secret/data/app" }}{{ .Data.data.password }}{{ end }}`, one for each key that is used."""
    calls = list(_CALL.finditer(text.content))
    for number, call in enumerate(calls):
        until = min(calls[number + 1].start() if number + 1 < len(calls) else len(text.content), call.end() + _REACH)
        keys = {
            (use["name"] or use["quoted"]): use
            for use in reversed(list(_USE.finditer(text.content, call.end(), until)))
        }
        for key, use in sorted(keys.items(), key=lambda one: one[1].start()):
            yield _reference(text, call, use.span("name" if use["name"] else "quoted"), key)
        if not keys:
            yield _reference(text, call, call.span("path"), "")


def _reference(text: Text, call: re.Match[str], place: tuple[int, int], key: str) -> Reference:
    return made(
        text,
        *place,
        style="template",
        path=call["path"],
        key=key,
        version=call["version"] or "",
        form=Form.EITHER,
    )
