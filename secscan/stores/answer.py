"""What crosses between the child process that asks a store and the scanner that started it. No value is in it."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from secscan.findings.levels import Confidence, SecretState, Severity
from secscan.stores.aws.settings import AwsSettings
from secscan.stores.vault.settings import VaultSettings


class Task(StrEnum):
    """What the child is to do."""

    LOOK = "look"
    """Say of the secrets in files what the store knows of them."""
    INDEX = "index"
    """Make an index of what the store holds."""


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked; given on standard input, since it holds what logs in."""

    task: Task = Task.LOOK
    settings: VaultSettings
    aws: AwsSettings | None = None
    """Ask AWS in place of Vault."""
    environment: dict[str, str]
    """The variables that log in."""
    files: dict[str, str]
    """Absolute path -> path text."""
    show_paths: bool
    key: str
    """The organisation's key, for ids of secrets, and of paths where those are not shown; empty where there is none."""
    values_key: str = ""
    """Key of this scan, under which equal values are recognised."""


class Where(msgspec.Struct, frozen=True, kw_only=True):
    """A place in the store, as it may be shown."""

    path: str
    field: str
    version: str
    since: str
    """When the version was made."""
    replaced: str
    """When the next version was made."""


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """A value that stands in a file, and what the store says of it."""

    place: str
    """The file, by its absolute path."""
    start_line: int
    start_column: int
    end_line: int
    end_column: int
    form: str
    state: SecretState | None
    """None: it was not compared, see `why`."""
    where: list[Where]
    """The places that decide, first the one to look at; at most a few."""
    places: int
    """How many there are."""
    why: str
    rule: str
    """Of the detector; empty for a value that no pattern noticed."""
    title: str
    preview: str
    severity: Severity
    confidence: Confidence
    revoke: str
    secret_id: str
    same: str
    line_end: int
    """The column behind the last of its lines, where it is the only value in them; else 0."""


class TooMuch(msgspec.Struct, frozen=True, kw_only=True):
    """A right of the token that secscan does not need."""

    path: str
    """Of Vault's API; empty where the token as a whole is meant."""
    capability: str


class Lost(msgspec.Struct, frozen=True, kw_only=True):
    """A file, or a part of the store, that was not looked at."""

    subject: str
    kind: str
    detail: str
    file: bool


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """The whole answer."""

    told: list[Told]
    lost: list[Lost]
    looked_at: list[str]
    excess: list[TooMuch]
    facts: list[str]
    """What a reader of the report should know: what was read, what was left out."""
    control: bool
    complete: bool


class Indexed(msgspec.Struct, frozen=True, kw_only=True, tag="indexed"):
    """An index was made."""

    index: str
    """The file's content."""
    entries: int
    values: int
    missed: int
    weak: int
    paths: dict[str, str]
    """Id -> path."""


class Refusal(msgspec.Struct, frozen=True, kw_only=True, tag="refusal"):
    """The store could not be asked."""

    error: str
    hint: str
