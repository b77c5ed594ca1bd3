"""A secret value that cannot slip out: not printed, logged, formatted, pickled, copied or iterated."""

from __future__ import annotations

import hmac
from typing import Final, NoReturn, final

from secscan.secrets.patterns import provider_prefix


@final
class Secret:
    """One secret value and what kind of secret it is.

    `reveal()` is the one way to the value, by a name that a reviewer can search for. Two secrets compare in
    constant time. There is no hash: a set or a dictionary of secrets would give variable-time look-ups, and
    the hash of a guessable value is the value.
    """

    __slots__ = ("_kind", "_value")
    _kind: Final[str]  # type: ignore[misc]
    _value: Final[str]  # type: ignore[misc]

    def __init__(self, value: str, kind: str = "secret") -> None:
        object.__setattr__(self, "_value", value)
        object.__setattr__(self, "_kind", kind)

    @property
    def kind(self) -> str:
        """What kind of secret it is, such as `password`."""
        return self._kind

    @property
    def length(self) -> int:
        """Number of characters."""
        return len(self._value)

    def reveal(self) -> str:
        """Return the value itself. Every caller has to say why it needs it."""
        return self._value

    def preview(self) -> str:
        """Return what may be shown: kind, length, and at most the prefix that a provider gives to all its tokens."""
        prefix = provider_prefix(self._value)
        begins = f", begins with {prefix}" if prefix else ""
        return f"{self._kind}, {len(self._value)} characters{begins}"

    def __repr__(self) -> str:
        return f"<secret:{self._kind} len={len(self._value)}>"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return repr(self)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(
            self._value.encode("utf-8", errors="surrogatepass"), other._value.encode("utf-8", errors="surrogatepass")
        )

    __hash__ = None  # type: ignore[assignment]
    __iter__ = None

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError("a secret does not change")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError("a secret does not change")

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a secret is not pickled or copied")

    def __copy__(self) -> NoReturn:
        raise TypeError("a secret is not pickled or copied")

    def __deepcopy__(self, memo: object) -> NoReturn:
        raise TypeError("a secret is not pickled or copied")

    def __init_subclass__(cls) -> NoReturn:
        raise TypeError("Secret has no subclasses")
