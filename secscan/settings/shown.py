"""Where each setting comes from: what holds, who says so, and what others say that does not hold."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from secscan.inventory.contract import without_credentials
from secscan.settings.fields import Told
from secscan.settings.table import SETTINGS, Setting


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody says of a setting."""

    value: Any
    origin: str
    """`--policy`, `SECSCAN_POLICY`, `secscan.yaml:12`, `default`, or the file of the tree that is trusted."""
    why_not: str = ""
    """Why it does not hold; empty where it does."""


@dataclass(frozen=True, slots=True)
class Shown:
    """One setting."""

    name: str
    holds: Said
    others: tuple[Said, ...] = ()
    """What is passed over, in the order of precedence."""


@dataclass(frozen=True)
class Sources:
    """Who may say something."""

    options: Mapping[str, Any]
    """By parameter: what the command line says."""
    environment: Mapping[str, str]
    file: Mapping[str, Told]
    file_name: str = ""
    file_counts: bool = True
    """Whether all of the file counts; else only what its author may say of his own scan."""
    usual: Mapping[str, str] = field(default_factory=dict)
    """By setting: the file of the tree that is used, since nobody names another one."""


def shown(sources: Sources) -> tuple[Shown, ...]:
    """Return every setting but the version of the format: flag before variable before file before default."""
    return tuple(_shown(one, sources) for one in SETTINGS if one.name != "version")


def _shown(setting: Setting, sources: Sources) -> Shown:
    said = list(_said(setting, sources))
    at = next(number for number, one in enumerate(said) if not one.why_not)
    others = [
        one if one.why_not else Said(one.value, one.origin, f"{said[at].origin} goes before")
        for number, one in enumerate(said)
        if number != at and one.origin != "default"
    ]
    return Shown(setting.name, said[at], tuple(others))


def _said(setting: Setting, sources: Sources) -> Iterator[Said]:
    """Everything that is said of a setting, what goes before first."""
    if setting.option and sources.options.get(setting.parameter) is not None:
        yield Said(_safe(sources.options[setting.parameter]), setting.option)
    by_variable = _of_variable(setting, sources)
    # Vault's and AWS's own variables complete a file; ours overrule it.
    ours = setting.variable.startswith("SECSCAN_")
    ordered: tuple[Callable[[], Iterator[Said]], ...] = (
        lambda: iter(by_variable if ours else ()),
        lambda: _of_file(setting, sources),
        lambda: iter(() if ours else by_variable),
    )
    for one in ordered:
        yield from one()
    if setting.name in sources.usual:
        yield Said(sources.usual[setting.name], "trusted")
    yield Said(setting.default, "default")


def _of_variable(setting: Setting, sources: Sources) -> tuple[Said, ...]:
    value = sources.environment.get(setting.variable, "") if setting.variable else ""
    return (Said(_safe(value), setting.variable),) if value else ()


def _of_file(setting: Setting, sources: Sources) -> Iterator[Said]:
    if setting.name in sources.file:
        told = sources.file[setting.name]
        why = "" if sources.file_counts or setting.of_tree else "not honoured: the tree does not choose its judge"
        yield Said(_safe(told.value), f"{sources.file_name}:{told.line}", why)


def _safe(value: Any) -> Any:
    """The value without what stands before the `@` of an address: it may be a password."""
    match value:
        case str():
            return without_credentials(value)
        case dict():
            return {name: _safe(inner) for name, inner in value.items()}
        case list() | tuple():
            return [_safe(item) for item in value]
    return value
