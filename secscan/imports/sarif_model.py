"""The part of SARIF 2.1.0 that is read. Format: https://docs.oasis-open.org/sarif/sarif/v2.1.0/"""

from __future__ import annotations

from typing import Any

import msgspec


class Camel(msgspec.Struct, rename="camel", frozen=True):
    """Base: members as SARIF spells them; others are passed over."""


class Message(Camel, frozen=True):
    """A message, or the form of one."""

    text: str = ""
    id: str = ""
    arguments: list[str] = []


class ArtifactLocation(Camel, frozen=True):
    """Where a file is."""

    uri: str = ""
    uri_base_id: str = ""
    index: int = -1


class Region(Camel, frozen=True):
    """A stretch of text."""

    start_line: int = 0
    start_column: int = 0
    end_line: int = 0
    end_column: int = 0


class PhysicalLocation(Camel, frozen=True):
    """A place in a file."""

    artifact_location: ArtifactLocation = ArtifactLocation()
    region: Region = Region()


class LogicalLocation(Camel, frozen=True):
    """A place by name."""

    fully_qualified_name: str = ""
    name: str = ""


class Location(Camel, frozen=True):
    """A place."""

    physical_location: PhysicalLocation = PhysicalLocation()
    logical_locations: list[LogicalLocation] = []
    message: Message = Message()


class FlowLocation(Camel, frozen=True):
    """A step."""

    location: Location = Location()


class ThreadFlow(Camel, frozen=True):
    """Steps of one thread."""

    locations: list[FlowLocation] = []


class CodeFlow(Camel, frozen=True):
    """Steps that lead to a result."""

    thread_flows: list[ThreadFlow] = []


class Fix(Camel, frozen=True):
    """A change that is proposed. What it would change is not read: only its words are."""

    description: Message = Message()


class Suppression(Camel, frozen=True):
    """What hid a result."""

    kind: str = ""
    status: str = "accepted"
    justification: str = ""


class ComponentReference(Camel, frozen=True):
    """Which component of a tool."""

    name: str = ""
    index: int = -1


class Reference(Camel, frozen=True):
    """Which rule, or entry of a taxonomy."""

    id: str = ""
    index: int = -1
    tool_component: ComponentReference = ComponentReference()


class Relationship(Camel, frozen=True):
    """What a rule is related to."""

    target: Reference = Reference()


class Configuration(Camel, frozen=True):
    """How a rule is set."""

    level: str = ""


class Rule(Camel, frozen=True):
    """A rule, or a kind of notification."""

    id: str = ""
    name: str = ""
    short_description: Message = Message()
    full_description: Message = Message()
    help: Message = Message()
    help_uri: str = ""
    default_configuration: Configuration = Configuration()
    message_strings: dict[str, Message] = {}
    relationships: list[Relationship] = []
    properties: dict[str, Any] = {}


class Component(Camel, frozen=True):
    """A tool, or a part of one."""

    name: str = ""
    version: str = ""
    semantic_version: str = ""
    rules: list[Rule] = []


class Tool(Camel, frozen=True):
    """A tool with its parts."""

    driver: Component
    extensions: list[Component] = []


class Result(Camel, frozen=True):
    """A result."""

    rule_id: str = ""
    rule_index: int = -1
    rule: Reference = Reference()
    kind: str = "fail"
    level: str = ""
    baseline_state: str = ""
    message: Message = Message()
    locations: list[Location] = []
    related_locations: list[Location] = []
    code_flows: list[CodeFlow] = []
    fixes: list[Fix] = []
    suppressions: list[Suppression] = []
    taxa: list[Reference] = []
    properties: dict[str, Any] = {}


class Notification(Camel, frozen=True):
    """Something that a tool says of its run."""

    level: str = "warning"
    message: Message = Message()
    locations: list[Location] = []
    descriptor: Reference = Reference()
    properties: dict[str, Any] = {}


class Invocation(Camel, frozen=True):
    """How a tool ended."""

    execution_successful: bool = True
    exit_code_description: str = ""
    working_directory: ArtifactLocation = ArtifactLocation()
    tool_execution_notifications: list[Notification] = []
    tool_configuration_notifications: list[Notification] = []


class Artifact(Camel, frozen=True):
    """A file."""

    location: ArtifactLocation = ArtifactLocation()


class Run(Camel, frozen=True):
    """One run of one tool."""

    tool: Tool
    results: list[Result] | None = None
    invocations: list[Invocation] = []
    artifacts: list[Artifact] = []
    original_uri_base_ids: dict[str, ArtifactLocation] = {}
    column_kind: str = "utf16CodeUnits"


class Log(Camel, frozen=True):
    """A whole document."""

    version: str
    runs: list[Run]
