"""Finds the references to Vault of one file, and completes them by what other files declare."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

import msgspec

from secscan.stores.references import calls, inline, manifests, pipelines, templates, terraform
from secscan.stores.references.outline import outline
from secscan.stores.references.reference import Declared, Form, Reference, Text

MOST = 5_000
"""References of one file that are read."""

_STYLES: tuple[tuple[tuple[str, ...], Callable[[Text], Iterator[Reference | Declared]]], ...] = (
    # One of these words must stand in the file; else the style is not looked for.
    (("vault:",), inline.uris),
    (("vault://",), inline.spring_imports),
    (("<path:",), inline.placeholders),
    (("agent-inject-secret-",), inline.injector_annotations),
    (("secret {", "secret{"), inline.envconsul),
    (("vault", "bao"), inline.commands),
    (("{{",), templates.templates),
    (("hvac",), calls.hvac),
    (("hashi_vault", "vault_read", "vault_kv"), calls.lookups),
    (("vault_generic_secret", "vault_kv_secret"), terraform.blocks),
    (("vault_generic_secret", "vault_kv_secret"), terraform.uses),
)
_IN_YAML = (
    "ExternalSecret", "SecretStore", "SecretProviderClass", "avp.kubernetes.io/", "vault-action", "vault_kv",
    "vault_read", "spring",
)  # fmt: skip


@dataclass(frozen=True)
class Found:
    """What one file holds."""

    references: tuple[Reference, ...] = ()
    """In the order of the file; some wait for a declaration, see `linked`."""
    declared: tuple[Declared, ...] = ()
    more: bool = False
    """Whether there were more than are read."""


def find(path: str, content: str) -> Found:
    """Return the references of a text, each place once."""
    text = Text(path, content)
    taken = list(islice(_all(text), MOST + 1))
    references: dict[tuple[object, ...], Reference] = {}
    for one in taken:
        if isinstance(one, Reference) and (one.path or one.base):
            references.setdefault((one.region, one.path, one.key), one)
    return Found(
        references=tuple(sorted(references.values(), key=lambda one: (one.region, one.path, one.key))),
        declared=tuple(one for one in taken if isinstance(one, Declared)),
        more=len(taken) > MOST,
    )


def linked(references: Iterable[Reference], declared: Iterable[Declared]) -> tuple[Reference, ...]:
    """Return the references with what they name filled in, without those that turn out to be about another store."""
    known = {one.base: one for one in declared}
    completed = (_completed(one, known.get(one.base)) if one.base else one for one in references)
    return tuple(one for one in completed if one is not None)


def _all(text: Text) -> Iterator[Reference | Declared]:
    for needles, style in _STYLES:
        if any(needle in text.content for needle in needles):
            yield from style(text)
    if any(needle in text.content for needle in _IN_YAML):
        lines = tuple(outline(text))
        for reader in (
            manifests.manifests, pipelines.vault_action, pipelines.ansible_modules, pipelines.spring_application,
        ):  # fmt: skip
            yield from reader(text, lines)


def _completed(one: Reference, base: Declared | None) -> Reference | None:
    if base is None:
        what = one.base.rpartition(":")[2]
        return msgspec.structs.replace(one, unknown=f"{what or 'the store'}, which is not declared in this tree")
    if base.elsewhere:
        return None
    path, form = one.path or base.path, base.form
    if one.path and base.mount:
        # External Secrets takes the mount off where it stands in the path as well, and `data/` only with it.
        path = one.path.removeprefix(f"{base.mount}/")
        form = Form.ENTRY if path == one.path else Form.EITHER
    return msgspec.structs.replace(
        one,
        path=path,
        mount=base.mount,
        version=one.version or base.version,
        namespace=base.namespace,
        form=form,
        unknown=one.unknown or base.unknown,
    )
