"""An advisory service on loopback that gives one answer to everything, and answers that are lies."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from secscan.advisories.control import CONTROL_ID
from tests.support.osv_records import osv


class _Liar(BaseHTTPRequestHandler):
    answer: tuple[int, bytes, str]
    hang: threading.Event
    asked: list[dict[str, str]]

    def do_POST(self) -> None:
        self.asked.append(dict(self.headers))
        status, body, fault = self.answer
        self.rfile.read(int(self.headers["Content-Length"]))
        if fault == "hangs":
            self.hang.wait(20)
        self.send_response(status)
        self.send_header("Content-Length", str(len(body) + (100 if fault == "is cut" else 0)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextlib.contextmanager
def lying(answer: tuple[int, bytes, str], index: Path, asked: list[dict[str, str]] | None = None) -> Iterator[str]:
    """Serve one answer to everything; `asked` collects the headers of what was asked."""
    fields = {"answer": answer, "hang": threading.Event(), "asked": [] if asked is None else asked}
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Liar", (_Liar,), fields))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.RequestHandlerClass.hang.set()
        server.shutdown()
        server.server_close()
        thread.join()


CVE = osv(
    "PYSEC-1",
    aliases=["CVE-2026-1", "GHSA-aaaa-bbbb-cccc"],
    severity=[{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}],
    references=[{"type": "WEB", "url": "https://example.com/advisory"}],
)
_WRONG = {"vulns": [{"id": 7, "affected": "everything"}]}
_CONTROL_ONLY = {
    "vulns": [
        {
            **osv(CONTROL_ID, package="secscan-control"),
            "affected": [{"package": {"name": "secscan-control", "ecosystem": "PyPI"}, "versions": ["1.0"]}],
        }
    ]
}

LIES: dict[str, tuple[int, bytes, str]] = {
    "500": (500, b"oops", ""),
    "html": (200, b"<html>log in first</html>", ""),
    "[]": (200, b"[]", ""),
    "{}": (200, b"{}", ""),
    "null": (200, b"null", ""),
    "no vulnerabilities": (200, b'{"vulns": []}', ""),
    "half": (200, b'{"vulns": [{"id": "PYS', ""),
    "is cut": (200, b'{"vulns": [', "is cut"),
    "429": (429, b"{}", ""),
    "nothing": (200, b"", ""),
    "moved": (302, b'{"vulns": []}', ""),
    "pages": (200, b'{"vulns": [], "next_page_token": "2"}', ""),
    "not affected": (200, json.dumps({"vulns": [{"id": CONTROL_ID, "modified": "2026-01-01T00:00:00Z"}]}).encode(), ""),
    "a newer schema": (200, json.dumps({"vulns": [{**CVE, "schema_version": "2.0.0"}]}).encode(), ""),
    "hangs": (200, b"{}", "hangs"),
    "wrong schema": (200, json.dumps(_WRONG).encode(), ""),
    "the control for everything": (200, json.dumps(_CONTROL_ONLY).encode(), ""),
}
"""Status, body, and what else is wrong. An honest service would know of `CVE`."""
