"""What an image says of itself in its configuration, with the secrets in it found and masked."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from secscan.findings.model import Layer
from secscan.images.collector import plain
from secscan.images.reading import IN_CONFIG, FoundSecret, ImageConfig, Keys

if TYPE_CHECKING:
    from secscan.secrets.detect.candidate import Candidate

_LONGEST = 2_000
"""Characters of one command, label or variable."""
_SHORTEST = 4
"""Characters of a value that is masked wherever it stands: shorter ones are part of every text."""
_MOST = 500
"""Commands, labels and variables that are told."""


@dataclass(frozen=True)
class Described:
    """The configuration in our terms."""

    config: ImageConfig | None
    layers: tuple[Layer, ...]
    secrets: tuple[FoundSecret, ...]
    diff_ids: tuple[str, ...]
    """SHA-256 of each layer when it is no longer compressed, hexadecimal; empty where it is none."""
    doubts: tuple[str, ...]


def describe(document: dict[str, Any], digests: Iterable[str], keys: Keys | None) -> Described:
    """Read a configuration. `digests` are those of the layers as they lie in the archive, the lowest first. Without
    `keys` nothing is told but which layers there are: commands and variables can hold secrets, for which nobody looks.
    """
    history = [one for one in _list(document.get("history")) if isinstance(one, dict)]
    commands = [_text(one.get("created_by")) for one in history]
    diff_ids = tuple(_hex(one) for one in _texts(_mapping(document.get("rootfs")).get("diff_ids")))
    layered = [index for index, one in enumerate(history) if one.get("empty_layer") is not True]
    blobs = tuple(digests)
    doubts = []
    if len(diff_ids) != len(blobs):
        doubts.append(f"the configuration tells of {len(diff_ids)} layers, and there are {len(blobs)}")
    if (system := _text(document.get("os"))) not in ("", "linux"):
        doubts.append(f"it is an image for {system[:50]}, and only those for Linux are read")
    by_layer = dict(enumerate(layered)) if len(layered) == len(blobs) else {}
    if keys is None:
        layers = tuple(
            Layer(index=index, digest=f"sha256:{told or blob}")
            for index, (told, blob) in enumerate(itertools.zip_longest(diff_ids[: len(blobs)], blobs, fillvalue=""))
        )
        return Described(None, layers, (), diff_ids, tuple(doubts))
    inner = _mapping(document.get("config"))
    environment = [one for one in _texts(inner.get("Env")) if "=" in one]
    labels = {name: text for name, text in _mapping(inner.get("Labels")).items() if isinstance(text, str)}
    variables, told_labels = "\n".join(environment), "\n".join(f"{name}={text}" for name, text in labels.items())
    values = _values(variables, told_labels)
    secrets = [
        *_secrets(variables, "variables.env", None, keys),
        *_secrets(told_labels, "labels.env", None, keys),
    ]
    seen = set()
    position = {history_index: index for index, history_index in by_layer.items()}
    for index, command in enumerate(commands):
        if command not in seen:
            secrets += _secrets(command, "Dockerfile", position.get(index), keys)
            seen.add(command)
    told = _base_by_history(history, layered)
    layers = tuple(
        Layer(
            index=index,
            digest=f"sha256:{diff_ids[index] if index < len(diff_ids) and diff_ids[index] else blob}",
            command=masked(commands[by_layer[index]], values) if index in by_layer else "",
            told_base=index < told if by_layer and told is not None else None,
        )
        for index, blob in enumerate(blobs)
    )
    config = ImageConfig(
        user=_text(inner.get("User"))[:100],
        ports=tuple(sorted(name[:30] for name in _mapping(inner.get("ExposedPorts"))))[:_MOST],
        volumes=tuple(sorted(name[:200] for name in _mapping(inner.get("Volumes"))))[:_MOST],
        environment=tuple(one.partition("=")[0][:200] for one in environment[:_MOST]),
        entrypoint=tuple(
            masked(one, values) for one in [*_texts(inner.get("Entrypoint")), *_texts(inner.get("Cmd"))][:50]
        ),
        has_healthcheck=_has_healthcheck(inner.get("Healthcheck")),
        labels={
            name: masked(text, values)
            for name, text in sorted(labels.items())[:_MOST]
            if name.startswith("org.opencontainers.image.")
        },
        architecture=_text(document.get("architecture"))[:50],
        os=_text(document.get("os"))[:50],
        created=_text(document.get("created"))[:40],
    )
    return Described(config, layers, tuple(secrets), diff_ids, tuple(doubts))


def masked(text: str, values: Iterable[str] = ()) -> str:
    """Return a text without the values of the secrets in it, nor of those that were found elsewhere (`values`), and not
    longer than anybody reads."""
    for value in values:
        text = text.replace(value, "***")
    parts, at = [], 0
    for one in _detect(text, "Dockerfile"):
        parts += [text[at : one.start], "***"]
        at = one.end
    return ("".join(parts) + text[at:])[:_LONGEST]


def _values(*texts: str) -> list[str]:
    """The values of the secrets in variables, the longest first."""
    found = {one.secret.reveal() for text in texts for one in _detect(text, "variables.env")}
    return sorted((one for one in found if len(one) >= _SHORTEST), key=len, reverse=True)[:_MOST]


def _detect(text: str, form: str) -> Iterable[Candidate]:
    from secscan.secrets.detect.detector import detect  # takes longer to start than many an image to read

    return detect(text, form)


def _secrets(text: str, form: str, layer: int | None, keys: Keys) -> Iterator[FoundSecret]:
    from secscan.secrets.worker import look_at  # see `_detect`

    for one in look_at(text.encode("utf-8", "replace"), form, key=keys.key, values_key=keys.values_key):
        yield FoundSecret(path=IN_CONFIG, layer=layer, found={**plain(one), "part": _PARTS[form]})


_PARTS = {"variables.env": "a variable (ENV)", "labels.env": "a label", "Dockerfile": "the history of its commands"}


def _base_by_history(history: list[dict[str, Any]], layered: list[int]) -> int | None:
    """How many layers come from the base, as the history looks: official base images end with a `CMD` of their own, and
    whoever builds upon one has more commands behind it. Anybody can write a history, so this proves nothing."""
    last = max(layered, default=-1)
    commands = [
        index
        for index, one in enumerate(history)
        if one.get("empty_layer") is True and index < last and _is_command(_text(one.get("created_by")))
    ]
    if not commands:
        return None
    return sum(1 for index in layered if index < commands[-1])


def _is_command(text: str) -> bool:
    text = text.removeprefix("/bin/sh -c #(nop)").strip()
    return text.startswith("CMD [")


def _has_healthcheck(value: object) -> bool:
    test = _texts(_mapping(value).get("Test"))
    return bool(test) and test[0] != "NONE"


def _mapping(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value[:10_000] if isinstance(value, list) else []


def _texts(value: object) -> list[str]:
    return [_safe(one) for one in _list(value) if isinstance(one, str)]


def _text(value: object) -> str:
    return _safe(value)[: 10 * _LONGEST] if isinstance(value, str) else ""


def _safe(text: str) -> str:
    """Without halves of characters, which JSON can smuggle in."""
    return text.encode("utf-8", "replace").decode()


def _hex(digest: str) -> str:
    kind, _, value = digest.partition(":")
    return value if kind == "sha256" and len(value) == 64 and value.isalnum() else ""
