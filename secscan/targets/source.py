"""Source text as findings need it: lines, positions, statements with their masked structure, comments.

Positions are lines and columns from 1, columns in Unicode code points; lines end as Python's do (`\\n`, `\\r\\n`, or
a bare `\\r`; a form feed, U+2028 and the like end none). Tools count otherwise, measured with
non-ASCII text before the finding: bandit's columns are UTF-8 bytes on Python's lines; semgrep's columns and
offsets are UTF-8 bytes too, and its lines end at `\\n` only. `locate` translates both.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right
from dataclasses import dataclass, replace

from secscan.byte_order import byte_order_mark
from secscan.findings.model import Region
from secscan.targets.languages import is_dockerfile
from secscan.targets.source_dockerfile import cut
from secscan.targets.source_masking import LONGEST_LINE, mask_python, mask_text
from secscan.targets.source_statements import Statements, packed, split, unpacked

_NEWLINE = re.compile(r"\r\n|\r|\n")
_CHUNK = 1024
"""Code points between two known byte offsets."""


@dataclass(frozen=True, slots=True)
class Statement:
    """The smallest simple statement around a position; of a compound one the header."""

    region: Region
    masked: str
    """Its structure with every literal masked; see `targets.source_masking`."""
    symbol: str
    """Qualified name of the function or class it stands in (or defines), such as `Shop.login`."""
    header: bool = False


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment, from its mark to the end of the line."""

    line: int
    column: int
    text: str
    alone: bool
    """Whether nothing but blanks stands before it on the line."""


class SourceText:
    """Text with lines and positions."""

    marked_as_a_whole = True
    """Whether a comment anywhere in a statement speaks of all of it; else it speaks of its line."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._starts = array("q", [0])
        self._starts.extend(found.end() for found in _NEWLINE.finditer(text))
        self._last_line = (0, "")
        self._bytes: array[int] | None = None
        self._lf_starts: array[int] | None = None

    @property
    def line_count(self) -> int:
        """How many lines there are; the text after the last line's end counts as one."""
        return len(self._starts)

    def line(self, number: int) -> str:
        """Return a line without its end; empty for a line that is not there."""
        if not 1 <= number <= len(self._starts):
            return ""
        if self._last_line[0] != number:  # thousands of findings may stand on one line of megabytes
            start, end = self._span(number)
            self._last_line = (number, self.text[start:end].rstrip("\r\n"))
        return self._last_line[1]

    def offset(self, line: int, column: int) -> int:
        """Return the offset in code points of a position, drawn into the text where it is outside."""
        if line > len(self._starts):
            return len(self.text)
        start, end = self._span(max(line, 1))
        return min(start + max(column, 1) - 1, end)

    def position(self, offset: int) -> tuple[int, int]:
        """Return (line, column) of an offset in code points."""
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1

    def locate(self, line: int, byte_column: int, *, lf_lines: bool = False) -> tuple[int, int]:
        """Return (line, column) of a position whose column counts UTF-8 bytes from 1; `lf_lines`: whose lines
        end at `\\n` only. A column of 0 ("the whole line") stays 0."""
        starts = self._lf() if lf_lines else self._starts
        if not 1 <= line <= len(starts):
            return line, byte_column
        start = starts[line - 1]
        if byte_column <= 0:
            return self.position(start)[0], 0
        if self.text.isascii():
            return self.position(min(start + byte_column - 1, len(self.text)))
        return self.position(self._from_bytes(self._to_bytes(start) + byte_column - 1))

    def statement_at(self, line: int, column: int = 0, *, hidden: Region | None = None) -> Statement:
        """Return the smallest simple statement around a position; a column of 0 means the whole line.

        `hidden` is a stretch that holds a secret, in text whose literals we cannot tell: masked as a whole.
        """
        raise NotImplementedError

    def comments(self, first: int, last: int) -> tuple[Comment, ...]:
        """Return the comments that begin on the lines `first` to `last`."""
        raise NotImplementedError

    def _span(self, line: int) -> tuple[int, int]:
        return self._starts[line - 1], self._starts[line] if line < len(self._starts) else len(self.text)

    def _region(self, start: int, end: int) -> Region:
        first, last = self.position(start), self.position(end)
        return Region(start_line=first[0], start_column=first[1], end_line=last[0], end_column=last[1])

    def _whole_line(self, number: int) -> Region:
        width = len(self.line(number))
        return Region(start_line=number, start_column=1, end_line=number, end_column=width + 1)

    def _lf(self) -> array[int]:
        if self._lf_starts is None:
            self._lf_starts = array("q", [0])
            self._lf_starts.extend(found.end() for found in re.finditer("\n", self.text))
        return self._lf_starts

    def _byte_marks(self) -> array[int]:
        if self._bytes is None:
            self._bytes = array("q", [0])
            total = 0
            for at in range(0, len(self.text), _CHUNK):
                total += len(_utf8(self.text[at : at + _CHUNK]))
                self._bytes.append(total)
        return self._bytes

    def _to_bytes(self, offset: int) -> int:
        chunk = offset // _CHUNK
        return self._byte_marks()[chunk] + len(_utf8(self.text[chunk * _CHUNK : offset]))

    def _from_bytes(self, offset: int) -> int:
        if self.text.isascii():
            return max(0, min(offset, len(self.text)))
        marks = self._byte_marks()
        chunk = bisect_right(marks, max(0, offset), hi=len(marks) - 1) - 1
        part = _utf8(self.text[chunk * _CHUNK : (chunk + 1) * _CHUNK])[: max(0, offset - marks[chunk])]
        return chunk * _CHUNK + len(part.decode("utf-8", errors="ignore"))


