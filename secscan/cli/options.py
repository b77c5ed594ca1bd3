"""Options that several commands have in common."""

from __future__ import annotations

from typing import Annotated

import typer

from secscan.cli.terminal import choose_colour

LOOK = "What to look at"
WITH = "With what"
JUDGE = "How to judge"
OUTPUT = "Reports and output"
LIMITS = "Limits"

Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print the verdict only.", rich_help_panel=OUTPUT)]

Verbose = Annotated[
    bool,
    typer.Option(
        "--verbose",
        "-v",
        help="Say on standard error what each scanner was, took and left out.",
        rich_help_panel=OUTPUT,
    ),
]

Colour = Annotated[
    str,
    typer.Option(
        "--color",
        metavar="auto|always|never",
        help="Whether to colour; auto: on a terminal, unless NO_COLOR is set.",
        callback=choose_colour,
        rich_help_panel=OUTPUT,
    ),
]
