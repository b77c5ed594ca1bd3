"""What the inputs of the action ask for. They come as variables of the environment, so that no shell ever sees them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from secscan.errors import UsageError
from secscan.github.outputs import FILES

PREFIX = "SECSCAN_INPUT_"
"""Begins the variable of each input: `fail-on` comes as `SECSCAN_INPUT_FAIL_ON`."""

_OPTIONS = {
    "policy": "--policy",
    "environment": "--environment",
    "floor": "--floor",
    "fail-on": "--fail-on",
    "baseline": "--baseline",
    "config": "--config",
    "base-image": "--base-image",
    "advisories": "--advisories",
    "timeout": "--timeout",
    "memory": "--memory",
    "jobs": "--jobs",
    "results": "--cache",
    "shard": "--shard",
}
"""Inputs that are the value of an option. `results` is no input of the action: the folder in which it keeps results."""
_LISTS = {"waivers": "--waivers", "vex": "--vex", "import": "--import"}
"""Inputs with a path on each line."""
_FLAGS = {"vault": "--vault", "aws": "--aws", "licences": "--licences"}
_WRITTEN = ("json", "sarif", "html", "github")
_NOT_MERGED = ("image", "base-image", "shard")
"""Inputs that have no meaning where shards are merged."""
_SLUG = re.compile(r"[^A-Za-z0-9._-]+")
_LONGEST_NAME = 100


@dataclass(frozen=True)
class Inputs:
    """The inputs of one run."""

    given: Mapping[str, str]
    """By name; an input that was not given is empty."""

    def text(self, name: str) -> str:
        """The value of an input, without blanks around it."""
        return self.given.get(name, "").strip()

    def flag(self, name: str) -> bool:
        """Whether an input is `true`. Raises `UsageError` for what is neither that nor `false`."""
        value = self.text(name)
        if value not in ("true", "false", ""):
            raise UsageError(f"the input {name} is {value[:40]!r}", hint="write true or false")
        return value == "true"

    def words(self, name: str) -> tuple[str, ...]:
        """The words of an input that are separated by commas, blanks or lines."""
        return tuple(self.text(name).replace(",", " ").split())

    def lines(self, name: str) -> tuple[str, ...]:
        """The lines of an input that are not empty."""
        return tuple(line.strip() for line in self.text(name).splitlines() if line.strip())

    @property
    def target(self) -> str:
        """What is scanned: the image, if one is named, else the path."""
        return self.text("image") or self.text("path") or "."

    @property
    def label(self) -> str:
        """What tells this scan from others of the same run, for names; empty for the scan of everything."""
        return _SLUG.sub("-", "" if self.target == "." else self.target).strip("-.")[:_LONGEST_NAME]

    @property
    def artifact(self) -> str:
        """The usual name of the artifact: of a shard, one that `secscan-shard-*` finds where everything is scanned."""
        shard = _SLUG.sub("-", self.text("shard").replace("/", "-of-"))
        return "-".join(filter(None, ("secscan", self.label, f"shard-{shard}" if shard else "")))


def read_inputs(environment: Mapping[str, str]) -> Inputs:
    """Return the inputs in an environment."""
    found = {name: value for name, value in environment.items() if name.startswith(PREFIX)}
    return Inputs({name.removeprefix(PREFIX).lower().replace("_", "-"): value for name, value in found.items()})


def command_line(inputs: Inputs, folder: Path, *, policy_ref: str, baseline_ref: str) -> list[str]:
    """Return the command that the inputs ask for: `secscan scan`, or `secscan merge` of what shards wrote.

    Raises `UsageError`.
    """
    shards = inputs.text("shards")
    if shards and any(map(inputs.text, _NOT_MERGED)):
        raise UsageError(
            "the input shards is for jobs that merge what others have seen of files",
            hint=f"leave out {', '.join(_NOT_MERGED)}",
        )
    arguments = ["--output", str(folder)]
    # By name, so that no settings file can switch off what the action goes on with.
    arguments += [f"--report={name}={FILES[name]}" for name in _WRITTEN]
    arguments += [f"--report={name}" for name in inputs.words("formats") if name not in _WRITTEN]
    options = {name: option for name, option in _OPTIONS.items() if not (shards and name == "results")}
    arguments += [f"{option}={value}" for name, option in options.items() if (value := inputs.text(name))]
    arguments += [f"{option}={value}" for name, option in _LISTS.items() for value in inputs.lines(name)]
    arguments += [option for name, option in _FLAGS.items() if inputs.flag(name)]
    arguments += [f"--scanner={name}" for name in inputs.words("scanners")]
    arguments += [f"--policy-ref={policy_ref}"] if policy_ref else []
    arguments += [f"--baseline-ref={baseline_ref}"] if baseline_ref else []
    if shards:
        return ["merge", *arguments, f"--path={inputs.target}", "--", shards]
    arguments += [] if inputs.text("results") else ["--no-cache"]  # nobody would find it again
    return ["scan", *arguments, "--", inputs.target]
