"""Who looks: each scanner with what it needs, from what it declares."""

from __future__ import annotations

import inspect
import sys

from docs.generate.tables import codes, prose, table
from secscan.scanners import registry
from secscan.scanners.contract import SERVER, Needs

_JOINS = {
    "always": "joins every scan",
    "packaged": "joins where its extra is installed",
    "named": "takes part only where it is named (`--scanner`)",
}


def page() -> str:
    """Return the page."""
    scanners = [one for one in registry.all_scanners().values() if type(one).__module__.startswith("secscan.")]
    rows = [
        (f"[`{one.name}`](#{one.name})", prose(one.title), codes(one.kinds), _when(one.needs, one.joins, one.looks_at))
        for one in scanners
    ]
    parts = [
        "# Scanners",
        "Who looks, at what, and what each needs. Every one has a positive control: an input that it must flag, in "
        "the same invocation as the target. One that misses it did not scan, and the verdict is incomplete; "
        "`secscan doctor` tries all of them. A scanner whose kind of file is not in the target has nothing to do, and "
        "that is fine.",
        table(("scanner", "looks for", "kinds of finding", "takes part"), rows),
    ]
    for one in scanners:
        parts += [f"## {one.name}", *_facts(one.needs, one.install_hint, images=one.reads_images)]
        parts += [prose(part) for part in _documented(type(one).__module__)]
    return "\n\n".join(parts)


def _when(needs: Needs, joins: str, looks_at: str) -> str:
    if looks_at == SERVER:
        return "is a command of its own: `secscan vault audit`"
    for wanted, option in ((needs.vault, "vault"), (needs.aws, "aws"), (needs.licences, "licences")):
        if wanted:
            return f"takes part with `--{option}`"
    return _JOINS[joins]


def _facts(needs: Needs, install: str, *, images: bool) -> list[str]:
    said = []
    if needs.programs:
        said.append(f"- Needs the program {codes(needs.programs)}" + (f": {prose(install)}." if install else "."))
    if needs.advisories:
        said.append("- Needs [the advisory index](../how-to/update-advisories.md).")
    if images:
        said.append("- Looks at container images, too.")
    return ["\n".join(said)] if said else []


def _documented(module: str) -> list[str]:
    return inspect.cleandoc(sys.modules[module].__doc__ or "").split("\n\n")
