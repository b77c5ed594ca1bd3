"""What a collector gets: decoded by the protocol's own definitions, and without any text of what was scanned."""

from __future__ import annotations

import gzip
import logging
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from secscan.findings.scan import Scan
from secscan.progress import Progress, Stage
from secscan.telemetry.otlp import export
from secscan.telemetry.record import Record
from secscan.telemetry.settings import TelemetrySettings
from tests.support.hostile_scans import hostile
from tests.support.receiver import Answers, Receiver, nonsense, receiving, silent
from tests.support.scans import ordinary

BOTH = TelemetrySettings(traces=True, metrics=True)
TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
DONE = Answers(200, b"")


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in list(os.environ):
        if name.startswith(("OTEL_", "TRACE")):
            monkeypatch.delenv(name)
    yield
    logging.getLogger("opentelemetry").setLevel(logging.NOTSET)


def recorded() -> Record:
    made = Record()
    for event in (
        Stage("listing files"),
        Stage("scanning"),
        Progress("bandit", "running", pieces=1),
        Progress("bandit", "running", done=1, pieces=1),
        Progress("bandit", "completed"),
        Progress("pip-audit", "failed", detail="secret/path.txt is broken"),
        Stage("judging"),
    ):
        made.take(event)
    made.end()
    return made


def exported(
    receiver: Receiver,
    monkeypatch: pytest.MonkeyPatch,
    scan: Scan | None,
    settings: TelemetrySettings = BOTH,
    **more: str,
) -> tuple[str, ...]:
    import os

    for name, value in {"OTEL_EXPORTER_OTLP_ENDPOINT": receiver.address, **more}.items():
        monkeypatch.setenv(name, value)
    return export(recorded(), scan, settings, os.environ)


def spans_of(receiver: Receiver) -> list[Any]:
    (got,) = [one for one in receiver.got if one.path == "/v1/traces"]
    assert got.headers["content-type"] == "application/x-protobuf"
    body = gzip.decompress(got.body) if got.headers.get("content-encoding") == "gzip" else got.body
    request = ExportTraceServiceRequest.FromString(body)
    (resources,) = request.resource_spans
    (scope,) = resources.scope_spans
    assert scope.scope.name == "secscan"
    return list(scope.spans)


def metrics_of(receiver: Receiver) -> dict[str, Any]:
    (got,) = [one for one in receiver.got if one.path == "/v1/metrics"]
    request = ExportMetricsServiceRequest.FromString(got.body)
    return {one.name: one for one in request.resource_metrics[0].scope_metrics[0].metrics}


def attributes(of: Any) -> dict[str, Any]:
    return {one.key: getattr(one.value, one.value.WhichOneof("value")) for one in of.attributes}


def resource_of(receiver: Receiver) -> dict[str, Any]:
    request = ExportTraceServiceRequest.FromString(receiver.got[0].body)
    return attributes(request.resource_spans[0].resource)


def test_spans(monkeypatch: pytest.MonkeyPatch) -> None:
    with receiving(DONE) as receiver:
        parent = {"TRACEPARENT": f"00-{TRACE}-{SPAN}-01", "TRACESTATE": "vendor=1"}
        assert exported(receiver, monkeypatch, ordinary(), **parent) == ()
    spans = {one.name: one for one in spans_of(receiver)}
    assert set(spans) == {
        "secscan scan", "stage listing files", "stage scanning", "scanner bandit", "scanner pip-audit", "stage judging",
    }  # fmt: skip
    assert {one.trace_id.hex() for one in spans.values()} == {TRACE}
    whole, scanning = spans["secscan scan"], spans["stage scanning"]
    assert whole.parent_span_id.hex() == SPAN
    assert whole.trace_state == "vendor=1"
    assert scanning.parent_span_id == whole.span_id
    assert spans["scanner bandit"].parent_span_id == scanning.span_id
    assert all(whole.start_time_unix_nano <= one.start_time_unix_nano for one in spans.values())
    assert all(one.start_time_unix_nano <= one.end_time_unix_nano for one in spans.values())
    told = attributes(whole)
    assert told["cicd.pipeline.task.run.result"] == "failure"
    assert told["secscan.verdict"] == "failed"
    assert told["vcs.ref.head.revision"] == "f" * 40
    failed = spans["scanner pip-audit"]
    assert failed.status.code == failed.status.STATUS_CODE_ERROR
    assert attributes(failed)["error.type"] == "scanner_failed"
    assert attributes(spans["scanner bandit"])["secscan.scanner.outcome"] == "completed"
    resource = resource_of(receiver)
    assert resource["service.name"] == "secscan"
    assert resource["telemetry.sdk.name"] == "opentelemetry"


