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
}
"""Inputs that are the value of an option. `results` is no input of the action: the folder in which it keeps results."""
_LISTS = {"waivers": "--waivers", "vex": "--vex", "import": "--import"}
"""Inputs with a path on each line."""
_FLAGS = {"vault": "--vault", "aws": "--aws", "licences": "--licences"}
_WRITTEN = ("json", "sarif", "html", "github")
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


def read_inputs(environment: Mapping[str, str]) -> Inputs:
    """Return the inputs in an environment."""
    found = {name: value for name, value in environment.items() if name.startswith(PREFIX)}
    return Inputs({name.removeprefix(PREFIX).lower().replace("_", "-"): value for name, value in found.items()})


def scan_arguments(inputs: Inputs, folder: Path, *, policy_ref: str, baseline_ref: str) -> list[str]:
    """Return the command line of `secscan scan` that the inputs ask for. Raises `UsageError`."""
    arguments = ["--output", str(folder)]
    # By name, so that no settings file can switch off what the action goes on with.
    arguments += [f"--report={name}={FILES[name]}" for name in _WRITTEN]
    arguments += [f"--report={name}" for name in inputs.words("formats") if name not in _WRITTEN]
    arguments += [f"{option}={value}" for name, option in _OPTIONS.items() if (value := inputs.text(name))]
    arguments += [f"{option}={value}" for name, option in _LISTS.items() for value in inputs.lines(name)]
    arguments += [option for name, option in _FLAGS.items() if inputs.flag(name)]
    arguments += [f"--scanner={name}" for name in inputs.words("scanners")]
    arguments += [] if inputs.text("results") else ["--no-cache"]  # nobody would find it again
    arguments += [f"--policy-ref={policy_ref}"] if policy_ref else []
    arguments += [f"--baseline-ref={baseline_ref}"] if baseline_ref else []
    return [*arguments, "--", inputs.target]
