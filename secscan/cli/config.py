"""`secscan config`: the settings that hold and where each comes from, and whether the files are right."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from secscan.cli.say import say

if TYPE_CHECKING:
    from secscan.cli.judging import Judge
    from secscan.settings.shown import Said, Shown

_PATH = Annotated[Path, typer.Argument(help="Folder that would be scanned.", show_default="the working directory")]
_CONFIG = Annotated[
    Path | None, typer.Option("--config", help="Settings file instead of the folder's secscan.yaml.")
]  # fmt: skip


def show(
    path: _PATH = Path(),
    origin: Annotated[bool, typer.Option("--origin", help="Say where each comes from, and what is passed over and why.")] = False,
    every: Annotated[bool, typer.Option("--all", help="Show the settings that nobody changes, too.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON: everything, with origins.")] = False,
    config: _CONFIG = None,
    policy: Annotated[str | None, typer.Option("--policy", "-p", help="As of `secscan scan`; so are the others.")] = None,
    environment: Annotated[str | None, typer.Option("--environment", "-e", metavar="NAME")] = None,
    floor: Annotated[str | None, typer.Option("--floor", metavar="POLICY")] = None,
    waivers: Annotated[list[Path] | None, typer.Option("--waivers", metavar="FILE")] = None,
    vex: Annotated[list[Path] | None, typer.Option("--vex", metavar="FILE")] = None,
    baseline: Annotated[Path | None, typer.Option("--baseline", metavar="FILE")] = None,
    policy_ref: Annotated[str, typer.Option("--policy-ref", metavar="REF")] = "",
    baseline_ref: Annotated[str, typer.Option("--baseline-ref", metavar="REF")] = "",
    fail_on: Annotated[str, typer.Option("--fail-on", metavar="SEVERITY")] = "",
    staged: Annotated[bool, typer.Option("--staged")] = False,
    diff: Annotated[str, typer.Option("--diff", metavar="BASE...HEAD")] = "",
    scanner: Annotated[list[str] | None, typer.Option("--scanner", "-s")] = None,
    report: Annotated[list[str] | None, typer.Option("--report", metavar="FORMAT[=FILE]")] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o")] = None,
    jobs: Annotated[int | None, typer.Option("--jobs", "-j", min=0)] = None,
    timeout: Annotated[float | None, typer.Option("--timeout", min=1, metavar="SECONDS")] = None,
    memory: Annotated[int | None, typer.Option("--memory", min=64, metavar="MB")] = None,
) -> None:  # fmt: skip
    """Show the settings that would hold for `secscan scan` with the same options: flag before environment variable
    before settings file before default."""
    from secscan.cli.judging import Wanted, gather
    from secscan.scanners.registry import all_scanners

    options = {
        "policy": policy,
        "environment": environment,
        "floor": floor,
        "waivers": waivers,
        "vex": vex,
        "baseline": baseline,
        "scanner": scanner,
        "report": report,
        "output": output,
        "jobs": jobs,
        "timeout": timeout,
        "memory": memory,
    }
    wanted = Wanted(
        policy or os.environ.get("SECSCAN_POLICY", ""),
        environment or os.environ.get("SECSCAN_ENVIRONMENT", ""),
        floor or os.environ.get("SECSCAN_FLOOR", ""),
        tuple(waivers or ()),
        baseline,
        policy_ref,
        tuple(vex or ()),
        fail_on,
        baseline_ref=baseline_ref,
        staged=staged,
        diff=diff,
    )
    judge = gather(path, config, wanted, scanners=tuple(all_scanners()))
    rows = _rows(judge, {name: _plain(value) for name, value in options.items()})
    if as_json:
        sys.stdout.write(json.dumps(_document(rows, judge), indent=2) + "\n")
        return
    from secscan.reports.escape import terminal

    lines = [
        line for row in rows if every or row.holds.origin != "default" or row.others for line in _lines(row, origin)
    ]
    sys.stdout.write("".join(f"{terminal(line)}\n" for line in lines or ["every setting has its default"]))
    for notice in judge.notices:
        say(f"{notice.subject}: {notice.text}")


def validate(
    path: Annotated[Path, typer.Argument(help="Settings file, or the folder that has one.", show_default="the working directory")] = Path(),
) -> None:  # fmt: skip
    """Check a settings file, and the policy, waivers and baseline that it names or that lie beside it. Exits 2 if
    something is wrong."""
    from secscan.cli.judging import Wanted
    from secscan.cli.terminal import as_typed
    from secscan.cli.trusted import speaking
    from secscan.config import load_settings
    from secscan.errors import ConfigError
    from secscan.reports.escape import terminal
    from secscan.scanners.registry import all_scanners, choose
    from secscan.settings.places import SETTINGS_FILE

    file = path if path.is_file() else path / SETTINGS_FILE
    settings = load_settings(file.parent, file if file.exists() or not path.is_dir() else None)
    for name in (*settings.enable, *settings.disable, *settings.credentials):
        if name not in all_scanners():
            raise ConfigError(f"{file}: there is no scanner {name!r}", hint=f"there are: {', '.join(all_scanners())}")
    choose(settings.enable, without=settings.disable)
    names = {str(file)} if settings.origin else set()
    if file.name == SETTINGS_FILE:
        tree, found = speaking(file.parent, tuple(all_scanners()))
        names |= {as_typed(tree.place(name)) for name in found if name != tree.inside(file)}
    else:
        from secscan.cli.trusted import judge_here

        judge_here(file.parent, file, Wanted(), None, tuple(all_scanners()))
    sys.stdout.write("".join(f"{terminal(name)}: right\n" for name in sorted(names)))


def _rows(judge: Judge, options: dict[str, Any]) -> tuple[Shown, ...]:
    from secscan.settings.places import BASELINE_FILE, POLICY_FILE, SETTINGS_FILE, WAIVERS_FILE
    from secscan.settings.shown import Sources, shown

    settings = judge.settings
    place = Path(settings.origin).name or SETTINGS_FILE
    usual = {"policy": POLICY_FILE, "waivers": WAIVERS_FILE, "baseline": BASELINE_FILE}
    named = (
        set() if settings.from_tree else set(settings.told)
    )  # by the settings themselves, and so no matter of custom
    return shown(
        Sources(
            options=options,
            environment=os.environ,
            file=settings.told,
            file_name=f"{judge.commit[:12]}:{place}" if judge.commit else place,
            file_counts=not settings.from_tree,
            usual={name: file for name, file in usual.items() if file in judge.trusted and name not in named},
        )
    )


def _lines(row: Shown, origin: bool) -> Iterator[str]:
    yield f"{row.name}: {_text(row.holds.value)}" + (f"  ({row.holds.origin})" if origin else "")
    for one in row.others:
        if origin:
            yield f"  not {_text(one.value)}  ({one.origin}): {one.why_not}"


def _document(rows: tuple[Shown, ...], judge: Judge) -> dict[str, Any]:
    def said(one: Said) -> dict[str, Any]:
        return {"value": one.value, "origin": one.origin, **({"why_not": one.why_not} if one.why_not else {})}

    return {
        "settings": {row.name: {**said(row.holds), "passed_over": [said(one) for one in row.others]} for row in rows},
        "notices": [{"subject": one.subject, "text": one.text} for one in judge.notices],
    }


def _text(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value)) or "none"
    if isinstance(value, dict):
        return ", ".join(f"{name}: {inner}" for name, inner in value.items())
    return str(value) if value != "" else "nothing"


def _plain(value: Any) -> Any:
    """An option's value as JSON has it."""
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return str(value) if isinstance(value, Path) else value
