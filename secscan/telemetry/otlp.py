"""Sends a record as spans, and a judged scan as metrics, by OTLP over HTTP.

The SDK reads the standard variables (OTEL_EXPORTER_OTLP_ENDPOINT, _HEADERS, _CERTIFICATE, OTEL_RESOURCE_ATTRIBUTES,
OTEL_TRACES_SAMPLER, OTEL_SDK_DISABLED ...). Names of attributes are those of the semantic conventions where there are
any (https://opentelemetry.io/docs/specs/semconv/registry/attributes/cicd/). No path and no text of a finding is sent.
It comes with the extra `secscan[otel]` and is imported where the settings ask for it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from secscan import __version__
from secscan.errors import SecscanError
from secscan.telemetry.metrics import record_metrics
from secscan.telemetry.record import Record
from secscan.telemetry.settings import TelemetrySettings

if TYPE_CHECKING:
    from opentelemetry.sdk.resources import Resource

    from secscan.findings.scan import Scan

_SECONDS = 5.0
"""Most time for one export, tries included, unless OTEL_EXPORTER_OTLP_TIMEOUT says otherwise."""
_RESULTS = {"passed": "success", "failed": "failure", "incomplete": "error"}
"""Verdict -> `cicd.pipeline.task.run.result`."""


def export(
    record: Record, scan: Scan | None, settings: TelemetrySettings, environment: Mapping[str, str]
) -> tuple[str, ...]:
    """Send what the settings name; return what could not be sent. `scan` is None where an error ended it.

    Raises `SecscanError` where OpenTelemetry is not installed.
    """
    if environment.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return ()
    try:
        from opentelemetry.exporter.otlp.proto.http import Compression  # noqa: F401 - that it is there
        from opentelemetry.sdk.resources import OTELResourceDetector, Resource
    except ImportError:
        raise SecscanError(
            "OpenTelemetry is not installed", hint="install it with: pip install 'secscan[otel]'"
        ) from None
    logging.getLogger("opentelemetry").setLevel(logging.CRITICAL + 1)  # it logs what collectors answer
    ours = {"service.name": "secscan", "service.version": __version__}
    resource = Resource.create(ours).merge(OTELResourceDetector().detect())
    problems = []
    for signal, wanted, sent in (
        ("traces", settings.traces, lambda: _send_traces(record, scan, resource, environment)),
        ("metrics", settings.metrics and scan is not None, lambda: _send_metrics(scan, resource, environment)),
    ):
        if wanted and environment.get(f"OTEL_{signal.upper()}_EXPORTER", "").strip() != "none":
            problem = _tried(sent)
            problems += [f"{signal} could not be sent: {problem}"] if problem else []
    return tuple(problems)


def _tried(send: Callable[[], bool]) -> str:
    """Why it was not sent; empty where it was. Texts of errors hold addresses, so that only their names are told."""
    try:
        return "" if send() else "the collector refused it, or was not ready in time"
    except (OSError, ValueError) as error:  # what `requests` raises is an OSError
        return type(error).__name__


def _send_traces(record: Record, scan: Scan | None, resource: Resource, environment: Mapping[str, str]) -> bool:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExportResult
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    made = InMemorySpanExporter()
    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(made))
    _make_spans(record, scan, provider, environment)
    spans = made.get_finished_spans()
    exporter = OTLPSpanExporter(session=_session(), timeout=_timeout(environment, "TRACES"))
    try:
        return not spans or exporter.export(spans) is SpanExportResult.SUCCESS
    finally:
        exporter.shutdown()  # type: ignore[no-untyped-call]


def _make_spans(record: Record, scan: Scan | None, provider: Any, environment: Mapping[str, str]) -> None:
    """One span for the scan, below what TRACEPARENT names, and one for each stage and scanner."""
    from opentelemetry.trace import Status, StatusCode, set_span_in_context
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    carrier = {name.lower(): environment[name] for name in ("TRACEPARENT", "TRACESTATE") if environment.get(name)}
    tracer = provider.get_tracer("secscan", __version__)
    whole = tracer.start_span(
        "secscan scan",
        context=TraceContextTextMapPropagator().extract(carrier),
        start_time=record.started,
        attributes=_of_scan(scan),
    )
    if scan is None:
        whole.set_status(Status(StatusCode.ERROR))
    spans: list[Any] = []
    for step in record.steps:
        parent = spans[step.parent] if step.parent >= 0 else whole
        names: dict[str, str | int | bool] = {
            f"secscan.{step.kind}.name": step.name,
            "cicd.pipeline.task.name": step.name,
        }
        if step.beside:
            names["secscan.stage.beside"] = True
        if step.kind == "scanner":
            names |= {"secscan.scanner.outcome": step.outcome or "unknown", "secscan.scanner.pieces": step.pieces}
        span = tracer.start_span(
            f"{step.kind} {step.name}",
            context=set_span_in_context(parent),
            start_time=step.started,
            attributes=names,
        )
        if step.outcome == "failed":
            span.set_status(Status(StatusCode.ERROR))
            span.set_attribute("error.type", f"{step.kind}_failed")
        spans.append(span)
    for step, span in zip(record.steps, spans, strict=True):
        span.end(end_time=step.ended)
    whole.end(end_time=record.ended)


def _of_scan(scan: Scan | None) -> dict[str, str | int]:
    """The attributes of the whole: what was scanned, and what came of it, in names and numbers."""
    if scan is None or scan.judgement is None:
        return {"cicd.pipeline.task.run.result": "error", "error.type": "scan_failed"}
    verdict = scan.judgement.verdict
    told: dict[str, str | int] = {
        "cicd.pipeline.task.run.result": _RESULTS[verdict],
        "cicd.pipeline.run.url.full": scan.run.ci if scan.run else "",
        "vcs.ref.head.revision": scan.target.revision,
        "vcs.repository.url.full": scan.target.repository,
        "secscan.target.kind": scan.target.kind,
        "secscan.policy.name": scan.judgement.policy,
        "secscan.verdict": verdict.value,
        "secscan.findings": len(scan.findings),
        "secscan.gaps": len(scan.gaps),
        "secscan.files": scan.target.files,
    }
    return {name: value for name, value in told.items() if value != ""}


def _send_metrics(scan: Scan | None, resource: Resource, environment: Mapping[str, str]) -> bool:
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.metrics.export import InMemoryMetricReader, MetricExportResult

    reader = InMemoryMetricReader()
    provider = MeterProvider(metric_readers=[reader], resource=resource, shutdown_on_exit=False)
    if scan is not None:
        record_metrics(scan, provider.get_meter("secscan", __version__))
    data = reader.get_metrics_data()
    exporter = OTLPMetricExporter(session=_session(), timeout=_timeout(environment, "METRICS"))
    try:
        return data is None or exporter.export(data) is MetricExportResult.SUCCESS
    finally:
        exporter.shutdown()


def _session() -> Any:
    """What the SDK sends with, but for redirects: they would take the headers, which may hold a token, elsewhere."""
    import requests

    session = requests.Session()
    session.max_redirects = 0
    return session


def _timeout(environment: Mapping[str, str], signal: str) -> float | None:
    names = ("OTEL_EXPORTER_OTLP_TIMEOUT", f"OTEL_EXPORTER_OTLP_{signal}_TIMEOUT")
    return None if any(environment.get(name) for name in names) else _SECONDS
