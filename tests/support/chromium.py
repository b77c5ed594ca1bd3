"""A page in headless Chromium, driven over its debugging pipe (https://chromedevtools.github.io/devtools-protocol/)."""

from __future__ import annotations

import json
import os
import select
import shutil
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

_SECONDS = 60
_START = """
import fcntl, os, sys
to, back = (fcntl.fcntl(int(one), fcntl.F_DUPFD, 10) for one in sys.argv[1:3])
os.dup2(to, 3)
os.dup2(back, 4)
os.execv(sys.argv[3], sys.argv[3:])
"""
"""Chromium reads commands from descriptor 3 and answers on 4."""
_TOLD = {
    "Runtime.consoleAPICalled": "console",
    "Runtime.exceptionThrown": "exception",
    "Log.entryAdded": "log",
    "Page.javascriptDialogOpening": "dialog",
    "Network.requestWillBeSent": "request",
    "Page.frameAttached": "frame",
}


class Page:
    """One page; `told` keeps what its console said, and every dialog, frame and request."""

    def __init__(self, folder: Path) -> None:
        ours, theirs = os.pipe(), os.pipe()
        command = [
            *(str(CHROMIUM), "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"),
            *("--remote-debugging-pipe", f"--user-data-dir={folder / 'profile'}", "--window-size=1280,900"),
            *("--no-first-run", "--disable-background-networking", "--disable-component-update", "about:blank"),
        ]
        self._process = subprocess.Popen(
            [sys.executable, "-c", _START, str(ours[0]), str(theirs[1]), *command],
            pass_fds=(ours[0], theirs[1]),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(ours[0])
        os.close(theirs[1])
        self._to, self._from = ours[1], theirs[0]
        self._buffer = b""
        self._number = 0
        self._session = ""
        self._loaded = False
        self.told: list[tuple[str, str]] = []

    def __enter__(self) -> Page:
        target = self._ask("Target.createTarget", url="about:blank")["targetId"]
        self._session = self._ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self._ask(f"{domain}.enable")
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, at: TracebackType | None) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._to)
        os.close(self._from)

    def before_each_document(self, script: str) -> None:
        """Run a script of ours before those of the page."""
        self._ask("Page.addScriptToEvaluateOnNewDocument", source=script)

    def open(self, url: str) -> None:
        """Go to an address and wait until all of it is loaded."""
        self._loaded = False
        self._ask("Page.navigate", url=url)
        while not self._loaded:
            self._take(self._next())

    def evaluate(self, expression: str) -> Any:
        """The value of an expression in the page; a promise is waited for."""
        answer = self._ask("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def _ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self._to, data) :]
        while (answer := self._next()).get("id") != self._number:
            self._take(answer)
        assert "error" not in answer, answer["error"]
        result: dict[str, Any] = answer["result"]
        return result

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._buffer:
            ready, _, _ = select.select([self._from], [], [], _SECONDS)
            read = os.read(self._from, 1 << 20) if ready else b""
            assert read, "Chromium says nothing any more"
            self._buffer += read
        message, _, self._buffer = self._buffer.partition(b"\0")
        decoded: dict[str, Any] = json.loads(message)
        return decoded

    def _take(self, event: dict[str, Any]) -> None:
        method = event.get("method", "")
        self._loaded |= method == "Page.loadEventFired"
        if method in _TOLD:
            self.told.append((_TOLD[method], json.dumps(event["params"])[:400]))
        if method == "Page.javascriptDialogOpening":
            self._ask("Page.handleJavaScriptDialog", accept=True)