def test_metrics(monkeypatch: pytest.MonkeyPatch) -> None:
    with receiving(DONE) as receiver:
        assert exported(receiver, monkeypatch, ordinary(), TelemetrySettings(metrics=True)) == ()
    assert [one.path for one in receiver.got] == ["/v1/metrics"]
    metrics = metrics_of(receiver)
    verdicts = {attributes(one)["secscan.verdict"]: one.as_int for one in metrics["secscan.verdict"].gauge.data_points}
    assert verdicts == {"passed": 0, "failed": 1, "incomplete": 0}
    found = metrics["secscan.findings"].gauge.data_points
    scan = ordinary()
    assert sum(one.as_int for one in found) == len(scan.findings)
    assert {attributes(one)["secscan.severity"] for one in found} == {one.severity.value for one in scan.findings}
    assert sum(one.as_int for one in metrics["secscan.gaps"].gauge.data_points) == len(scan.gaps)
    (duration,) = metrics["secscan.scan.duration"].histogram.data_points
    assert scan.run
    assert duration.sum == scan.run.seconds
    assert metrics["secscan.scan.duration"].unit == "s"
    done = {
        attributes(one)["secscan.scanner.name"]: one.as_int
        for one in metrics["secscan.scanner.completed"].gauge.data_points
    }
    assert done == {one.scanner: int(one.did_scan) for one in scan.scanners}


def test_no_path_and_no_text_of_a_finding_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    scan = hostile("canary-text")
    tame = msgspec.structs.replace(
        scan,
        target=ordinary().target,
        judgement=scan.judgement and msgspec.structs.replace(scan.judgement, policy="house"),
        scanners=ordinary().scanners,
        run=None,
        gaps=tuple(msgspec.structs.replace(one, scanner="bandit") for one in scan.gaps),
    )
    with receiving(DONE) as receiver:
        assert exported(receiver, monkeypatch, tame) == ()
    sent = b"".join(one.body for one in receiver.got)
    assert sent
    assert b"canary" not in sent
    assert b"secret/path" not in sent


def test_the_standard_variables_count(monkeypatch: pytest.MonkeyPatch) -> None:
    with receiving(DONE) as receiver:
        more = {
            "OTEL_SERVICE_NAME": "gate",
            "OTEL_RESOURCE_ATTRIBUTES": "deployment.environment.name=ci",
            "OTEL_EXPORTER_OTLP_HEADERS": "api-key=t0ken",
            "OTEL_METRICS_EXPORTER": "none",
        }
        assert exported(receiver, monkeypatch, ordinary(), **more) == ()
        assert [one.path for one in receiver.got] == ["/v1/traces"]
        assert resource_of(receiver)["service.name"] == "gate"
        assert resource_of(receiver)["deployment.environment.name"] == "ci"
        assert receiver.got[0].headers["api-key"] == "t0ken"
        receiver.got.clear()
        assert exported(receiver, monkeypatch, ordinary(), OTEL_EXPORTER_OTLP_COMPRESSION="gzip") == ()
        assert len(spans_of(receiver)) == 6
        receiver.got.clear()
        assert exported(receiver, monkeypatch, ordinary(), OTEL_TRACES_SAMPLER="always_off") == ()
        assert exported(receiver, monkeypatch, ordinary(), OTEL_SDK_DISABLED="true") == ()
        assert receiver.got == []


def test_a_scan_that_an_error_ended_is_a_span_with_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    with receiving(DONE) as receiver:
        assert exported(receiver, monkeypatch, None, TRACEPARENT="nonsense") == ()
    assert [one.path for one in receiver.got] == ["/v1/traces"]
    (whole,) = [one for one in spans_of(receiver) if one.name == "secscan scan"]
    assert whole.parent_span_id == b""
    assert whole.status.code == whole.status.STATUS_CODE_ERROR


@pytest.mark.parametrize(
    "answer",
    [
        Answers(401, b"t0ken is wrong"),
        Answers(503, headers={"Retry-After": "1"}),
        Answers(302, headers={"Location": "https://evil.invalid/t0ken"}),
        Answers(broken=silent),
        Answers(broken=nonsense),
    ],
)
def test_what_goes_wrong_is_said_in_time_and_without_what_was_sent(
    answer: Answers, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    with receiving(answer) as receiver:
        more = {"OTEL_EXPORTER_OTLP_HEADERS": "api-key=t0ken", "OTEL_EXPORTER_OTLP_TIMEOUT": "1"}
        problems = exported(receiver, monkeypatch, ordinary(), **more)
    assert [one.partition(":")[0] for one in problems] == ["traces could not be sent", "metrics could not be sent"]
    said = "".join(problems) + "".join(capfd.readouterr())
    assert "t0ken" not in said
    assert receiver.address not in said


def test_nobody_listens(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    with receiving(DONE) as receiver:
        pass
    assert exported(receiver, monkeypatch, ordinary()) == (
        "traces could not be sent: ConnectionError",
        "metrics could not be sent: ConnectionError",
    )
    assert "".join(capfd.readouterr()) == ""


def test_tls_by_the_ca_that_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with receiving(DONE, pem=tmp_path / "ca.pem") as receiver:
        assert "SSLError" in exported(receiver, monkeypatch, ordinary())[0]
        assert receiver.got == []
        more = {"OTEL_EXPORTER_OTLP_CERTIFICATE": str(tmp_path / "ca.pem")}
        assert exported(receiver, monkeypatch, ordinary(), **more) == ()
    assert len(receiver.got) == 2
