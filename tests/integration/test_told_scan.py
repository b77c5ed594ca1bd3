"""A real scan that tells services, sends telemetry and logs JSON: the same verdict, and no secret in any byte of it."""

from __future__ import annotations

import io
import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import jsonschema_rs
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from secscan.ci.proposal import PROPOSALS
from secscan.cli import log
from secscan.cli.app import run
from secscan.cli.log_line import LogLine, schema
from secscan.findings.scan import load
from tests.support.receiver import Answers, Receiver, receiving

PLANTED = "c0pper-Lantern.42"
"""A password in the scanned file."""
CANARIES = {"SLACK_URL": "canary-of-slack", "HOOK_URL": "canary-of-hook", "HEADERS": "canary-of-otlp"}
TRACE = "0af7651916cd43dd8448eb211c80319c"
SETTINGS = """\
version: 1
notify:
  to:
    - {service: slack, url: "env:SLACK_URL"}
    - {service: webhook, url: "env:HOOK_URL"}
telemetry: {traces: otlp, metrics: otlp}
"""


@dataclass
class Told:
    """What a scan gave to whom."""

    code: int
    out: str
    err: str
    folder: Path
    slack: Receiver
    hook: Receiver
    collector: Receiver

    @property
    def lines(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in self.err.splitlines()]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    folder = tmp_path_factory.mktemp("told")
    tree = folder / "tree"
    tree.mkdir()
    (tree / "app.py").write_text(f'DB_PASSWORD = "{PLANTED}"\n', encoding="utf-8")
    # What the tree says itself does not count.
    (tree / "secscan.yaml").write_text("version: 1\ntelemetry: {traces: otlp}\n", encoding="utf-8")
    (folder / "secscan.yaml").write_text(SETTINGS, encoding="utf-8")
    with (
        pytest.MonkeyPatch.context() as patch,
        receiving() as slack,
        receiving(Answers(404)) as hook,
        receiving(Answers(200, b"")) as collector,
    ):
        patch.chdir(folder)
        for name in ("GITHUB_EVENT_NAME", *PROPOSALS):
            patch.delenv(name, raising=False)
        patch.setenv("SLACK_URL", f"{slack.address}/{CANARIES['SLACK_URL']}")
        patch.setenv("HOOK_URL", f"{hook.address}/{CANARIES['HOOK_URL']}")
        patch.setenv("SECSCAN_STATE", str(folder / "told"))
        patch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.address)
        patch.setenv("OTEL_EXPORTER_OTLP_HEADERS", f"api-key={CANARIES['HEADERS']}")
        patch.setenv("TRACEPARENT", f"00-{TRACE}-b7ad6b7169203331-01")
        with Captured() as captured:
            code = run(
                [
                    "scan", str(tree), "--config", str(folder / "secscan.yaml"), "--scanner", "secrets",
                    "--policy", "secrets-only", "--log-format", "json", "--output", str(folder), "--format", "jsonl",
                ]
            )  # fmt: skip
        yield Told(code, captured.out, captured.err, folder, slack, hook, collector)
    log.choose("text")
    logging.getLogger("opentelemetry").setLevel(logging.NOTSET)


class Captured:
    """What is written to standard output and standard error."""

    def __enter__(self) -> Captured:
        self._before = sys.stdout, sys.stderr
        sys.stdout = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)
        sys.stderr = io.StringIO()
        return self

    def __exit__(self, *_: object) -> None:
        written, said = sys.stdout, sys.stderr
        sys.stdout, sys.stderr = self._before
        self.out = written.buffer.getvalue().decode()  # type: ignore[attr-defined]
        self.err = said.getvalue()  # type: ignore[attr-defined]


def test_a_service_that_was_missed_changes_no_verdict(told: Told) -> None:
    scan = load(told.folder / "secscan.json")
    assert scan.judgement
    assert (told.code, scan.judgement.verdict) == (1, "failed")
    assert len(told.slack.got) == 1
    assert len(told.hook.got) == 1


def test_every_line_is_json_by_the_published_schema_and_the_verdict_is_the_last(told: Told) -> None:
    validator = jsonschema_rs.Draft202012Validator(schema())
    for line in told.lines:
        validator.validate(line)
        assert {"@timestamp", "log.level", "message", "event.action", "ecs.version", "service.name"} <= set(line)
        assert line["trace.id"] == TRACE
    actions = [line["event.action"] for line in told.lines]
    assert actions[-1] == "verdict"
    last = told.lines[-1]
    assert (last["secscan.verdict"], last["secscan.exit_code"], last["secscan.blocked"]) == ("failed", 1, 1)
    assert {"stage-started", "scanner-planned", "scanner-ended", "report-written", "notified"} <= set(actions)
    by_channel = {line["secscan.channel"]: line["event.outcome"] for line in told.lines if "secscan.channel" in line}
    assert by_channel == {"slack": "success", "webhook": "failure"}