class PythonSource(SourceText):
    """Python source; see `targets.source_statements`."""

    def __init__(self, text: str, statements: bytes = b"") -> None:
        """`statements`: what `statements` told of this very text before; empty where that is not known."""
        super().__init__(text)
        self._statements = unpacked(statements, text) if statements else None
        self._known: dict[int, Statement] = {}

    def statements(self) -> bytes:
        """Return where its statements stand, in the form in which it can be told again."""
        return packed(self._found())

    def statement_at(self, line: int, column: int = 0, *, hidden: Region | None = None) -> Statement:
        """See `SourceText.statement_at`. A comment belongs to the statement that ends on its line; where
        there is none, the line stands for itself, with an empty structure."""
        del hidden  # secrets stand in literals and comments, of which nothing is left
        found = self._found()
        line = max(1, min(line, self.line_count))
        offset = self.offset(line, column or 1)
        start, end = self._span(line)
        index = found.before(offset)
        if index >= 0 and found.ends[index] > (offset if column else start):
            return self._statement(index)
        after = index + 1
        if after < len(found.starts) and found.starts[after] < end:
            return self._statement(index if column and index >= 0 and found.starts[index] >= start else after)
        if index >= 0 and found.ends[index] > start:
            return self._statement(index)
        inside = index >= 0 and self.text[start : start + 1] in (" ", "\t", "\f")
        return Statement(self._whole_line(line), "", found.symbol(index) if inside else "")

    def comments(self, first: int, last: int) -> tuple[Comment, ...]:
        """See `SourceText.comments`."""
        found = self._found()
        low = bisect_right(found.comment_starts, self.offset(first, 1) - 1)
        high = bisect_right(found.comment_starts, self.offset(last + 1, 1) - 1)
        return tuple(self._comment(found.comment_starts[at], found.comment_ends[at]) for at in range(low, high))

    def _comment(self, start: int, end: int) -> Comment:
        line, column = self.position(start)
        alone = not self.text[self._starts[line - 1] : start].strip()
        return Comment(line, column, self.text[start:end], alone)

    def _found(self) -> Statements:
        if self._statements is None:
            self._statements = split(self.text)
        return self._statements

    def _statement(self, index: int) -> Statement:
        known = self._known.get(index)
        if known is None:
            found = self._found()
            start, end = found.starts[index], found.ends[index]
            known = self._known[index] = Statement(
                region=self._region(start, end),
                masked=mask_python(self.text, start, end),
                symbol=found.symbol(index),
                header=self.text[end - 1] == ":",
            )
        return known


