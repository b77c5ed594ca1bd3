"""What a person can see: neither control, bidirectional and format characters nor letters and marks without a shape."""

from __future__ import annotations

import re

_SHAPELESS = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0e\uffa0\U000e0100-\U000e01ef]"
)
"""Printable by their category, and yet nothing to see: Unicode's Default_Ignorable_Code_Point and the blank of Braille.
Only U+FE0F is left out, which stands behind many an emoji."""


def is_visible(text: str) -> bool:
    """Whether nothing in the text is invisible, but for blanks."""
    return text.isprintable() and (text.isascii() or not _SHAPELESS.search(text))
