"""Every mount of a store has a control of its own: one that is not compared makes the run one that did not scan."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from secscan.secrets.secret import Secret
from secscan.stores.contract import Held, Missed, Place, StoreError
from secscan.stores.liveness import Seen, Text, crawl
from secscan.stores.matching import ValueIndex

VALUES = {"kv": "c0pper-Lantern.42", "team/kv": "v1olin-Harbor.77"}


class Shelf:
    """A store of two mounts, each with one value."""

    name = "Shelf"
    parts = tuple(VALUES)

    def __init__(self, values: dict[str, str]) -> None:
        self._values = values

    def read(self) -> Iterator[Held | Missed]:
        for mount, value in self._values.items():
            yield Held(Place(path=f"{mount}/app", field="password"), Secret(value))

    def close(self) -> None:
        pass


def control_of(values: dict[str, str]) -> bool:
    seen = Seen()
    list(crawl(Shelf(values), [Text("a", "a", "x = 1\n")], seen))
    return seen.control


def test_each_mount_is_found() -> None:
    assert control_of(VALUES)


@pytest.mark.parametrize("lost", VALUES)
def test_a_mount_whose_values_get_lost_is_noticed(monkeypatch: pytest.MonkeyPatch, lost: str) -> None:
    add = ValueIndex.add

    def forgetful(index: ValueIndex, held: Held) -> None:
        if not held.place.path.startswith(f"{lost}/"):
            add(index, held)

    monkeypatch.setattr(ValueIndex, "add", forgetful)
    assert not control_of(VALUES)


def test_a_mount_of_ordinary_values_needs_none_and_a_store_of_them_has_none() -> None:
    assert control_of({**VALUES, "kv": "true"})
    with pytest.raises(StoreError):
        control_of({"kv": "true"})
