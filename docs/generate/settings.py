"""The settings file, from the module that reads it."""

from __future__ import annotations

import dataclasses
import inspect
import re
from types import ModuleType
from typing import Any

from docs.generate.tables import codes, prose
from secscan import config
from secscan.stores.aws import settings as aws
from secscan.stores.vault import settings as vault


def page() -> str:
    """Return the page."""
    everything: dict[str, Any] = {one.name: ("said",) for one in dataclasses.fields(config.Settings)}
    softening = config.Settings(**everything | {"reports": {"json": ""}}).softening()
    return f"""\
# Settings: {config.FILE_NAME}

A file of this name in the folder that is scanned, or the one that `--config` names. All fields but `version` are
optional. Options of the command line come first. An unknown field, a wrong type or a field that occurs twice is an
error with file, line and field (exit code 2).

```yaml
{_example(config).decode().rstrip()}
```

## In the tree that is scanned

A file that was found in the scanned tree belongs to the one who is judged. So of such a file these fields do **not**
count, and a notice in every report says so: {codes(softening)}. Name the file with `--config` to let them count. Paths
never lead out of the target or the output folder.

## Vault

```yaml
{_example(vault, "    vault:").decode().rstrip()}
```

{prose(_after(vault, "Credentials never"))}

## AWS

```yaml
{_example(aws, "    aws:").decode().rstrip()}
```

Who asks is boto3's own choice: the files in the home directory of the caller, the role of the machine, or the variables
{codes(aws.CREDENTIALS)}.

{prose(_after(aws, "The role needs"))}
"""


def _example(module: ModuleType, start: str = "    version: 1") -> bytes:
    """Return the example in the docstring of the module that reads it: the indented lines from `start` on."""
    found = re.search(rf"^{re.escape(start)}.*\n(?:(?:    .*)?\n)*", _text(module), re.MULTILINE)
    if not found:
        raise ValueError(f"{module.__name__} shows no example")
    # Where the reader of the program is sent to another module, the reader of the page finds it further down.
    return re.sub(r"(,|\s*#) see [a-z]+(?:\.[a-z]+)+", "", inspect.cleandoc(f"\n{found[0]}")).encode()


def _after(module: ModuleType, start: str) -> str:
    return _text(module)[_text(module).index(start) :]


def _text(module: ModuleType) -> str:
    return f"{inspect.cleandoc(module.__doc__ or '')}\n"
