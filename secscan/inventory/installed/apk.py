"""Alpine's apk: `lib/apk/db/installed`. Format: https://wiki.alpinelinux.org/wiki/Apk_spec#APKINDEX_Format."""

from __future__ import annotations

from secscan.inventory.contract import Inventory, reading
from secscan.inventory.installed.found import Found
from secscan.inventory.installed.paragraphs import fields, paragraphs
from secscan.inventory.licences import normal_licence

ALPINE = "Alpine"
_FIELDS = fields("P", "V", "A", "L", "o")


@reading
def read_apk(path: str, data: bytes) -> Inventory:
    """Read the installed packages. A package of another name than its origin was built from that."""
    found = Found(path, ALPINE)
    for line, values in paragraphs(data, _FIELDS):
        version, origin = values.get("v", ""), values.get("o", "")
        found.add(
            values.get("p", ""),
            version,
            line,
            licence=normal_licence(values.get("l", "")),
            source=(origin, version) if origin else ("", ""),
            architecture=values.get("a", ""),
        )
    return found.inventory()
