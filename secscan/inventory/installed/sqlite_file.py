"""Reads one table of an SQLite database, from bytes, without SQLite.

The engine would run whatever a hostile schema says (views, generated columns, triggers), needs a second copy of the
file in memory, and gives nothing of a database of which one page is damaged. Reading the rows of a table takes a
fraction of the format: https://www.sqlite.org/fileformat2.html. Every page is read at most once, so the time is
linear in the size of the file, however its pages point at each other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

Value = memoryview | int | None
"""Of a column: texts and blobs are bytes. Numbers with a fraction are not read."""

_MAGIC = b"SQLite format 3\0"
_HEADER = 100
_LEAF, _INTERIOR = 0x0D, 0x05
_SIZES = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8, 7: 8}
"""Bytes of a number by its serial type."""
_FRACTION = 7
_FIRST_BLOB = 12
_DEEPEST = 60
"""Levels of a tree; real ones have five."""
_MOST_COLUMNS = 100
_LARGEST = 16_000_000
"""Bytes of a row: the only thing that is copied."""


def rows(data: bytes, table: str, broken: Callable[[str], None]) -> Iterator[list[Value]]:
    """Yield the columns of each row of a table, as they are stored. `broken` is told of each part that is damaged.

    Raises `ValueError` where the file is no database, or has no such table.
    """
    database = _Database(data, broken)
    for row in database.rows_below(1):
        if len(row) < 4:
            raise ValueError("it has no schema")
        kind, name, _, root = row[:4]
        if _is(kind, "table") and _is(name, table) and isinstance(root, int) and root > 1:
            yield from database.rows_below(root)
            return
    raise ValueError(f"it has no table {table!r}")


def _is(value: Value, text: str) -> bool:
    return isinstance(value, memoryview) and value.tobytes() == text.encode()


class _Database:
    def __init__(self, data: bytes, broken: Callable[[str], None]) -> None:
        if len(data) < _HEADER or not data.startswith(_MAGIC):
            raise ValueError("it is no SQLite database")
        size = int.from_bytes(data[16:18], "big")
        self._size = 65536 if size == 1 else size
        self._usable = self._size - data[20]
        if self._size < 512 or self._size & (self._size - 1) or self._usable < 480:
            raise ValueError("its pages have a size that cannot be")
        self._data = memoryview(data)
        self._broken = broken
        self._seen: set[int] = set()
        self._left = len(data)
        """Bytes that rows may still have: cells can lie in each other, and would multiply the work."""

    def rows_below(self, root: int) -> Iterator[list[Value]]:
        """Yield the rows of the table whose tree has this page at its root."""
        todo = [(root, 0)]
        while todo:
            number, depth = todo.pop()
            try:
                page, cells, below = self._opened(number)
            except ValueError as error:
                self._broken(str(error))
                continue
            if depth >= _DEEPEST:
                raise ValueError("its tree is too deep")
            todo += [(one, depth + 1) for one in reversed(below)]
            for cell in cells:
                if self._left < 0:
                    raise ValueError("its rows are larger than the file")
                try:
                    yield _columns(self._payload(page, cell))
                except ValueError as error:
                    self._broken(f"page {number}: {error}")

    def _opened(self, number: int) -> tuple[memoryview, list[int], list[int]]:
        """Return a page of a tree, where its rows begin, and the pages below it."""
        page = self._page(number)
        start = _HEADER if number == 1 else 0
        if page[start] == _LEAF:
            return page, self._cells(page, start, 8), []
        if page[start] != _INTERIOR:
            raise ValueError(f"page {number} is not of a table")
        below = [_number(page, cell, 4) for cell in self._cells(page, start, 12)]
        return page, [], [*below, _number(page, start + 8, 4)]

    def _page(self, number: int) -> memoryview:
        if number in self._seen:
            raise ValueError(f"page {number} is used twice")
        self._seen.add(number)
        page = self._data[(number - 1) * self._size : number * self._size] if number > 0 else self._data[:0]
        if len(page) < self._size:
            raise ValueError(f"page {number} is not there")
        return page

    def _cells(self, page: memoryview, start: int, header: int) -> list[int]:
        first, count = start + header, _number(page, start + 3, 2)
        # Each cell has at least two bytes of its own, beside the two that point at it.
        if first + 4 * count > self._size:
            raise ValueError("a page has more cells than fit into it")
        return [_number(page, first + 2 * index, 2) for index in range(count)]

    def _payload(self, page: memoryview, cell: int) -> memoryview:
        """Return the record of a cell; what does not fit into a page goes on in others."""
        length, at = _varint(page, cell)
        _, at = _varint(page, at)  # the row's number
        most = self._usable - 35
        here = length
        if length > most:
            least = (self._usable - 12) * 32 // 255 - 23
            here = least + (length - least) % (self._usable - 4)
            here = here if here <= most else least
        self._left -= min(length, len(self._data))
        if length > _LARGEST or at + here > self._usable:
            raise ValueError("a row is longer than its page, or than what is read")
        if here == length:
            return page[at : at + here]
        parts, rest, following = [page[at : at + here]], length - here, _number(page, at + here, 4)
        while rest > 0:
            overflow = self._page(following)
            following = _number(overflow, 0, 4)
            parts.append(overflow[4 : min(self._usable, 4 + rest)])
            rest -= len(parts[-1])
        return memoryview(b"".join(parts))


def _columns(record: memoryview) -> list[Value]:
    """Return the values of a record: a header of types, and behind it what they are types of."""
    end, at = _varint(record, 0)
    if end > len(record) or end > 9 * _MOST_COLUMNS:
        raise ValueError("a row ends before its columns, or has too many")
    values: list[Value] = []
    start = end
    while at < end:
        kind, at = _varint(record, at)
        size = (kind - _FIRST_BLOB) // 2 if kind >= _FIRST_BLOB else _SIZES.get(kind, 0)
        if start + size > len(record):
            raise ValueError("a column ends behind its row")
        content = record[start : start + size]
        start += size
        if kind >= _FIRST_BLOB:
            values.append(content)
        elif kind in _SIZES and kind != _FRACTION:
            values.append(int.from_bytes(content, "big", signed=True))
        else:
            values.append({8: 0, 9: 1}.get(kind))
    return values


def _varint(data: memoryview, at: int) -> tuple[int, int]:
    """Return a number of up to nine bytes, and where it ends."""
    value = 0
    for index, byte in enumerate(data[at : at + 9]):
        if index == 8:
            return value << 8 | byte, at + 9
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, at + index + 1
    raise ValueError("a number does not end")


def _number(data: memoryview, at: int, size: int) -> int:
    if at + size > len(data):
        raise ValueError("a page ends too soon")
    return int.from_bytes(data[at : at + size], "big")
