"""What is taken for the id of a commit."""

from __future__ import annotations

import pytest

from secscan.commit_id import is_commit_id


@pytest.mark.parametrize("text", ["0123456789abcdef0123456789abcdef01234567", "f" * 64])
def test_whole_ids(text):
    assert is_commit_id(text)


@pytest.mark.parametrize(
    "text",
    ["", "main", "a" * 7, "a" * 39, "a" * 41, "a" * 63, "a" * 65, "A" * 40, "g" * 40, "a" * 40 + "\n", "٣" * 40],
)
def test_what_is_no_whole_id(text):
    assert not is_commit_id(text)
