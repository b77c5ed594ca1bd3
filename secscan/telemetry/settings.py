"""The section `telemetry` of secscan.yaml: what is sent. Where to, say the standard variables OTEL_*.

telemetry:
  traces: otlp        # or off, which it is without this line
  metrics: otlp
"""

from __future__ import annotations

from dataclasses import dataclass

from secscan.yamlfile import Fields, Node


@dataclass(frozen=True, slots=True)
class TelemetrySettings:
    """What is sent by OTLP."""

    traces: bool = False
    metrics: bool = False


def parse(node: Node) -> TelemetrySettings:
    """Read the section. Raises the error of the file that it stands in."""
    top = Fields(node, known=("traces", "metrics"))
    traces, metrics = (top.optional(name) for name in ("traces", "metrics"))
    return TelemetrySettings(traces=_is_on(traces), metrics=_is_on(metrics))


def _is_on(node: Node | None) -> bool:
    if node is None or node.value is False:  # `off` is a text in YAML 1.2, but who writes `false` means the same
        return False
    return node.one_of(("otlp", "off")) == "otlp"
