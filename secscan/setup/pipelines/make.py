"""Fills the templates in `pipelines/` with what was found in a repository.

A name of the repository goes into a pipeline only if it consists of letters, digits and `._/-`: it stands in YAML,
Groovy and shell at once, and no quoting holds in all of them. What was left out is said in the pipeline.
"""

from __future__ import annotations

import functools
import re
import shlex
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from secscan import __version__
from secscan.advisories.names import PUBLIC_ADVISORIES
from secscan.errors import UsageError
from secscan.resources import data_dir
from secscan.setup.facts import Facts, NewFile
from secscan.setup.pipelines.source import Source, installed_from
from secscan.setup.pipelines.systems import SYSTEMS, System

if TYPE_CHECKING:
    from jinja2 import Environment

MARK = "# Written by `secscan init --ci {name}`. What it does, and what was tried: docs/ci.md of secscan."
"""The first line of what we wrote, by which it is known again."""

_PLAIN = re.compile(r"[A-Za-z0-9_.][A-Za-z0-9._/-]*")
_ECOSYSTEM = re.compile(r"[A-Za-z][A-Za-z0-9 .:-]*")
_MANY = 20
"""More Dockerfiles than this are not built one after the other."""


def pipeline_files(name: str, facts: Facts, source: Source | None = None) -> tuple[NewFile, ...]:
    """Return the files that make a CI system scan the repository. Raises `UsageError` for a system we do not know.

    `source` is where secscan is installed from; by default, where this one was.
    """
    if name not in SYSTEMS:
        raise UsageError(f"there is no pipeline for {name!r}", hint=f"there are: {', '.join(SYSTEMS)}")
    system = SYSTEMS[name]
    source = installed_from() if source is None else source
    return tuple(
        NewFile(path=path, content=_filled(template, name, facts, source), about=_about(system, source))
        for template, path in system.files(facts)
    )


def _about(system: System, source: Source) -> str:
    known = source.action if system.by_action else source.package
    return f"the pipeline for {system.title}" + ("" if known or not system.asks else f"; {system.asks}")


def _filled(template: str, name: str, facts: Facts, source: Source) -> bytes:
    ecosystems = [one for one in facts.ecosystems if _ECOSYSTEM.fullmatch(one)]
    dockerfiles = [one for one in facts.dockerfiles if is_plain(one)][:_MANY]
    left_out = len(facts.dockerfiles) - len(dockerfiles)
    filled = _environment().get_template(f"{template}.jinja")
    text = filled.render(
        mark=MARK.format(name=name),
        system=name,
        package=source.package,
        action=source.action,
        version=__version__,
        osv=PUBLIC_ADVISORIES,
        default_branch=facts.default_branch if is_plain(facts.default_branch) else "main",
        ecosystems=" ".join(map(shlex.quote, ecosystems)),
        spaced=" ".join(one for one in ecosystems if " " not in one),
        dockerfiles=dockerfiles,
        left_out=f"{left_out} more are not built here: {_WHY_NOT}" if left_out else "",
        folder=manifest_folder(facts) or ".",
        **_SWITCHES,
    )
    return text.encode("utf-8")


_WHY_NOT = "their names hold what would need quoting, or they are too many."

_SWITCHES = {"say": "", "builds": False, "in_tree": False, "prints_commands": False, "distributions": ""}
"""What a template sets otherwise for its system."""


def is_plain(name: str) -> bool:
    """Whether a name of the repository means the same in every language that a pipeline is written in."""
    return _PLAIN.fullmatch(name) is not None and ".." not in name


def manifest_folder(facts: Facts) -> str:
    """Return the folder of the Kubernetes manifests that lie highest; empty for the top, or where there is none."""
    folders = {str(PurePosixPath(path).parent) for path in facts.kubernetes_files}
    plain = sorted((one for one in folders if is_plain(one)), key=lambda one: (one.count("/"), one))
    return plain[0] if plain and "." not in folders else ""


@functools.cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    # The usual marks belong to the CI systems: ${{ }}, {{ }}, << >>, { }.
    environment = Environment(
        loader=FileSystemLoader(data_dir("pipelines")),
        autoescape=False,  # noqa: S701 - neither HTML nor XML, and every name is plain
        undefined=StrictUndefined,
        block_start_string="<%",
        block_end_string="%>",
        variable_start_string="<@",
        variable_end_string="@>",
        comment_start_string="<#",
        comment_end_string="#>",
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["slashes"] = lambda text: re.sub(r"^#", "//", text, flags=re.MULTILINE)
    return environment
