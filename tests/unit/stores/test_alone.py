"""Whether a value is the only one in its lines."""

from __future__ import annotations

import pytest

from secscan.stores.alone import is_alone

VALUE = "c0pper-Lantern.41"


@pytest.mark.parametrize(
    ("text", "alone"),
    [
        (f"OLD_PASSWORD = '{VALUE}'", True),
        (f'connect(password="{VALUE}")', True),
        (f'{{"password": "{VALUE}"}}', True),
        (f"DB_PASSWORD={VALUE}", True),
        (f"password: {VALUE}  # of staging", True),
        (f"before = 'another'\nOLD_PASSWORD = '{VALUE}'\nafter = 'another'", True),
        (f'url = "amqp://app:{VALUE}@mq.internal/"', True),
        (f"connect(password='sunflower', extra='{VALUE}')", False),
        (f"connect('db', password='{VALUE}')", False),
        (f"A=secret B={VALUE}", False),
        (f"A=secret B='{VALUE}'", False),
        (f"connect(password='{VALUE}', pin=1234)", False),
        (f'{{"token": "x", "password": "{VALUE}"}}', False),
        (f"p = '{VALUE}'; q = 'sunflower'", False),
        (f"p = '{VALUE}'" + " " * 5000, False),
    ],
)
def test_what_else_stands_in_its_lines(text: str, alone: bool) -> None:
    start = text.index(VALUE)
    assert is_alone(text, start, start + len(VALUE)) is alone
