"""What the inputs of the action make of a command line."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer.main

from secscan.cli.app import build
from secscan.errors import UsageError
from secscan.github.inputs import command_line, read_inputs

HOSTILE = "$(touch run) `id` \"; --policy=advisory'"


def arguments(**inputs: str) -> list[str]:
    environment = {f"SECSCAN_INPUT_{name.upper()}": value for name, value in inputs.items()}
    return command_line(read_inputs(environment), Path("/out"), policy_ref="", baseline_ref="")


def test_what_is_not_given_is_not_asked_for() -> None:
    assert arguments() == [
        *("scan", "--output", "/out", "--report=json=secscan.json", "--report=sarif=secscan.sarif"),
        *("--report=html=secscan.html", "--report=github=secscan.github.sarif"),
        *("--no-cache", "--", "."),
    ]
    assert arguments(policy=" ", scanners="", vault="false", waivers="\n\n") == arguments()


def test_every_input_has_its_option() -> None:
    given = {
        "policy": "p.yaml", "environment": "prod", "floor": "f", "fail_on": "high", "baseline": "b.json", "config": "c",
        "advisories": "demo", "timeout": "5", "memory": "64", "jobs": "2", "waivers": "a b.yaml\nc.yaml", "vex": "v",
        "import": "i.sarif", "vault": "true", "aws": "true", "licences": "true", "scanners": "bandit, secrets osv",
        "formats": "junit,csv html", "path": "src",
    }  # fmt: skip
    made = arguments(**given)
    for one in (
        *("--policy=p.yaml", "--environment=prod", "--floor=f", "--fail-on=high", "--baseline=b.json", "--config=c"),
        *("--advisories=demo", "--timeout=5", "--memory=64", "--jobs=2", "--waivers=a b.yaml", "--waivers=c.yaml"),
        *("--vex=v", "--import=i.sarif", "--vault", "--aws", "--licences", "--scanner=bandit", "--scanner=secrets"),
        *("--scanner=osv", "--report=junit", "--report=csv"),
    ):
        assert made.count(one) == 1, one
    assert made[-2:] == ["--", "src"]
    assert "--report=html" not in made  # it has its name already
    scan = typer.main.get_command(build()).get_command(None, "scan")  # type: ignore[attr-defined]
    known = {name for parameter in scan.params for name in (*parameter.opts, *parameter.secondary_opts)}
    assert {one.partition("=")[0] for one in made if one.startswith("--") and one != "--"} <= known


def test_shards_are_looked_at_and_merged_by_the_same_inputs() -> None:
    assert "--shard=2/4" in arguments(shard="2/4")
    made = arguments(shards="/parts", path="src", results="/kept", policy="strict")
    assert (made[0], made[-3:]) == ("merge", ["--path=src", "--", "/parts"])
    assert "--policy=strict" in made
    assert not [one for one in made if "cache" in one]
    merge = typer.main.get_command(build()).get_command(None, "merge")  # type: ignore[attr-defined]
    known = {name for parameter in merge.params for name in parameter.opts}
    assert {one.partition("=")[0] for one in made if one.startswith("--") and one != "--"} <= known
    for other in ("shard", "image", "base_image"):
        with pytest.raises(UsageError, match="for jobs that merge"):
            arguments(shards="/parts", **{other: "x"})


def test_an_image_comes_before_a_path() -> None:
    assert arguments(path="src", image="oci:dir", base_image="oci:base")[-2:] == ["--", "oci:dir"]


@pytest.mark.parametrize("name", ["path", "policy", "environment", "image", "waivers", "fail_on"])
def test_no_value_becomes_another_option(name: str) -> None:
    made = arguments(**{name: HOSTILE})
    assert [one for one in made if "advisory" in one] in ([HOSTILE], [f"--{name.replace('_', '-')}={HOSTILE}"])
    assert arguments(path="--policy=advisory")[-2:] == ["--", "--policy=advisory"]


@pytest.mark.parametrize("value", ["True", "yes", "1", "true; x"])
def test_a_flag_is_true_or_false(value: str) -> None:
    with pytest.raises(UsageError, match="vault"):
        arguments(vault=value)


@pytest.mark.parametrize(
    ("inputs", "label"),
    [({}, ""), ({"PATH": "."}, ""), ({"PATH": "services/shop"}, "services-shop"), ({"PATH": "../$(x)/a:b"}, "x-a-b")],
)
def test_the_name_of_an_artifact_has_only_what_names_may_have(inputs: dict[str, str], label: str) -> None:
    assert read_inputs({f"SECSCAN_INPUT_{name}": value for name, value in inputs.items()}).label == label


def test_results_are_kept_only_where_a_key_lets_them_be_believed() -> None:
    assert "--cache=/tmp/results" in arguments(results="/tmp/results")
    assert "--no-cache" not in arguments(results="/tmp/results")
