"""References of Kubernetes: External Secrets Operator, the CSI driver, the plugin for Argo CD."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence

from secscan.stores.references.outline import Line
from secscan.stores.references.reference import Declared, Form, Reference, Text, made

_STORES = frozenset({"SecretStore", "ClusterSecretStore"})
_EXTERNAL = frozenset({"ExternalSecret", "ClusterExternalSecret"})
_REMOTE = frozenset({"remoteRef", "extract"})
_PLUGIN = "avp.kubernetes.io/"
_PLACEHOLDER = re.compile(r"<(?!path:)(?P<key>[A-Za-z_][\w.-]{0,100}+)(?:[ ]{0,20}+\|[^<>\n]{0,100}+)?>")


def manifests(text: Text, lines: Sequence[Line]) -> Iterator[Reference | Declared]:
    """What the documents of a file refer to and declare."""
    documents: dict[int, list[Line]] = defaultdict(list)
    for line in lines:
        documents[line.document].append(line)
    for document in documents.values():
        kind = _value(document, ("kind",))
        if kind in _STORES:
            yield from _store(document)
        elif kind in _EXTERNAL:
            yield from _external(text, document)
        elif kind == "SecretProviderClass" and _value(document, ("spec", "provider")) == "vault":
            yield from _mounted(text, document)
        yield from _filled_in(text, document)


def _value(lines: Sequence[Line], keys: tuple[str, ...]) -> str:
    return next((line.value for line in lines if line.keys == keys), "")


def _store(lines: Sequence[Line]) -> Iterator[Declared]:
    providers = {line.keys[2] for line in lines if line.keys[:2] == ("spec", "provider") and len(line.keys) > 2}
    at = ("spec", "provider", "vault")
    if name := _value(lines, ("metadata", "name")):
        yield Declared(
            base=f"store:{name}",
            mount=_value(lines, (*at, "path")).strip("/"),
            namespace=_value(lines, (*at, "namespace")).strip("/"),
            elsewhere=bool(providers) and "vault" not in providers,
        )


def _external(text: Text, lines: Sequence[Line]) -> Iterator[Reference]:
    groups: dict[tuple[str, ...], dict[str, Line]] = defaultdict(dict)
    stores: dict[tuple[str, ...], str] = {}
    for line in lines:
        if line.inside[-1:] and line.inside[-1] in _REMOTE:
            groups[line.inside][line.name] = line
        if line.keys[-2:] in {("secretStoreRef", "name"), ("storeRef", "name")}:
            stores[tuple(key for key in line.keys[:-2] if key != "sourceRef")] = line.value
    for group, told in groups.items():
        if "key" not in told:
            continue
        # The store that is named in the innermost of what the reference lies in.
        store = next((stores[group[:end]] for end in range(len(group), -1, -1) if group[:end] in stores), "")
        place = told.get("property", told["key"])
        yield made(
            text,
            place.start,
            place.end,
            style="External Secrets",
            path=told["key"].value,
            key=told["property"].value if "property" in told else "",
            version=_number(told["version"].value) if "version" in told else "",
            form=Form.EITHER,
            base=f"store:{store}",
        )


def _mounted(text: Text, lines: Sequence[Line]) -> Iterator[Reference]:
    groups: dict[tuple[str, ...], dict[str, Line]] = defaultdict(dict)
    for line in lines:
        if "objects" in line.inside:
            groups[line.inside][line.name] = line
    namespace = _value(lines, ("spec", "parameters", "vaultNamespace"))
    for told in groups.values():
        if "secretPath" not in told:
            continue
        place = told.get("secretKey", told["secretPath"])
        yield made(
            text,
            place.start,
            place.end,
            style="CSI driver",
            path=told["secretPath"].value,
            key=told["secretKey"].value if "secretKey" in told else "",
            namespace=namespace,
            form=Form.API,
        )


def _filled_in(text: Text, lines: Sequence[Line]) -> Iterator[Reference]:
    """An entry that is named by an annotation, and its keys as `<key>` anywhere in the same document."""
    told = {line.name: line for line in lines if line.name.startswith(_PLUGIN)}
    path = told.get(f"{_PLUGIN}path")
    if path is None:
        return
    version = told.get(f"{_PLUGIN}secret-version")
    places = [
        (line.start + found.start("key"), line.start + found.end("key"), found["key"])
        for line in lines
        for found in _PLACEHOLDER.finditer(line.value)
    ]
    for start, end, key in places or [(path.start, path.end, "")]:
        yield made(
            text,
            start,
            end,
            style="Argo CD Vault plugin",
            path=path.value,
            key=key,
            version=_number(version.value) if version else "",
            form=Form.API,
        )


def _number(text: str) -> str:
    """A version, also as `v3`; `latest` is the current one."""
    return "" if text == "latest" else text.removeprefix("v")
