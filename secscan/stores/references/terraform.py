"""References of Terraform: data sources and ephemeral resources, and the keys that are taken out of them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from secscan.stores.references.reference import LONGEST, Declared, Form, Reference, Text, made, unknown_part

_BLOCK = re.compile(
    r"^[ \t]{0,20}+(?P<sort>data|ephemeral)[ \t]{1,20}+\"(?P<type>vault_generic_secret|vault_kv_secret(?:_v2)?)\""
    r"[ \t]{1,20}+\"(?P<name>[\w-]{1,100}+)\"[ \t]{0,20}+\{",
    re.MULTILINE,
)
_ATTRIBUTE = re.compile(
    rf"^[ \t]{{0,40}}+(?P<name>path|mount|name|version|namespace)[ \t]{{0,40}}+=[ \t]{{0,40}}+"
    rf"(?:\"(?P<text>[^\"\n]{{0,{LONGEST}}}+)\"|(?P<number>\d{{1,9}}+)(?=\s|$)|(?P<expression>[^\s#]{{1,200}}+))",
    re.MULTILINE,
)
_USE = re.compile(
    r"\b(?P<sort>data|ephemeral)\.(?P<type>vault_generic_secret|vault_kv_secret(?:_v2)?)\.(?P<name>[\w-]{1,100}+)"
    r"(?:\[[^\]\n]{0,60}+\])?\.data(?:\[\"(?P<quoted>[\w.-]{1,120}+)\"\]|\.(?P<key>[\w-]{1,120}+))"
)
_REACH = 4_000


def blocks(text: Text) -> Iterator[Reference | Declared]:
    """`data "vault_kv_secret_v2" "db" { mount = "secret" name = "app" }`, each also as what its uses name."""
    for found in _BLOCK.finditer(text.content):
        end = text.content.find("\n}", found.end(), found.end() + _REACH)
        known: dict[str, re.Match[str]] = {}
        for attribute in _ATTRIBUTE.finditer(text.content, found.end(), end if end >= 0 else found.end() + _REACH):
            known.setdefault(attribute["name"], attribute)
        second = found["type"] == "vault_kv_secret_v2"
        place = known.get("name" if second else "path")
        if place is None:
            continue
        said = {name: _said(one) for name, one in known.items()}
        unknown = next((one["expression"] for name, one in known.items() if one["expression"]), "")
        path, mount = said["name" if second else "path"], said.get("mount", "") if second else ""
        yield made(
            text,
            *place.span("text" if place["text"] is not None else "expression"),
            style="Terraform",
            path=path,
            mount=mount,
            version=said.get("version", ""),
            namespace=said.get("namespace", ""),
            form=Form.ENTRY if second else Form.EITHER,
            unknown=unknown,
        )
        yield Declared(
            base=_base(text, found),
            mount=mount.strip("/"),
            path=path.strip("/"),
            version=said.get("version", ""),
            namespace=said.get("namespace", ""),
            form=Form.ENTRY if second else Form.EITHER,
            unknown=unknown or unknown_part(path) or unknown_part(mount),
        )


def uses(text: Text) -> Iterator[Reference]:
    """`data.vault_kv_secret_v2.db.data["password"]`: completed by the block of that name in the same folder."""
    for found in _USE.finditer(text.content):
        group = "quoted" if found["quoted"] else "key"
        yield made(text, *found.span(group), style="Terraform", path="", key=found[group], base=_base(text, found))


def _base(text: Text, found: re.Match[str]) -> str:
    return f"terraform:{text.folder}:{found['sort']}.{found['type']}.{found['name']}"


def _said(attribute: re.Match[str]) -> str:
    return str(attribute["text"] if attribute["text"] is not None else attribute["number"] or attribute["expression"])
