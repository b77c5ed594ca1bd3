"""Google's own CEL (cel-expr-python) as the judge of ours: the same fields, as a typed protobuf message."""

from __future__ import annotations

from typing import Any

from cel_expr_python import cel
from google.protobuf import descriptor_pb2, descriptor_pool, duration_pb2, message_factory, timestamp_pb2, wrappers_pb2

from secscan.findings.model import Finding
from secscan.policy.cel.fields import FIELDS
from secscan.policy.cel.types import Type
from secscan.policy.facts import Facts

MAY_BE_MISSING = frozenset({"line", "direct", "cvss", "epss", "known_exploited", "new"})
"""Wrapped, so that CEL knows of a value that is not there."""

_FIELD = descriptor_pb2.FieldDescriptorProto
_PLAIN = {
    "bool": _FIELD.TYPE_BOOL,
    "int": _FIELD.TYPE_INT64,
    "double": _FIELD.TYPE_DOUBLE,
    "string": _FIELD.TYPE_STRING,
}
_WRAPPED = {"bool": "BoolValue", "int": "Int64Value", "double": "DoubleValue"}
_TIMES = {"timestamp": "Timestamp", "duration": "Duration"}


class Oracle:
    """Compiles and evaluates with Google's implementation."""

    def __init__(self) -> None:
        pool = descriptor_pool.DescriptorPool()
        for module in (wrappers_pb2, timestamp_pb2, duration_pb2):
            pool.AddSerializedFile(module.DESCRIPTOR.serialized_pb)
        pool.Add(_file())
        self._message = message_factory.GetMessageClass(pool.FindMessageTypeByName("secscan.Finding"))
        self._env = cel.NewEnv(
            descriptor_pool=pool, variables={"finding": cel.Type("secscan.Finding"), "now": cel.Type.TIMESTAMP}
        )

    def compile(self, text: str) -> Any | None:
        """The compiled condition; None for one that CEL refuses or that is no condition."""
        try:
            compiled = self._env.compile(text)
        except Exception:  # noqa: BLE001 - the library raises RuntimeError and others
            return None
        return compiled if compiled.return_type() == cel.Type.BOOL else None

    def evaluate(self, compiled: Any, finding: Finding, facts: Facts) -> bool | None:
        """Its answer; None where CEL ends in an error, or with a value that is not there (null)."""
        result = compiled.eval(data={"finding": self._as_message(finding, facts), "now": facts.at})
        value = None if result.type() == cel.Type.ERROR else result.value()
        return None if value is None else bool(value)

    def _as_message(self, finding: Finding, facts: Facts) -> Any:
        message = self._message()
        for name, field in FIELDS.items():
            value = field.get(finding, facts)
            if value is None:
                continue
            member = name
            if field.type.name == "list":
                getattr(message, member).extend(value)
            elif name in MAY_BE_MISSING:
                getattr(message, member).value = value
            elif field.type.name in _TIMES:
                getattr(message, member).FromMicroseconds(value)
            else:
                setattr(message, member, str(value) if isinstance(value, str) else value)
        return message


def _file() -> descriptor_pb2.FileDescriptorProto:
    file = descriptor_pb2.FileDescriptorProto(name="secscan.proto", package="secscan", syntax="proto3")
    file.dependency.extend(f"google/protobuf/{name}.proto" for name in ("wrappers", "timestamp", "duration"))
    message = file.message_type.add(name="Finding")
    for number, (name, field) in enumerate(FIELDS.items(), start=1):
        _add(message, name, number, field.type)
    return file


def _add(message: descriptor_pb2.DescriptorProto, name: str, number: int, kind: Type) -> None:
    added = message.field.add(name=name, number=number, label=_FIELD.LABEL_OPTIONAL)
    if kind.name == "list" and kind.item is not None:
        added.label = _FIELD.LABEL_REPEATED
        added.type = _PLAIN[kind.item.name]
    elif name in MAY_BE_MISSING:
        added.type, added.type_name = _FIELD.TYPE_MESSAGE, f".google.protobuf.{_WRAPPED[kind.name]}"
    elif kind.name in _TIMES:
        added.type, added.type_name = _FIELD.TYPE_MESSAGE, f".google.protobuf.{_TIMES[kind.name]}"
    else:
        added.type = _PLAIN.get(kind.name, _FIELD.TYPE_STRING)
        if kind.name == "bool":
            # `has` of a plain bool that is false is false in proto3; ours is never missing.
            added.proto3_optional = True
            added.oneof_index = len(message.oneof_decl)
            message.oneof_decl.add(name=f"_{name}")
