"""A saved scan that contradicts itself about who looked at what is not believed."""

import msgspec
import pytest

from secscan.errors import SavedScanError
from secscan.findings.coverage import Coverage, Sort
from secscan.findings.scan import FileState, Scan, dumps, loads
from tests.unit.findings.test_scan import scan


def covered(*ways: int, rows: tuple[Coverage, ...]) -> Scan:
    files = tuple(FileState(path=f"{number}.py", digest="0", way=way) for number, way in enumerate(ways))
    return msgspec.structs.replace(scan(), files=files, coverage=rows)


MANY = Coverage(of=Sort.FILES, kind="python", count=2, looked_at=("bandit",))
ONE = Coverage(of=Sort.FILES, kind="go", count=1)
PACKAGES = Coverage(of=Sort.PACKAGES, kind="PyPI", count=1, looked_at=("osv",))


@pytest.mark.parametrize(
    ("ways", "rows"),
    [
        ((0, 0, 1), (MANY, ONE)),
        ((0, 0), (MANY, PACKAGES)),
        ((), (PACKAGES,)),
        ((0, 0), ()),  # an earlier version of secscan, which did not tell
    ],
)
def test_what_agrees_is_read_again(ways: tuple[int, ...], rows: tuple[Coverage, ...]) -> None:
    whole = covered(*ways, rows=rows)
    assert loads(dumps(whole)) == whole


@pytest.mark.parametrize(
    ("ways", "rows"),
    [
        ((0, 1), (MANY, ONE)),
        ((0, 0, 2), (MANY, ONE)),
        ((0, 0, -1), (MANY, ONE)),
        ((0, 0, 1), (MANY, PACKAGES)),
        ((0, 0, 0), (MANY,)),
    ],
)
def test_what_does_not_is_refused(ways: tuple[int, ...], rows: tuple[Coverage, ...]) -> None:
    with pytest.raises(SavedScanError, match="looked at in a way"):
        loads(dumps(covered(*ways, rows=rows)))
