"""Paths of Vault's API, checked before they are asked: a name that walks to another endpoint is never sent."""

from __future__ import annotations

from urllib.parse import quote, unquote

from secscan.stores.contract import StoreError

_SPECIAL = frozenset("%?#\\")
_LONGEST = 4_000


def problem_with(path: str) -> str:
    """Return why a path (below `/v1/`, without a slash at either end) cannot be asked safely, or nothing.

    Vault and what stands before it collapse `//` and follow `..`; `?`, `#` and `%` end or hide a part of the path.
    """
    if not path or len(path) > _LONGEST:
        return "it is empty or too long"
    if any(part in {"", ".", ".."} for part in path.split("/")):
        return "it has an empty, `.` or `..` part"
    if not path.isprintable():
        return "it has characters that cannot be seen"
    odd = next((char for char in path if char in _SPECIAL), "")
    return f"it has the character {odd}" if odd else ""


def quoted(path: str) -> str:
    """Return a path as it stands in a request. Raises `StoreError` for one that is not safe to ask."""
    if problem := problem_with(path):
        raise StoreError(f"a path of Vault is not asked for: {problem}", hint="check where the path comes from")
    return quote(path, safe="/:@!$&'()*+,;=~", errors="surrogatepass")


def below_v1(url: str) -> str:
    """Return the path of one of hvac's own URLs, `/v1/some/path`, with nothing encoded."""
    return unquote(url).removeprefix("/").removeprefix("v1/").removesuffix("/")
