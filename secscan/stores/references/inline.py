"""References that stand in one place: URIs, placeholders, annotations, commands."""

from __future__ import annotations

import re
from collections.abc import Iterator

from secscan.stores.references.reference import NO_ENTRIES, PATH, WORD, Form, Reference, Text, made

_KEY = r"(?:\$\{[^{}\n]{0,100}+\}|[\w.-]){1,120}+"
_URI = re.compile(
    rf"(?<![\w.+/-])(?P<vals>ref\+)?vault:(?P<slashes>//)?(?P<path>{PATH})(?:\?(?P<query>[^\s#\"'<>]{{0,300}}+))?"
    rf"#(?P<nested>/)?(?P<key>{_KEY}(?:/[\w.-]{{1,120}}+){{0,8}}+)(?:#(?P<version>\d{{1,9}}+))?"
)
_IMPORT = re.compile(rf"(?P<optional>optional:)?(?<![\w.+/-])vault://(?P<path>{PATH})(?![#?])")
_PLACEHOLDER = re.compile(rf"<path:(?P<path>{PATH})#(?P<key>{_KEY})(?:#(?P<version>\d{{1,9}}+))?[^<>\n]{{0,100}}+>")
_ANNOTATION = re.compile(
    rf"vault\.hashicorp\.com/agent-inject-secret-[\w.-]{{1,100}}+[\"']?[ \t]{{0,20}}+[:=][ \t]{{0,20}}+[\"']?"
    rf"(?P<path>{PATH})"
)
_ENVCONSUL = re.compile(
    rf"\bsecret[ \t]{{0,20}}+\{{[^{{}}]{{0,300}}?\bpath[ \t]{{0,20}}+=[ \t]{{0,20}}+\"(?P<path>{PATH})\""
)
_VERSION = re.compile(r"(?:^|&)version=(\d{1,9}+)(?:&|$)")


def uris(text: Text) -> Iterator[Reference]:
    """`vault:MOUNT/PATH#FIELD` of our own and of bank-vaults, `vault://`, `ref+vault://` of vals and helm-secrets."""
    for found in _URI.finditer(text.content):
        if "/" not in found["path"].strip("/"):
            continue
        query = _VERSION.search(found["query"] or "")
        yield made(
            text,
            *found.span(),
            style="vals" if found["vals"] else "URI",
            path=found["path"],
            key=found["key"].rstrip(".").replace("/", "."),  # at the end of a sentence
            version=found["version"] or (query[1] if query else ""),
            form=Form.EITHER,
        )


def spring_imports(text: Text) -> Iterator[Reference]:
    """`spring.config.import: vault://secret/app`."""
    if "spring" not in text.content or "import" not in text.content:
        return
    for found in _IMPORT.finditer(text.content):
        yield made(
            text,
            *found.span("path"),
            style="Spring",
            path=found["path"],
            form=Form.EITHER,
            optional=bool(found["optional"]),
        )


def placeholders(text: Text) -> Iterator[Reference]:
    """`<path:secret/data/app#key#version>` of the plugin for Argo CD."""
    for found in _PLACEHOLDER.finditer(text.content):
        yield made(
            text,
            *found.span(),
            style="Argo CD Vault plugin",
            path=found["path"],
            key=found["key"],
            version=found["version"] or "",
            form=Form.API,
        )


def injector_annotations(text: Text) -> Iterator[Reference]:
    """Annotations of the agent's injector."""
    for found in _ANNOTATION.finditer(text.content):
        yield made(text, *found.span("path"), style="agent annotation", path=found["path"], form=Form.EITHER)


def envconsul(text: Text) -> Iterator[Reference]:
    """`secret { path = "secret/app" }` of envconsul."""
    for found in _ENVCONSUL.finditer(text.content):
        yield made(text, *found.span("path"), style="envconsul", path=found["path"], form=Form.EITHER)


_BETWEEN = r"(?:[ \t\"',]|\\\r?\n){1,60}+"
"""Between the words of a command, also where they are a list in JSON, YAML or code."""
_COMMAND = re.compile(
    rf"(?<![\w.-])(?P<program>vault|bao){_BETWEEN}(?:(?P<kv>kv{_BETWEEN}(?:metadata{_BETWEEN})?get)|read)(?={_BETWEEN})"
)
_ARGUMENT = re.compile(rf"{_BETWEEN}(?P<word>{WORD})")
_MOST_ARGUMENTS = 20
_WITH_VALUE = frozenset(
    {
        "mount", "field", "version", "namespace", "ns", "format", "address", "ca-cert", "ca-path", "client-cert",
        "client-key", "tls-server-name", "wrap-ttl", "header", "mfa",
    }
)  # fmt: skip


def commands(text: Text) -> Iterator[Reference]:
    """`vault kv get`, `vault read`, and the same of OpenBao's `bao`."""
    for found in _COMMAND.finditer(text.content):
        options: dict[str, str] = {}
        place = (0, 0)
        waiting, at = "", found.end()
        for _ in range(_MOST_ARGUMENTS):
            word = _ARGUMENT.match(text.content, at)
            if word is None:
                break
            at = word.end()
            if waiting:
                options[waiting], waiting = word["word"], ""
            elif word["word"].startswith("-"):
                name, given, value = word["word"].lstrip("-").partition("=")
                options[name] = value
                waiting = name if name in _WITH_VALUE and not given else ""
            else:
                place = word.span("word")
                break
        path, mount = text.content[slice(*place)], options.get("mount", "")
        if not path or ("/" not in path and not mount) or path.strip("/").startswith(NO_ENTRIES):
            continue
        yield made(
            text,
            *place,
            style=f"{found['program']} {'kv get' if found['kv'] else 'read'}",
            path=path,
            mount=mount,
            key=options.get("field", ""),
            version=options.get("version", ""),
            namespace=options.get("namespace", options.get("ns", "")),
            form=Form.ENTRY if found["kv"] else Form.API,
        )
