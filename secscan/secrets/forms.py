"""The forms in which a known secret turns up in texts: as it is, escaped, encoded, hashed."""

from __future__ import annotations

import base64
import hashlib
import html
import json
from collections.abc import Iterator
from urllib.parse import quote, quote_plus

_SKIP = (0, 2, 3)
"""Characters at the start of a base64 text that depend on the 0, 1 or 2 bytes before the secret."""


def forms(value: str) -> frozenset[str]:
    """Return the value and every encoding of it that tools and formats produce.

    Hashes without a key are among them: of a guessable secret they are as good as the secret.
    """
    return frozenset((value, *_escaped(value), *_encoded(value.encode("utf-8", errors="surrogatepass"))))


def _escaped(value: str) -> Iterator[str]:
    yield json.dumps(value)[1:-1]
    yield json.dumps(value, ensure_ascii=False)[1:-1]
    yield json.dumps(json.dumps(value)[1:-1])[1:-1]
    yield json.dumps(value)[1:-1].replace("/", "\\/")
    yield json.dumps(value)[1:-1].replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    yield repr(value)[1:-1]
    yield repr(value + "'")[1:-2]  # with the other quote outside
    yield value.replace("\\", "\\\\").replace("'", "\\'")
    yield value.encode("unicode_escape").decode("ascii")
    data = value.encode("utf-8", errors="surrogatepass")
    yield repr(data)[2:-1]
    yield quote(data, safe="")
    yield quote(data, safe="/")
    yield quote_plus(data)
    yield quote(data, safe="").replace("%", "%25")
    escaped = html.escape(value)
    yield escaped
    yield html.escape(value, quote=False)
    yield escaped.replace("&#x27;", "&#39;")
    yield escaped.replace("&#x27;", "&#39;").replace("&quot;", "&#34;")
    yield escaped.replace("&#x27;", "&apos;")


def _encoded(data: bytes) -> Iterator[str]:
    yield data.hex()
    yield data.hex().upper()
    for before in range(3):
        text = base64.b64encode(b"\0" * before + data).decode("ascii")
        text = text[_SKIP[before] : (before + len(data)) * 8 // 6]
        yield text
        yield text.replace("+", "-").replace("/", "_")
    for name in ("md5", "sha1", "sha256"):
        yield hashlib.new(name, data, usedforsecurity=False).hexdigest()
