"""One page for each command and each group of commands, from the very tree that the command line is parsed by."""

from __future__ import annotations

import inspect
from typing import Any

import typer.main

from docs.generate.tables import code, codes, prose, table
from secscan.cli.app import build

_NO_DEFAULT: tuple[Any, ...] = (None, "", False, (), [])


def pages() -> dict[str, str]:
    """Return the page of each command or group by its name, and `index`, which lists them."""
    top = typer.main.get_command(build())
    found = {name: _group(name, one) if hasattr(one, "commands") else _command(name, one) for name, one in inside(top)}
    rows = [(f"[`secscan {name}`]({name}.md)", prose(_first_sentence(one.help or ""))) for name, one in inside(top)]
    tree = "\n".join(sorted(found))
    index = f"""\
# Commands

{prose(top.help or "")}

{table(("command", "what it does"), rows)}

{prose(top.epilog or "")} More in [exit codes](../exit-codes.md). Every command takes `-h` and `--help`;
`secscan --version` says the version.

```{{toctree}}
:hidden:

{tree}
```
"""
    return {**found, "index": index}


def inside(group: Any) -> list[tuple[str, Any]]:
    """Return the commands of a group by name, in the order in which help shows them."""
    context = group.make_context(group.name or "secscan", [], resilient_parsing=True)
    return [(name, group.get_command(context, name)) for name in group.list_commands(context)]


def _group(name: str, group: Any) -> str:
    parts = [f"# secscan {name}", prose(group.help)]
    for inner, command in inside(group):
        parts += [f"## secscan {name} {inner}", _body(f"{name} {inner}", command)]
    return "\n\n".join(parts)


def _command(name: str, command: Any) -> str:
    return f"# secscan {name}\n\n{_body(name, command)}"


def _body(name: str, command: Any) -> str:
    arguments = [one for one in command.params if one.param_type_name == "argument"]
    options = [
        one for one in command.params if one.param_type_name == "option" and one.name != "help" and not one.hidden
    ]
    usage = " ".join(["secscan", name, *(["[OPTIONS]"] if options else []), *map(_word, arguments)])
    parts = [f"```text\n{usage}\n```", *(prose(part) for part in inspect.cleandoc(command.help or "").split("\n\n"))]
    if arguments:
        rows = [(code(_word(one)), _about(one)) for one in arguments]
        parts.append(table(("argument", "what"), rows))
    if options:
        parts.append(
            table(("option", "value", "what"), [(codes(_flags(one)), _value(one), _about(one)) for one in options])
        )
    return "\n\n".join(parts)


def _word(argument: Any) -> str:
    word = (argument.metavar or argument.name).strip("{}[]")
    several = "..." if argument.nargs == -1 and not word.endswith("...") else ""
    return f"{word}{several}" if argument.required else f"[{word}{several}]"


def _flags(option: Any) -> list[str]:
    return sorted([*option.opts, *option.secondary_opts], key=len, reverse=True)


def _value(option: Any) -> str:
    if getattr(option, "is_flag", False):
        return ""
    words = {"str": "text", "int": "number", "int range": "number", "float": "number", "float range": "number"}
    return code(option.metavar or words.get(option.type.name, option.type.name))


def _about(one: Any) -> str:
    parts = [prose(one.help or "")]
    if getattr(one, "envvar", None):
        parts.append(f"Also by the variable `{one.envvar}`.")
    shown = one.show_default if isinstance(getattr(one, "show_default", None), str) else None
    if one.required and one.param_type_name == "option":
        parts.append("Required.")
    elif shown:
        parts.append(f"Default: {prose(shown)}.")
    elif not callable(one.default) and one.default not in _NO_DEFAULT:
        parts.append(f"Default: `{one.default}`.")
    return " ".join(parts)


def _first_sentence(text: str) -> str:
    sentence, dot, _ = " ".join(text.split()).partition(". ")
    return sentence + "." if dot else sentence
