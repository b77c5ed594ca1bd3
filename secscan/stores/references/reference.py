"""What a reference is, and the parts that every style of writing one has in common.

The files are hostile: every pattern here and beside repeats only what is bounded or possessive, so that looking costs a
fixed number of steps for each character.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

import msgspec

from secscan.findings.model import Region

NO_ENTRIES = ("sys/", "auth/", "identity/", "cubbyhole/")
"""Begins the paths of what Vault has beside secrets for others."""

LONGEST = 300
"""Characters of a path; a longer one is nobody's."""

# What stands for a part that is known when the code runs: ${x}, ${{ x }}, $(x), {{ x }}, {x}, %(x)s, %s, <x>, $x
_STANDS_FOR = (
    r"\$\{\{?[^{}\n]{0,100}+\}?\}|\$\([^()\n]{0,100}+\)|\{\{[^{}\n]{0,100}+\}\}|\{[^{}\n]{0,100}+\}"
    r"|%\(\w{1,40}+\)s|<[^<>\s/#:]{1,60}+>"
)
_VARIABLE = re.compile(rf"{_STANDS_FOR}|%[sdvq](?![\w-])|\$[A-Za-z_]\w{{0,60}}+|\{{\{{|\$\{{")
_PLACEHOLDER = re.compile(r"[A-Z_]{1,40}+(?:/[A-Z_]{1,40}+){0,20}+")

PATH = rf"(?:{_STANDS_FOR}|[\w./@%+~$:=\\-]){{1,{LONGEST}}}+"
"""A path as it stands unquoted, with what stands for its parts."""
WORD = rf"(?:{_STANDS_FOR}|[^\s\"'`,;|&()<>{{}}\\#]){{1,{LONGEST}}}+"
"""An argument of a command."""


class Form(StrEnum):
    """How a path is written, where an entry lies in KV 2."""

    ENTRY = "entry"
    """Mount and entry, as `vault kv` takes them."""
    API = "api"
    """As Vault's API has it, with `data/` behind the mount; whoever reads it adds nothing."""
    EITHER = "either"
    """Whoever reads it adds `data/` where it is not there."""


class Reference(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One place that asks for something in Vault."""

    style: str
    """How it is written, in words for a person: `vault kv get`, `External Secrets` ..."""
    region: Region
    path: str
    """As it is written, without slashes around it; the mount is its first part, or stands in `mount`."""
    mount: str = ""
    key: str = ""
    """Empty where the whole entry is asked for."""
    version: str = ""
    """The version that is asked for; empty for the current one."""
    namespace: str = ""
    form: Form = Form.ENTRY
    unknown: str = ""
    """What stands for a part of the path that is known only when the code runs; empty where all is known."""
    optional: bool = False
    """Whether nothing breaks where it leads nowhere."""
    base: str = ""
    """The declaration that completes it, such as a SecretStore; see `link`."""

    @property
    def whole(self) -> str:
        """Mount and path as they are written."""
        return f"{self.mount}/{self.path}" if self.mount else self.path


class Declared(msgspec.Struct, frozen=True, kw_only=True):
    """Something that references name to be completed: a SecretStore, a data source of Terraform."""

    base: str
    mount: str = ""
    path: str = ""
    version: str = ""
    namespace: str = ""
    form: Form = Form.EITHER
    unknown: str = ""
    """See `Reference`."""
    elsewhere: bool = False
    """Whether it is about another store than Vault."""


@dataclass(frozen=True)
class Text:
    """The text of one file."""

    path: str
    content: str

    @property
    def folder(self) -> str:
        """The folder that the file lies in."""
        return self.path.rpartition("/")[0]

    def region(self, start: int, end: int) -> Region:
        """Where a stretch stands, in lines and columns from 1; the end column is the one behind it."""
        first, last = bisect_right(self._lines, start), bisect_right(self._lines, max(end - 1, start))
        return Region(
            start_line=first,
            start_column=start - self._lines[first - 1] + 1,
            end_line=last,
            end_column=end - self._lines[last - 1] + 1,
        )

    @cached_property
    def _lines(self) -> list[int]:
        return [0, *(found.end() for found in re.finditer("\n", self.content))]


def unknown_part(text: str) -> str:
    """Return what stands for a part that is known only when the code runs; empty where nothing does."""
    if _PLACEHOLDER.fullmatch(text):
        return text
    found = _VARIABLE.search(text)
    return found.group() if found else ""


def as_glob(text: str) -> str:
    """Return a path as a glob: `*` where something stands for a part."""
    return re.sub(r"\*{2,}", "*", _VARIABLE.sub("*", text))


def made(
    text: Text,
    start: int,
    end: int,
    *,
    style: str,
    path: str,
    mount: str = "",
    key: str = "",
    version: str = "",
    namespace: str = "",
    form: Form = Form.ENTRY,
    unknown: str = "",
    optional: bool = False,
    base: str = "",
) -> Reference:
    """Return the reference that stands from `start` to `end`. `unknown`, where the path is no literal at all."""
    path, mount = path.strip().strip("/"), mount.strip().strip("/")
    return Reference(
        style=style,
        region=text.region(start, end),
        path=path,
        mount=mount,
        key="" if key in {"*", "**"} else key,
        version=version,
        namespace=namespace.strip("/"),
        form=form,
        unknown=unknown or unknown_part(path) or unknown_part(mount),
        optional=optional,
        base=base,
    )
