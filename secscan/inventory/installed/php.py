"""Packages of PHP that are installed: `vendor/composer/installed.json`, a list (Composer 1) or an object with one."""

from __future__ import annotations

from secscan.inventory.composer import composer_package
from secscan.inventory.contract import Inventory, Scope, joined, reading
from secscan.inventory.documents import as_table, items, json_lines, read_json, word


@reading
def read_installed_php(path: str, data: bytes) -> Inventory:
    """Read the packages; those that Composer names so are for development only."""
    if data.lstrip().startswith(b"["):
        data = b'{"packages":' + data + b"}"
    text, document = read_json(data)
    if not isinstance(as_table(document).get("packages"), list):
        raise ValueError("it has no packages")  # noqa: TRY004 - the one error that readers turn into a gap
    lines = json_lines(text, depth=2)
    dev = set(map(word, items(document.get("dev-package-names"))))
    parts = []
    for index, entry in enumerate(document["packages"]):
        scope = Scope.DEV if isinstance(entry, dict) and word(entry.get("name")) in dev - {""} else Scope.UNKNOWN
        parts.append(composer_package(path, entry, lines.get(("packages", index), 0), scope))
    return joined(parts)
