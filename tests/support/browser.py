"""A real browser, driven by the DevTools protocol over a pipe: no port, no driver, nothing to install but Chromium.

https://chromedevtools.github.io/devtools-protocol/ ; messages are JSON, each ended by a NUL byte.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import select
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_SECONDS = 60

_KEYS = {
    "Enter": (13, "\r"),
    "Escape": (27, ""),
    "PageUp": (33, ""),
    "PageDown": (34, ""),
    "End": (35, ""),
    "Home": (36, ""),
    "ArrowLeft": (37, ""),
    "ArrowUp": (38, ""),
    "ArrowRight": (39, ""),
    "ArrowDown": (40, ""),
}
"""Keys that are no letters: their virtual code, and the text they make."""

_TOLD = {
    "Runtime.consoleAPICalled": "console",
    "Runtime.exceptionThrown": "exception",
    "Log.entryAdded": "log",
    "Page.javascriptDialogOpening": "dialog",
    "Page.frameAttached": "frame",
    "Network.requestWillBeSent": "request",
}
"""Events that are kept, and what they are called."""

_MIDDLE = """
(() => {
  const one = document.querySelector(%s);
  one.scrollIntoView({ block: "nearest" });
  const box = one.getClientRects()[0];
  return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
})()
"""
"""Where the middle of an element is, once it is in sight."""


class Browser:
    """A page in a Chromium of its own."""

    def __init__(self, commands: int, answers: int, folder: Path) -> None:
        self.folder = folder
        self.told: list[tuple[str, str]] = []
        """What a page does that a quiet one does not: each message, error, dialog, frame, and request for anything but
        the page itself."""
        self._address = ""
        self._commands, self._answers = commands, answers
        self._buffer, self._last, self._session = b"", 0, ""
        self._events: list[dict[str, Any]] = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def open(
        self,
        data: bytes,
        fragment: str = "",
        *,
        script: bool = True,
        size: tuple[int, int] = (1280, 900),
        wait: bool = True,
        before: str = "",
    ) -> None:
        """Open a page, with or without its script, and wait until it has loaded, or only until it begins to.

        `before` is a script of ours that runs before those of the page.
        """
        page = self.folder / "report.html"
        page.write_bytes(data)
        self.call("Page.navigate", url="about:blank")
        self.call("Emulation.setScriptExecutionDisabled", value=not script)
        self.resize(*size)
        ours = self.call("Page.addScriptToEvaluateOnNewDocument", source=before)
        self._address = page.as_uri()
        self._events.clear()
        self.told.clear()
        self.call("Page.navigate", url=self._address + fragment)
        self.call("Page.removeScriptToEvaluateOnNewDocument", **ours)
        if wait:
            self.wait("Page.loadEventFired")

    def visit(self, address: str, *, size: tuple[int, int] = (1280, 900)) -> None:
        """Go to an address, and wait until the page there has loaded."""
        self.resize(*size)
        self._address = address
        self._events.clear()
        self.told.clear()
        self.call("Page.navigate", url=address)
        self.wait("Page.loadEventFired")

    def resize(self, width: int, height: int) -> None:
        """Give the page another size."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def media(self, *, scheme: str = "light", media: str = "") -> None:
        """Let the reader prefer `light` or `dark`, or the page be printed (`print`)."""
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.call("Emulation.setEmulatedMedia", media=media, features=features)

    def run(self, script: str) -> Any:
        """Return the value of an expression (or of its promise) in the page. Raises `AssertionError` for an error."""
        answer = self.call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def texts(self, selector: str) -> list[str]:
        """The visible text of every element that fits."""
        return self.run(f"[...document.querySelectorAll({json.dumps(selector)})].map((one) => one.innerText)")

    def text(self, selector: str) -> str:
        """The visible text of the only element that fits."""
        (text,) = self.texts(selector)
        return text

    def click(self, selector: str) -> None:
        """Click the first element that fits with the mouse, as a person does, and let the page settle."""
        place = {**self.run(_MIDDLE % json.dumps(selector)), "button": "left", "clickCount": 1}
        self.call("Input.dispatchMouseEvent", type="mousePressed", **place)
        self.call("Input.dispatchMouseEvent", type="mouseReleased", **place)
        self.settle()

    def press(self, *keys: str) -> None:
        """Press keys, one after the other, wherever the focus is."""
        for key in keys:
            code, text = _KEYS.get(key) or (ord(key.upper()), key)
            event = {"key": key, "windowsVirtualKeyCode": code}
            self.call("Input.dispatchKeyEvent", type="keyDown", text=text, **event)
            self.call("Input.dispatchKeyEvent", type="keyUp", **event)
        self.settle()

    def settle(self) -> None:
        """Wait until the page has drawn what it was told to."""
        self.run("new Promise((done) => requestAnimationFrame(() => setTimeout(done, 0)))")

    def screenshot(self) -> bytes:
        """What is in sight, as PNG."""
        return base64.b64decode(self.call("Page.captureScreenshot")["data"])

    def pdf(self) -> bytes:
        """The printed page."""
        return base64.b64decode(self.call("Page.printToPDF", printBackground=False)["data"])

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Send a command and return its result. Raises `AssertionError` where the browser refuses it."""
        number = self._send(method, parameters)
        while True:
            answer = self._receive()
            if answer.get("id") == number:
                assert "error" not in answer, (method, answer["error"])
                result: dict[str, Any] = answer["result"]
                return result

    def wait(self, event: str) -> None:
        """Wait for an event that may have come already."""
        while not any(one["method"] == event for one in self._events):
            self._receive()

    def _send(self, method: str, parameters: dict[str, Any]) -> int:
        self._last += 1
        message = {"id": self._last, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self._commands, data) :]
        return self._last

    def _receive(self) -> dict[str, Any]:
        until = time.monotonic() + _SECONDS
        while b"\0" not in self._buffer:
            ready, _, _ = select.select([self._answers], [], [], max(0, until - time.monotonic()))
            assert ready, f"the browser has said nothing for {_SECONDS} seconds"
            read = os.read(self._answers, 1 << 20)
            assert read, "the browser has ended"
            self._buffer += read
        line, _, self._buffer = self._buffer.partition(b"\0")
        message: dict[str, Any] = json.loads(line)
        if "method" in message:
            self._events.append(message)
            self._keep(message["method"], message["params"])
        return message

    def _keep(self, event: str, about: dict[str, Any]) -> None:
        if event == "Page.javascriptDialogOpening":
            # It holds the page; the answer to this command is of no interest.
            self._send("Page.handleJavaScriptDialog", {"accept": True})
        itself = event == "Network.requestWillBeSent" and about["request"]["url"] == self._address
        if event in _TOLD and not itself:
            self.told.append((_TOLD[event], json.dumps(about)[:400]))


def chromium() -> str:
    """Return the program; empty where there is none."""
    return next((found for name in _NAMES if (found := shutil.which(name))), "")


@contextlib.contextmanager
def running(folder: Path) -> Iterator[Browser]:
    """Start a browser that keeps everything in `folder`, and end it."""
    from_us, commands = os.pipe()
    answers, to_us = os.pipe()
    arguments = [
        *(chromium(), "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"),
        *("--remote-debugging-pipe", f"--user-data-dir={folder / 'profile'}", "--hide-scrollbars", "about:blank"),
    ]
    # Chromium reads commands from file descriptor 3 and answers on 4.
    redirect = f'exec "$@" 3<&{from_us} 4>&{to_us}'
    with (folder / "browser.log").open("wb") as log:
        process = subprocess.Popen(
            ["bash", "-c", redirect, "bash", *arguments], pass_fds=(from_us, to_us), stdout=log, stderr=log
        )
    os.close(from_us)
    os.close(to_us)
    try:
        browser = Browser(commands, answers, folder)
        yield browser
        with contextlib.suppress(AssertionError, OSError):
            browser._session = ""
            browser.call("Browser.close")
    finally:
        os.close(commands)
        os.close(answers)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
