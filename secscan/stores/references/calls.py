"""References in calls: hvac in Python, lookups of Ansible."""

from __future__ import annotations

import re
from collections.abc import Iterator

from secscan.stores.references.reference import LONGEST, Form, Reference, Text, made

_BLANK = r"\s{0,200}+"
_STRING = rf"[fFrRbBuU]{{0,2}}+(?P<quote>[\"'])(?P<text>[^\"'\n]{{0,{LONGEST}}}+)(?P=quote)"
_ARGUMENT = re.compile(
    rf"[,\s]{{0,200}}+(?:(?P<name>[A-Za-z_]\w{{0,40}}+){_BLANK}=(?!=){_BLANK})?"
    rf"(?:{_STRING}|(?P<expression>[^\s,()\"']{{1,200}}+))"
)
_INDEX = re.compile(
    r"\s{0,200}+(?:\[\s{0,20}+[\"'](?P<key>[\w.-]{1,120}+)[\"']\s{0,20}+\]|\.(?P<name>[A-Za-z_]\w{0,100}+)(?!\())"
)
_CLOSED = re.compile(r"[,\s]{0,200}+\)")
_JOINED = re.compile(r"\s{0,200}+[+%~.|]")
"""Behind a text that is only a part of the argument."""
_MOST_ARGUMENTS = 12

_HVAC = re.compile(r"\.(?P<method>read_secret(?:_version|_metadata)?)\(")
_HVAC_READ = re.compile(rf"\.read\((?={_BLANK}[fFrR]{{0,2}}+[\"'][^\"'\n/]{{1,100}}+/)")
_LOOKUP = re.compile(
    rf"\b(?:lookup|query|q)\({_BLANK}[\"'](?:community\.hashi_vault\.)?"
    rf"(?P<plugin>hashi_vault|vault_read|vault_kv[12]_get)[\"'](?={_BLANK},)"
)


class _Call:
    """The arguments of a call, and what is taken out of its result at once."""

    def __init__(self, text: Text, start: int) -> None:
        self.named: dict[str, str] = {}
        self.unknown: dict[str, str] = {}
        self.first = (0, 0)
        """Where the first argument stands that has no name, or the one that is called `path`."""
        at = start
        for number in range(_MOST_ARGUMENTS):
            found = _ARGUMENT.match(text.content, at)
            if found is None:
                break
            at = found.end()
            name = found["name"] or ("path" if "path" not in self.named and number == 0 else f"{number}")
            literal = found["text"] is not None
            self.named[name] = found["text"] if literal else found["expression"]
            if literal and _JOINED.match(text.content, at):
                self.unknown[name] = f"{found['text']}..."
            elif not literal and not self.named[name].isdigit():
                self.unknown[name] = found["expression"]
            if name == "path":
                self.first = found.span("text" if literal else "expression")
        self.keys = _keys(text, at)

    def get(self, name: str, default: str = "") -> str:
        """An argument, as it stands there."""
        value = self.named.get(name, default)
        return default if value == "None" else value


def _keys(text: Text, at: int) -> list[str]:
    """`)['data']['data']['password']` and `).data.data.password`: the names, in their order."""
    closed = _CLOSED.match(text.content, at)
    at = closed.end() if closed else len(text.content)
    names: list[str] = []
    while len(names) < 4 and (found := _INDEX.match(text.content, at)):
        names.append(found["key"] or found["name"])
        at = found.end()
    return names


def hvac(text: Text) -> Iterator[Reference]:
    """`client.secrets.kv.v2.read_secret_version(path=..., mount_point=...)`, `client.read('secret/data/app')`."""
    if "hvac" not in text.content:
        return
    for found in _HVAC.finditer(text.content):
        call = _Call(text, found.end())
        if "path" in call.named:
            yield _made(text, call, style="hvac", mount=("mount_point", "secret"), keys=call.keys)
    for found in _HVAC_READ.finditer(text.content):
        call = _Call(text, found.end())
        yield _made(text, call, style="hvac", form=Form.API, keys=call.keys)


def lookups(text: Text) -> Iterator[Reference]:
    """`lookup('community.hashi_vault.vault_kv2_get', 'app', engine_mount_point='secret')` and its kin."""
    for found in _LOOKUP.finditer(text.content):
        call = _Call(text, found.end())
        if "path" not in call.named:
            continue
        if found["plugin"].startswith("vault_kv"):
            usual = "secret" if found["plugin"] == "vault_kv2_get" else "kv"
            keys = call.keys[1:] if call.keys[:1] == ["secret"] else call.keys
            yield _made(text, call, style="Ansible", mount=("engine_mount_point", usual), keys=keys)
        elif found["plugin"] == "vault_read":
            yield _made(text, call, style="Ansible", form=Form.API, keys=call.keys)
        else:
            yield _term(text, call)


def _term(text: Text, call: _Call) -> Reference:
    """The old plugin: `secret=secret/data/app:key token=...`, or only `secret/data/app:key`."""
    words = call.named["path"].split()
    term = next(
        (word.removeprefix("secret=") for word in words if word.startswith("secret=")), words[0] if words else ""
    )
    path, _, key = term.partition(":")
    unknown = call.unknown.get("path", "")
    return made(text, *call.first, style="Ansible", path=path, key=key, form=Form.API, unknown=unknown)


def _made(
    text: Text,
    call: _Call,
    *,
    style: str,
    keys: list[str],
    mount: tuple[str, str] = ("", ""),
    form: Form = Form.ENTRY,
) -> Reference:
    key = next((name for name in keys if name not in {"data", "secret"}), "")
    return made(
        text,
        *call.first,
        style=style,
        path=call.named["path"],
        mount=call.get(*mount) if mount[0] else "",
        key="" if key in {"metadata", "raw", "json"} else key,
        version=call.get("version"),
        form=form,
        unknown=call.unknown.get("path") or call.unknown.get(mount[0], "") or call.unknown.get("version", ""),
    )
