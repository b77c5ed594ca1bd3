"""The table of settings, the schema made of it, the reader and the page agree, in both directions."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from ruamel.yaml import YAML

from secscan import config
from secscan.config import parse_settings
from secscan.errors import ConfigError
from secscan.settings.schema import settings_schema
from secscan.settings.table import SETTINGS, Setting
from secscan.settings.variables import VARIABLES, unknown

ROOT = Path(__file__).resolve().parents[3]
NAMES = [one.name for one in SETTINGS]
BY_NAME = {one.name: one for one in SETTINGS}
FOLDERS = sorted({name.rpartition(".")[0] for name in NAMES})
VALIDATOR = jsonschema_rs.validator_for(settings_schema())
LIKE: dict[str, Any] = {
    "targets": ["services/pay", "oci:image"],
    "cache": "off",
    "scan.include": ["/build/**"],
    "scan.exclude": ["/docs/**"],
    "reports": {"html": "a/b.html", "sarif": "off", "json": False},
    "credentials": {"semgrep": {"SEMGREP_APP_TOKEN": "vault:secret/ci#token"}},
    "notify.to": [{"service": "slack", "url": "env:SLACK_WEBHOOK_URL"}],
    "vault.not_read": ["break-glass/**"],
    "vault.audit.oldest_version": "1.19.0",
}


def value_of(setting: Setting) -> Any:
    """A value that the setting may have, by its schema."""
    schema = setting.schema
    if setting.name in LIKE:
        return LIKE[setting.name]
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return schema["enum"][-1]
    kinds = {"string": "text", "boolean": True, "integer": schema.get("minimum"), "number": schema.get("maximum")}
    if schema["type"] == "array":
        return schema["items"].get("enum", ["text"])
    return kinds[schema["type"]]


def document(*names: str, **values: Any) -> dict[str, Any]:
    """A settings file with these settings, and what they need beside them."""
    whole: dict[str, Any] = {}
    needed = {"vault.auth": "vault.auth.method", "vault.audit_log": "vault.audit_log.file", "notify": "notify.to"}
    also = [need for place, need in needed.items() if any(one.startswith(f"{place}.") for one in names)]
    for name in dict.fromkeys(["version", *also, *names]):
        *folders, last = name.split(".")
        section = whole
        for folder in folders:
            section = section.setdefault(folder, {})
        section[last] = values.get(name, value_of(BY_NAME[name]))
    return whole


def accepted(data: dict[str, Any]) -> bool:
    try:
        parse_settings(json.dumps(data).encode(), origin="/x/secscan.yaml", from_tree=False)
    except ConfigError:
        return False
    return True


@pytest.mark.parametrize("name", NAMES)
def test_every_setting_is_read_and_remembered(name: str) -> None:
    data = document(name)
    settings = parse_settings(json.dumps(data).encode(), origin="/x/secscan.yaml", from_tree=False)
    assert settings.told[name].value == value_of(BY_NAME[name])
    assert VALIDATOR.is_valid(data)


@pytest.mark.parametrize("folder", FOLDERS)
def test_the_reader_knows_no_other_setting(folder: str) -> None:
    """What the reader names as known, where it meets a field that nobody could mean, is what the table has there."""
    *parts, last = [*folder.split("."), "qqqqqqqq"] if folder else ["qqqqqqqq"]
    data = document()
    section = data
    for part in parts:
        section = section.setdefault(part, {})
    section[last] = 1
    with pytest.raises(ConfigError, match="unknown field") as caught:
        parse_settings(json.dumps(data).encode(), origin="s.yaml", from_tree=False)
    assert caught.value.hint.startswith("known fields: ")
    known = set(caught.value.hint.removeprefix("known fields: ").split(", "))
    prefix = f"{folder}." if folder else ""
    assert known == {name.removeprefix(prefix).split(".")[0] for name in NAMES if name.startswith(prefix)}
    assert not VALIDATOR.is_valid(data)


WRONG = [None, True, 0, -1, 1e12, "", {}, {"a": 1}, [""], [1], "/abs", "../up", ["../up"]]


@pytest.mark.parametrize("name", NAMES)
def test_what_the_schema_refuses_the_reader_refuses(name: str) -> None:
    """An editor must not mark what would be taken. The other way round, the reader may know more."""
    for value in WRONG:
        data = document(name, **{name: value})
        if not VALIDATOR.is_valid(data):
            assert not accepted(data), value


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("jobs", "2"),
        ("jobs", 0),
        ("scanners.timeout", 0),
        ("policy", 3),
        ("advisories", "offline"),
        ("waivers", "a.yaml"),
        ("baseline", "/etc/x"),
        ("output", "../x"),
        ("reports", {"pdf": "x"}),
        ("credentials", {"a": {"TOKEN": "hunter2"}}),
        ("vault.mode", "all"),
        ("aws.services", []),
        ("scanners.enable", []),
    ],
)
def test_the_schema_refuses_what_the_reader_refuses(name: str, value: Any) -> None:
    data = document(name, **{name: value})
    assert not accepted(data)
    assert not VALIDATOR.is_valid(data)


def test_enable_and_disable_exclude_each_other_in_both() -> None:
    data = document("scanners.enable", "scanners.disable")
    assert not accepted(data)
    assert not VALIDATOR.is_valid(data)


def test_the_published_schema_is_the_one_that_is_made() -> None:
    published = (ROOT / "policies" / "schema" / "settings-1.json").read_text(encoding="utf-8")
    assert json.loads(published) == settings_schema()
    jsonschema_rs.validator_for(json.loads(published))


def test_the_example_in_the_reader_is_right() -> None:
    text = re.split(r"\n\n", config.__doc__.split("optional but `version`:\n\n")[1])[0]
    data = YAML(typ="safe").load(text)
    assert accepted({**data, "scanners": {"enable": ["bandit"]}})
    assert VALIDATOR.is_valid({**data, "scanners": {"enable": ["bandit"]}})


def test_the_page_has_every_setting_with_its_default_flag_and_variable() -> None:
    page = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([a-z_.]+)` \| (.*?) \| (.*?) \| (.*?) \| (.*?) \|$", page, re.MULTILINE)
    assert [row[0] for row in rows] == [name for name in NAMES if name != "version"]
    for name, about, default, option, variable in rows:
        one = BY_NAME[name]
        usual = ", ".join(one.default) if isinstance(one.default, tuple) else str(one.default)
        said = [f"`{text}`" if text else "" for text in (one.option, one.variable)]
        assert (about, default, [option, variable]) == (one.about, usual, said), name


def test_every_variable_of_ours_is_known_and_every_known_one_is_used() -> None:
    told = {"secscan/settings/variables.py", "secscan/settings/table.py"}
    inner = {"SECSCAN_VALUES_KEY"}  # between our own processes
    used: set[str] = set()
    for path in (*(ROOT / "secscan").rglob("*.py"), *(ROOT / "pipelines").rglob("*.jinja")):
        if str(path.relative_to(ROOT)) not in told:
            used |= set(re.findall(r"\bSECSCAN_(?!INPUT_)[A-Z_]+\b", path.read_text(encoding="utf-8")))
    assert used - inner == set(VARIABLES)
    page = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    assert set(re.findall(r"SECSCAN_[A-Z_]+", page)) == set(VARIABLES)


def test_settings_and_options_name_variables_alike() -> None:
    ours = {one.variable for one in SETTINGS if one.variable.startswith("SECSCAN_")}
    assert ours <= set(VARIABLES)
    source = (ROOT / "secscan" / "cli" / "scan_options.py").read_text(encoding="utf-8")
    for one in SETTINGS:
        if one.variable in ours:
            assert re.search(rf'"{one.option}".*envvar="{one.variable}"', source), one.name


def test_a_misspelt_variable_is_found() -> None:
    assert list(unknown({"SECSCAN_POLCY": "", "PATH": "", "SECSCAN_JOBS": "", "SECSCAN_QQQQQQQ": ""})) == [
        ("SECSCAN_POLCY", "did you mean 'SECSCAN_POLICY'?"),
        ("SECSCAN_QQQQQQQ", "docs/settings.md lists those there are"),
    ]
    assert not list(unknown(name for name in os.environ if name in VARIABLES))
