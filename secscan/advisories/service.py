"""An OSV service on loopback that answers from the index, for pip-audit to ask.

It speaks what https://google.github.io/osv.dev/api/ describes: `POST /v1/query`, `POST /v1/querybatch` and
`GET /v1/vulns/{id}`. What it does not understand of a question is an error, never an empty answer.
"""

from __future__ import annotations

import contextlib
import json
import re
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from secscan.advisories.index import Index
from secscan.advisories.match import PYPI, affected_entry
from secscan.errors import AdvisoryError

_MAX_REQUEST = 8_000_000
_MAX_QUERIES = 1000
_ID = re.compile(r"/v1/vulns/([A-Za-z0-9._:-]{1,200})")


class _BadRequest(Exception):
    """The request is not one that this service understands."""


@contextlib.contextmanager
def serve(path: Path) -> Iterator[str]:
    """Serve the index at `path` on a random loopback port; gives the base URL, and stops at the end."""
    with Index(path) as index:

        class Handler(_Handler):
            shared = index

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            server.server_close()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    shared: Index
    lock = threading.Lock()
    protocol_version = "HTTP/1.1"
    timeout = 30

    def do_POST(self) -> None:
        """Answer a query."""
        try:
            body = self._body()
            if self.path == "/v1/query":
                self._answer(200, {"vulns": self._query(body)})
            elif self.path == "/v1/querybatch":
                self._answer(200, {"results": [{"vulns": self._short(one)} for one in self._batch(body)]})
            else:
                self._answer(404, {"code": 5, "message": "no such method"})
        except _BadRequest as error:
            self.close_connection = True
            self._answer(400, {"code": 3, "message": str(error)})
        except AdvisoryError as error:
            self._answer(500, {"code": 13, "message": error.message})

    def do_GET(self) -> None:
        """Return one record."""
        found = _ID.fullmatch(self.path)
        try:
            with self.lock:
                data = self.shared.record_json(found.group(1)) if found else None
        except AdvisoryError as error:
            self._answer(500, {"code": 13, "message": error.message})
            return
        if data is None:
            self._answer(404, {"code": 5, "message": "no such record"})
        else:
            self._answer(200, json.loads(data))

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: standard error belongs to people."""

    def _body(self) -> dict[str, Any]:
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > _MAX_REQUEST:
            raise _BadRequest("a request needs a Content-Length within limits")
        try:
            body = json.loads(self.rfile.read(int(length)))
        except (ValueError, RecursionError) as error:
            raise _BadRequest("the request is not JSON") from error
        if not isinstance(body, dict):
            raise _BadRequest("the request is not an object")
        return body

    def _batch(self, body: dict[str, Any]) -> list[dict[str, Any]]:
        queries = body.get("queries")
        if (
            not isinstance(queries, list)
            or len(queries) > _MAX_QUERIES
            or not all(isinstance(one, dict) for one in queries)
        ):
            raise _BadRequest(f"`queries` must be a list of at most {_MAX_QUERIES} objects")
        return queries

    def _short(self, body: dict[str, Any]) -> list[dict[str, str]]:
        return [{"id": one["id"], "modified": one.get("modified", "")} for one in self._query(body)]

    def _query(self, body: dict[str, Any]) -> list[dict[str, Any]]:
        package, version = body.get("package"), body.get("version")
        if not isinstance(package, dict) or not isinstance(version, str) or not version:
            raise _BadRequest("a query needs `package` and `version`")
        name, ecosystem = package.get("name"), package.get("ecosystem")
        if not isinstance(name, str) or not name or ecosystem != PYPI:
            raise _BadRequest("a query needs a package name, in the ecosystem PyPI")
        with self.lock:
            records = list(self.shared.records_of(PYPI, name))
        return [_plain_times(json.loads(data)) for record, data in records if affected_entry(record, name, version)]

    def _answer(self, status: int, document: dict[str, Any]) -> None:
        data = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


def _plain_times(record: dict[str, Any]) -> dict[str, Any]:
    """Write times as whole seconds of UTC: pip-audit ends with a traceback on any other form of RFC 3339."""
    for name in ("published", "modified", "withdrawn"):
        if name in record:
            try:
                moment = datetime.fromisoformat(str(record[name]))
            except ValueError:
                del record[name]
            else:
                record[name] = moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return record