def test_standard_output_is_the_report_alone(told: Told) -> None:
    assert all(json.loads(line)["tool"] == "secscan" for line in told.out.splitlines())


def test_the_collector_gets_the_scan_below_the_build(told: Told) -> None:
    assert [one.path for one in told.collector.got] == ["/v1/traces", "/v1/metrics"]
    request = ExportTraceServiceRequest.FromString(told.collector.got[0].body)
    spans = request.resource_spans[0].scope_spans[0].spans
    assert {one.trace_id.hex() for one in spans} == {TRACE}
    names = {one.name for one in spans}
    assert {"secscan scan", "stage listing files", "stage scanning", "scanner secrets", "stage judging"} <= names


def test_no_secret_in_any_byte(told: Told) -> None:
    said = told.out + told.err
    written = b"".join(
        path.read_bytes() for path in told.folder.rglob("*") if path.is_file() and "tree" not in path.parts
    )
    sent = b"".join(one.body for receiver in (told.slack, told.hook, told.collector) for one in receiver.got)
    for canary in (PLANTED, *CANARIES.values()):
        assert canary not in said
        assert canary.encode() not in written
        assert canary.encode() not in sent
    # Each goes where it belongs, in address or headers, and nowhere else.
    assert CANARIES["HEADERS"] in str(told.collector.got[0].headers)
    assert CANARIES["HEADERS"] not in str([one.headers for one in (*told.slack.got, *told.hook.got)])


def test_the_tree_that_is_scanned_is_asked_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with receiving() as receiver:
        monkeypatch.setenv("SLACK_URL", receiver.address)
        monkeypatch.setenv("HOOK_URL", receiver.address)
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.address)
        (tmp_path / "secscan.yaml").write_text(SETTINGS, encoding="utf-8")
        (tmp_path / "a.py").write_text(f'DB_PASSWORD = "{PLANTED}"\n', encoding="utf-8")
        output = tmp_path / "out"
        code = run(["scan", str(tmp_path), "-s", "secrets", "-p", "secrets-only", "-q", "-o", str(output)])
    assert code == 1
    assert receiver.got == []
    subjects = [one.text.split()[0] for one in load(output / "secscan.json").notices if one.topic == "settings"]
    assert subjects == ["notify", "telemetry"]


@pytest.mark.parametrize(
    ("arguments", "action"),
    [
        (["scan", "/does/not/exist", "--log-format", "json"], "error"),
        (["scan", ".", "--log-format", "json", "--format", "nonsense"], "error"),
    ],
)
def test_an_error_is_a_line_too(arguments: list[str], action: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(arguments) == 2
    told = [json.loads(line) for line in capsys.readouterr().err.splitlines()][-1]
    jsonschema_rs.validate(schema(), told)
    assert told["event.action"] == action
    assert told["error.message"]
    assert told["secscan.hint"]
    log.choose("text")


def test_a_scan_without_these_settings_imports_nothing_of_them(tmp_path: Path) -> None:
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / "a.py").write_text("x = 1\n", encoding="utf-8")
    scan = ["scan", str(tmp_path / "tree"), "-s", "secrets", "-p", "secrets-only", "-q", "-o", str(tmp_path / "out")]
    heavy = ("opentelemetry", "requests", "urllib3", "secscan.http", "secscan.notify", "secscan.telemetry")
    program = (
        "import sys; from secscan.cli.app import run; "
        f"code = run({scan!r}); print([one for one in sys.modules if one.startswith({heavy!r})]); sys.exit(code)"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ended.stdout.splitlines()[-1] == "[]"


def test_texts_in_lines_speak_to_no_platform_and_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    log.choose("json")
    try:
        log.write("info", "notice", "##vso[task.complete result=Succeeded;]\x1b[2J\n::error::x", topic="\u202ex")
    finally:
        log.choose("text")
    (line,) = capsys.readouterr().err.splitlines()
    assert "##vso[" not in line
    assert line.isprintable()
    assert json.loads(line)["secscan.topic"] == "\\u202ex"


def test_without_the_option_no_line_is_written(capsys: pytest.CaptureFixture[str]) -> None:
    log.write("info", "notice", "x")
    assert capsys.readouterr().err == ""


def test_every_field_has_a_name_of_ecs_or_ours() -> None:
    known = {"@timestamp", "message"}
    for name in LogLine.__struct_encode_fields__:
        assert name in known or name.partition(".")[0] in {
            "log", "ecs", "service", "event", "error", "trace", "file", "url", "secscan",
        }  # fmt: skip