_COMMENT_MARK = re.compile(r"#|//|--|/\*|<!--|;")


class TextSource(SourceText):
    """A file in a language we do not know: the line is the statement."""

    def statement_at(self, line: int, column: int = 0, *, hidden: Region | None = None) -> Statement:
        """See `SourceText.statement_at`; the column makes no difference."""
        del column
        line = max(1, min(line, self.line_count))
        text = self.line(line)[:LONGEST_LINE]
        if hidden is not None:
            start = max(hidden.start_column - 1, 0) if hidden.start_line == line else 0
            end = hidden.end_column - 1 if hidden.end_column > 0 and hidden.last_line == line else len(text)
            text = f'{text[:start]}""{text[max(start, end) :]}'
        return Statement(self._whole_line(line), mask_text(text), "")

    def comments(self, first: int, last: int) -> tuple[Comment, ...]:
        """Return what stands behind the first mark on each line that opens a comment in some language."""
        result = []
        for number in range(max(first, 1), min(last, self.line_count) + 1):
            line = self.line(number)
            mark = _COMMENT_MARK.search(line)
            if mark:
                result.append(Comment(number, mark.start() + 1, line[mark.start() :], not line[: mark.start()].strip()))
        return tuple(result)


class DockerfileSource(TextSource):
    """A Dockerfile: the instruction is the statement, over however many lines it goes. Its structure is still that of
    the one line: what a command of a long RUN is must not change with the commands beside it."""

    marked_as_a_whole = False

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._cut: list[tuple[int, int]] | None = None

    def statement_at(self, line: int, column: int = 0, *, hidden: Region | None = None) -> Statement:
        """See `SourceText.statement_at`."""
        statement = super().statement_at(line, column, hidden=hidden)
        found = self._instructions()
        start, end = self._span(statement.region.start_line)
        at = bisect_right(found, (end - 1, len(self.text) + 1)) - 1
        if at < 0 or found[at][1] <= start:
            return statement
        return replace(statement, region=self._region(*found[at]))

    def _instructions(self) -> list[tuple[int, int]]:
        if self._cut is None:
            self._cut = [(one.start, one.end) for one in cut(self.text).instructions]
        return self._cut


_COOKIE = re.compile(rb"\A(?:[ \t\f]*(?:#[^\r\n]*)?(?:\r\n|\r|\n))?[ \t\f]*#[^\r\n]*?coding[:=][ \t]*([-\w.]{1,40})")
_DECLARABLE = re.compile(
    r"(?:ascii|latin-?1|iso-?8859-?\d{1,2}|cp\d{3,4}|windows-?\d{4}|koi8-?[ru]|gbk|gb2312|gb18030|big5|shift-?jis"
    r"|euc-?(?:jp|kr)|mac-?roman)\Z"
)
"""Encodings a file may declare for itself. Python knows others that cost more than linear time to decode."""


def open_source(path: str, language: str, data: bytes, *, statements: bytes = b"") -> SourceText:
    """Return the text of a file with what its language (see `targets.languages`) lets us know of it.

    `statements`: see `PythonSource`. Never raises: bytes that do not fit the encoding become U+FFFD.
    """
    if language == "python" or path.endswith((".py", ".pyw", ".pyi")):
        return PythonSource(decode(data), statements)
    if language == "dockerfile" or is_dockerfile(path):
        return DockerfileSource(decode(data))
    return TextSource(decode(data))


def decode(data: bytes) -> str:
    """Return the text of a file, by its byte order mark, its coding declaration (PEP 263), else UTF-8."""
    mark, encoding = byte_order_mark(data)
    if mark:
        return data[len(mark) :].decode(encoding, errors="replace")
    cookie = _COOKIE.match(data)
    if cookie:
        name = cookie.group(1).decode("ascii", errors="replace").lower().replace("_", "-")
        if _DECLARABLE.match(name):
            try:
                return data.decode(name, errors="replace")
            except LookupError:
                pass  # a number no code page has
    return data.decode("utf-8", errors="replace")


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", errors="surrogatepass")
