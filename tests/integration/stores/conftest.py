"""One real server for the tests of a module."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count

import pytest

from tests.support.vault import VaultServer, running


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VaultServer]:
    with running(tmp_path_factory.mktemp("bao")) as started:
        yield started


@pytest.fixture(scope="module")
def _numbers() -> Iterator[int]:
    return count()


@pytest.fixture
def mount(server: VaultServer, _numbers: Iterator[int]) -> Callable[[int], str]:
    """Make a KV mount of a version, and return its path."""

    def make(version: int = 2) -> str:
        path = f"team-{next(_numbers)}/kv"
        server.client().sys.enable_secrets_engine("kv", path=path, options={"version": str(version)})
        return path

    return make
