"""A server of GitHub's REST API for the comments of an issue: pages, authors, tokens, and what it refuses.

https://docs.github.com/en/rest/issues/comments?apiVersion=2022-11-28
"""

from __future__ import annotations

import contextlib
import json
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

_LIST = re.compile(r"/repos/house/shop/issues/7/comments")
_ONE = re.compile(r"/repos/house/shop/issues/comments/(\d+)")
_LONGEST = 65_536
"""Characters of a comment."""


@dataclass
class Api:
    """The state of the server."""

    token: str = "t0k"
    login: str = "github-actions[bot]"
    """Who writes with that token."""
    comments: list[dict[str, Any]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    status: int = 0
    """Answered to everything, if it is not 0."""
    body: bytes = b""
    """Answered with it, if there is one."""
    address: str = ""

    def write(self, login: str, body: str) -> int:
        comment = {"id": 1000 + len(self.comments), "user": {"login": login, "type": "User"}, "body": body}
        self.comments.append(comment)
        return comment["id"]

    def of(self, login: str) -> list[str]:
        return [one["body"] for one in self.comments if one["user"]["login"] == login]

    def answer(self, method: str, path: str, headers: Any, body: bytes) -> tuple[int, Any]:
        self.asked.append(f"{method} {path}")
        if self.status:
            return self.status, {"message": "no"}
        if headers.get("Authorization") != f"Bearer {self.token}" or not headers.get("User-Agent"):
            return 401, {"message": "Bad credentials"}
        parts = urlsplit(path)
        text = json.loads(body)["body"] if body else ""
        if len(text) > _LONGEST:
            return 422, {"message": "Validation Failed"}
        if _LIST.fullmatch(parts.path) and method == "GET":
            query = {name: int(values[0]) for name, values in parse_qs(parts.query).items()}
            size, page = min(query.get("per_page", 30), 100), query.get("page", 1)
            return 200, self.comments[(page - 1) * size : page * size]
        if _LIST.fullmatch(parts.path) and method == "POST":
            self.write(self.login, text)
            return 201, self.comments[-1]
        found = _ONE.fullmatch(parts.path)
        if found and method == "PATCH":
            (comment,) = [one for one in self.comments if one["id"] == int(found[1])]
            comment["body"] = text
            return 200, comment
        return 404, {"message": "Not Found"}


@contextlib.contextmanager
def github_api() -> Iterator[Api]:
    """Serve on loopback."""
    api = Api()

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, document = api.answer(self.command, self.path, self.headers, body)
            data = api.body or json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PATCH = _answer  # noqa: N815 - as the base class calls them

        def log_message(self, *_: object) -> None:
            """Nothing is logged."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    api.address = f"http://127.0.0.1:{server.server_port}"
    try:
        yield api
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
