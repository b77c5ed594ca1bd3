"""What a program says of the modules it was built from, read while it streams by.

Programs are large, so nothing is kept but the few bytes that matter, and only searches of C run over the rest. None of
the tables of a program's format is followed: they can lie at its end, and can say anything.
"""

from __future__ import annotations

from secscan.findings.levels import GapKind
from secscan.inventory.contract import Inventory, gap, joined
from secscan.inventory.installed.go_program import GoProgram
from secscan.inventory.installed.rust_program import RustProgram

HEAD_BYTES = 8
"""How much of a file `is_executable` needs."""
_ELF = b"\x7fELF"
_PE = b"MZ"
_MACH_O = tuple(bytes.fromhex(one) for one in ("feedface", "feedfacf", "cefaedfe", "cffaedfe"))
_FAT = (bytes.fromhex("cafebabe"), bytes.fromhex("cafebabf"))
"""Several programs in one, for machines of several kinds. Java's classes begin so, too, and go on with their version,
which is 45 or more."""
_MOST_IN_ONE = 44
_PACKED = b"UPX!"
_PACKED_WITHIN = 1024


def is_executable(head: bytes) -> bool:
    """Whether a file is a program or a library of one, by its first bytes (`HEAD_BYTES`)."""
    if head.startswith(_FAT):
        return 0 < int.from_bytes(head[4:8], "big") <= _MOST_IN_ONE
    return head.startswith((_ELF, _PE, *_MACH_O))


class Executable:
    """Reads one program: feed it all of it in turn, then ask what was found."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._head = b""
        self._watching = (GoProgram(path), RustProgram(path))

    def feed(self, chunk: bytes) -> None:
        """Take the next part of the program."""
        if len(self._head) < _PACKED_WITHIN:
            self._head = (self._head + chunk)[:_PACKED_WITHIN]
        for one in self._watching:
            one.feed(chunk)

    def finish(self) -> Inventory:
        """Return what the whole program says. What it says twice, for machines of two kinds, counts once."""
        whole = joined(one.finish() for one in self._watching)
        if _PACKED in self._head and not whole.packages:
            why = "it is packed (UPX), so that nothing shows what it was built from"
            packed = gap(GapKind.UNREADABLE, self._path, why, remedy="use the program as it was before it was packed")
            whole = Inventory(gaps=(*whole.gaps, packed))
        packages, gaps = dict.fromkeys(whole.packages), dict.fromkeys(whole.gaps)
        return Inventory(packages=tuple(packages), gaps=tuple(gaps))
