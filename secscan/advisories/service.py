"""An OSV service on loopback that answers from the index, for pip-audit to ask.

It speaks what https://google.github.io/osv.dev/api/ describes: `POST /v1/query`, `POST /v1/querybatch` and
`GET /v1/vulns/{id}`. What it does not understand of a question is an error, never an empty answer. Only
`querybatch` answers in pages: pip-audit asks `query`, and does not turn pages.
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
from secscan.errors import AdvisoryError
from secscan.versions.order import PEP440

_MAX_REQUEST = 8_000_000
_MAX_QUERIES = 1000
PAGE = 1000
"""Most records in the answer to one query of a batch."""
_MEMBERS = frozenset({"package", "version", "page_token", "name", "ecosystem"})
_ID = re.compile(r"/v1/vulns/([A-Za-z0-9._:-]{1,200})")


class _BadRequest(Exception):
    """The request is not one that this service understands."""


@contextlib.contextmanager
def serve(path: Path) -> Iterator[str]:
    """Serve the index at `path` on a random loopback port; gives the base URL, and stops at the end."""
    with Index(path) as index:

        class Handler(_Handler):
            shared = index

        server = _Server(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            server.server_close()
            thread.join()


class _Server(ThreadingHTTPServer):
    def handle_error(self, *_: object) -> None:
        """Whoever asked gets no answer, and says so; a traceback between what we say tells nobody anything."""


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
                self._answer(200, {"vulns": self._whole(body)})
            elif self.path == "/v1/querybatch":
                self._answer(200, {"results": [self._short(one) for one in self._batch(body)]})
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

    def _whole(self, body: dict[str, Any]) -> list[dict[str, Any]]:
        if body.get("page_token"):
            raise _BadRequest("this service has given no page token for a query")
        with self.lock:
            return [_plain(self._record(one)) for one in self._query(body)]

    def _short(self, body: dict[str, Any]) -> dict[str, Any]:
        with self.lock:
            found = self._query(body)
            start = _start_of_page(body.get("page_token", ""), len(found))
            page = [self._record(one) for one in found[start : start + PAGE]]
        answer: dict[str, Any] = {"vulns": [{"id": one["id"], "modified": one.get("modified", "")} for one in page]}
        if start + PAGE < len(found):
            answer["next_page_token"] = str(start + PAGE)
        return answer

    def _query(self, body: dict[str, Any]) -> list[str]:
        """Ids of the records that affect what is asked about."""
        package, version = body.get("package"), body.get("version")
        if not isinstance(package, dict) or not isinstance(version, str) or not version:
            raise _BadRequest("a query needs `package` and `version`")
        name, ecosystem = package.get("name"), package.get("ecosystem")
        if not isinstance(name, str) or not name or not isinstance(ecosystem, str):
            raise _BadRequest("a query needs a package name and an ecosystem")
        if unknown := {*body, *package} - _MEMBERS:
            raise _BadRequest(f"a query has no member {min(unknown)[:40]!r}")
        if ecosystem not in self.shared.ecosystems:
            raise _BadRequest(f"nothing is known of the ecosystem {ecosystem[:60]!r}")
        return [one.id for one in self.shared.affecting(ecosystem, name, version)]

    def _record(self, record_id: str) -> dict[str, Any]:
        data = self.shared.record_json(record_id)
        if data is None:
            raise AdvisoryError(f"the record {record_id} is not there", hint="import the index again")
        record: dict[str, Any] = json.loads(data)
        return record

    def _answer(self, status: int, document: dict[str, Any]) -> None:
        data = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


def _start_of_page(token: object, count: int) -> int:
    if token == "":
        return 0
    if not isinstance(token, str) or not token.isascii() or not token.isdecimal() or len(token) > 9:
        raise _BadRequest("this service has not given that page token")
    start = int(token)
    if start % PAGE or not 0 < start < count:
        raise _BadRequest("this service has not given that page token")
    return start


def _plain(record: dict[str, Any]) -> dict[str, Any]:
    """Return the record without what OSV allows and pip-audit ends with a traceback on, for every package asked about.

    Times become whole seconds of UTC, and entries without a package and fixes that are no versions are left out: our
    own index decides what is affected, and tells the fixes.
    """
    for name in ("published", "modified", "withdrawn"):
        if name in record:
            try:
                moment = datetime.fromisoformat(str(record[name]))
            except ValueError:
                del record[name]
            else:
                record[name] = moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if PEP440.key(str(record.get("schema_version", "1"))) is None:
        del record["schema_version"]
    record["affected"] = [one for one in record.get("affected", ()) if one.get("package")]
    for affected in record["affected"]:
        for one in affected.get("ranges", ()):
            one["events"] = [event for event in one.get("events", ()) if _is_plain(event)]
    return record


def _is_plain(event: dict[str, Any]) -> bool:
    return "fixed" not in event or PEP440.key(str(event["fixed"])) is not None
