"""What metadata says of a licence, as an SPDX expression where it means one thing; as it stands where it does not.

Expressions: https://spdx.github.io/spdx-spec/v2.3/SPDX-license-expressions/. `packaging.licenses` (PEP 639) knows
the identifiers. Nothing is guessed: `BSD` is several licences, and stays `BSD`.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable
from typing import Any

from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

LONGEST = 200
"""A longer text is the licence itself, and no name of it."""

_NAMES = {
    "apache 2.0": "Apache-2.0",
    "apache-2": "Apache-2.0",
    "apache2": "Apache-2.0",
    "apache 2": "Apache-2.0",
    "apache license 2.0": "Apache-2.0",
    "apache license, version 2.0": "Apache-2.0",
    "apache license version 2.0": "Apache-2.0",
    "the apache license, version 2.0": "Apache-2.0",
    "the apache software license, version 2.0": "Apache-2.0",
    "apache software license 2.0": "Apache-2.0",
    "mit license": "MIT",
    "the mit license": "MIT",
    "the mit license (mit)": "MIT",
    "mit license (mit)": "MIT",
    "isc license": "ISC",
    "isc license (iscl)": "ISC",
    "bsd 3-clause": "BSD-3-Clause",
    "3-clause bsd": "BSD-3-Clause",
    "bsd 3-clause license": "BSD-3-Clause",
    "3-clause bsd license": "BSD-3-Clause",
    'bsd 3-clause "new" or "revised" license': "BSD-3-Clause",
    "new bsd license": "BSD-3-Clause",
    "bsd 2-clause": "BSD-2-Clause",
    "bsd 2-clause license": "BSD-2-Clause",
    "simplified bsd license": "BSD-2-Clause",
    "mpl 2.0": "MPL-2.0",
    "mozilla public license 2.0": "MPL-2.0",
    "mozilla public license 2.0 (mpl 2.0)": "MPL-2.0",
    "mozilla public license, version 2.0": "MPL-2.0",
    "the unlicense": "Unlicense",
    "the unlicense (unlicense)": "Unlicense",
    "psf-2.0": "PSF-2.0",
    "gnu general public license v2 (gplv2)": "GPL-2.0-only",
    "gnu general public license v2 or later (gplv2+)": "GPL-2.0-or-later",
    "gnu general public license v3 (gplv3)": "GPL-3.0-only",
    "gnu general public license v3 or later (gplv3+)": "GPL-3.0-or-later",
    "gnu lesser general public license v2 (lgplv2)": "LGPL-2.0-only",
    "gnu lesser general public license v2 or later (lgplv2+)": "LGPL-2.0-or-later",
    "gnu lesser general public license v3 (lgplv3)": "LGPL-3.0-only",
    "gnu lesser general public license v3 or later (lgplv3+)": "LGPL-3.0-or-later",
    "gnu affero general public license v3": "AGPL-3.0-only",
    "gnu affero general public license v3 or later (agplv3+)": "AGPL-3.0-or-later",
    "eclipse public license 2.0 (epl-2.0)": "EPL-2.0",
    "eclipse public license v2.0": "EPL-2.0",
    "eclipse public license v1.0": "EPL-1.0",
}
"""Names that packages use, in small letters, where each means one licence. Most are PyPI's classifiers and Maven's."""


def licence_of(value: Any) -> str:
    """Return what a member such as `license` says: a text, a table with a name, or a list to choose from."""
    if isinstance(value, dict):
        value = value.get("type") or value.get("name") or value.get("id")
    if isinstance(value, list):
        return any_of(licence_of(one) for one in value[:20])
    return normal_licence(value) if isinstance(value, str) else ""


def any_of(licences: Iterable[str]) -> str:
    """Return the expression for a choice among licences."""
    found = list(dict.fromkeys(one for one in licences if one))
    if len(found) < 2:
        return "".join(found)
    return " OR ".join(f"({one})" if " AND " in one else one for one in found)


@functools.lru_cache(maxsize=4096)
def normal_licence(text: str) -> str:
    """Return a licence as an SPDX expression where it means one; else the text, shortened to one line."""
    name = re.sub(r"\s+", " ", text[: LONGEST * 2]).strip()
    if name.lower() in ("", "unknown", "unlicensed", "noassertion", "none", "other/proprietary license"):
        return "" if name.lower() in ("", "unknown", "noassertion") else name
    known = _NAMES.get(name.lower().removeprefix("license :: osi approved :: "))
    if known:
        return known
    if len(name) > LONGEST:
        return ""
    try:
        return str(canonicalize_license_expression(name.replace("/", " OR ") if _CHOICE.fullmatch(name) else name))
    except (InvalidLicenseExpression, RecursionError):
        return name


_CHOICE = re.compile(r"[\w.+-]+(?:/[\w.+-]+)+")
"""How crates wrote a choice before they took SPDX: `MIT/Apache-2.0`."""


def is_expression(licence: str) -> bool:
    """Whether a licence, as `normal_licence` returns it, is an SPDX expression."""
    try:
        return canonicalize_license_expression(licence) == licence
    except (InvalidLicenseExpression, RecursionError):
        return False
