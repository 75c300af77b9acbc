"""Real browsers: Chromium by its chromedriver, Firefox by Marionette, which is a part of it.

Both take the commands of the W3C's WebDriver, as JSON, one over HTTP, the other over a socket; so
nothing has to be installed but the two browsers and chromedriver. A browser shows pages from disk,
and tells what its console said and what it asked of any network.
"""

import base64
import contextlib
import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, Protocol

SECONDS = 30
_ELEMENT = "element-6066-11e4-a52e-4f735466cecf"

_CHROMIUM = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--hide-scrollbars",
)  # fmt: skip

_QUIET = {
    "app.update.auto": False, "app.normandy.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.homepage_override.mstone": "ignore", "browser.startup.page": 0,
    "datareporting.policy.dataSubmissionEnabled": False, "extensions.update.enabled": False,
    "network.captive-portal-service.enabled": False, "network.connectivity-service.enabled": False,
    "toolkit.telemetry.enabled": False, "services.settings.server": "data:,",
    "browser.safebrowsing.malware.enabled": False, "browser.safebrowsing.phishing.enabled": False,
}  # fmt: skip
"""What a fresh Firefox would otherwise ask the network about, or ask people."""

_WATCH = """
    globalThis.asked ??= [];
    Services.obs.addObserver(
        (subject) => {
            const channel = subject.QueryInterface(Ci.nsIHttpChannel);
            if (channel.loadInfo.loadingPrincipal?.schemeIs("file")) asked.push(channel.URI.spec);
        },
        "http-on-modify-request",
    );
"""

_SAID = """
    const page = (text) => /^(file|data|blob):/.test(text || "");
    const found = Services.console.getMessageArray()
        .filter((each) => each instanceof Ci.nsIScriptError && page(each.sourceName))
        .map((each) => each.errorMessage);
    Services.console.reset();
    return [found, globalThis.asked.splice(0)];
"""


class Wire(Protocol):
    """What carries commands to a browser."""

    def send(self, method: str, path: str, name: str, given: dict[str, Any]) -> Any:  # noqa: ANN401  whatever JSON has
        """Carry a command; returns what the browser answers."""

    def resize(self, width: int, height: int) -> None:
        """Make the page of a size."""

    def said(self) -> list[str]:
        """Return what the console said, and the network was asked for, since the last call."""


class Browser:
    """A browser with one window, and in it one page."""

    def __init__(self, wire: Wire) -> None:
        """Take what carries the commands."""
        self._wire = wire

    def go(self, address: str) -> None:
        """Open an address, and wait until it is loaded."""
        self._wire.send("POST", "/url", "WebDriver:Navigate", {"url": address})

    def back(self) -> None:
        """Go back, as its button does."""
        self._wire.send("POST", "/back", "WebDriver:Back", {})

    def enter(self, frame: int | None) -> None:
        """Go on in a frame of the page, counted from 0, or in the page itself again."""
        self._wire.send("POST", "/frame", "WebDriver:SwitchToFrame", {"id": frame})

    def run(self, script: str, *given: Any) -> Any:  # noqa: ANN401  whatever JSON has
        """Return what the body of a function returns in the page."""
        # In the page's own world, and not in one that only looks at it.
        body = {"script": script, "args": list(given), "sandbox": None}
        return self._wire.send("POST", "/execute/sync", "WebDriver:ExecuteScript", body)

    def wait(self, script: str, *given: Any) -> Any:  # noqa: ANN401  whatever JSON has
        """Wait until an expression is true in the page."""
        until = time.monotonic() + SECONDS
        while not (found := self.run(f"return {script}", *given)):
            assert time.monotonic() < until, f"never true: {script}"
            time.sleep(0.02)
        return found

    def settle(self) -> None:
        """Wait until the page has drawn what has changed."""
        script = (
            "const done = arguments[0]; let seen = 0;"
            "const on = () => (++seen < 4 ? requestAnimationFrame(on) : done()); on();"
        )
        body: dict[str, Any] = {"script": script, "args": [], "sandbox": None}
        self._wire.send("POST", "/execute/async", "WebDriver:ExecuteAsyncScript", body)

    def resize(self, width: int, height: int) -> None:
        """Make the page, without the window's frame, of a size."""
        self._wire.resize(width, height)
        self.settle()

    def click(self, name: str) -> None:
        """Click in the middle of what has an id."""
        self.press([self.middle(name)])

    def middle(self, name: str) -> tuple[float, float]:
        """Return where the middle of what has an id is, and bring it in sight."""
        found = self.run(
            "const it = document.getElementById(arguments[0]);"
            "it.scrollIntoView({block: 'center'}); const box = it.getBoundingClientRect();"
            "return [box.left + box.width / 2, box.top + box.height / 2]",
            name,
        )
        return found[0], found[1]

    def press(self, places: list[tuple[float, float]]) -> None:
        """Press the mouse at the first of some places, go to the others, and let go."""
        moves = [
            {
                "type": "pointerMove",
                "x": round(x),
                "y": round(y),
                "duration": 40,
                "origin": "viewport",
            }
            for x, y in places
        ]
        button = {"button": 0}
        actions = [
            moves[0],
            {"type": "pointerDown", **button},
            *moves[1:],
            {"type": "pointerUp", **button},
        ]
        self._act({"type": "pointer", "id": "mouse", "actions": actions})

    def hover(self, place: tuple[float, float]) -> None:
        """Move the mouse to a place."""
        move = {
            "type": "pointerMove",
            "x": round(place[0]),
            "y": round(place[1]),
            "origin": "viewport",
        }
        self._act({"type": "pointer", "id": "mouse", "actions": [move]})

    def type(self, *keys: str) -> None:
        """Type keys where the focus is."""
        actions = [{"type": kind, "value": key} for key in keys for kind in ("keyDown", "keyUp")]
        self._act({"type": "key", "id": "keys", "actions": actions})

    def choose(self, name: str, value: str) -> None:
        """Put a value into an input or a list, as somebody does who then goes on."""
        self.run(
            "const it = document.getElementById(arguments[0]); it.value = arguments[1];"
            "if (it.options && it.value !== arguments[1]) throw new Error(`none: ${arguments[1]}`);"
            "for (const each of ['input', 'change']) "
            "it.dispatchEvent(new Event(each, {bubbles: true}));",
            name, value,
        )  # fmt: skip
        self.settle()

    def picture(self) -> bytes:
        """Return what is seen, as PNG."""
        found = self._wire.send(
            "GET", "/screenshot", "WebDriver:TakeScreenshot", {"full": False, "hash": False}
        )
        return base64.b64decode(found)

    def said(self) -> list[str]:
        """Return what the console said, and what was asked of a network, since the last call."""
        return self._wire.said()

    def _act(self, source: dict[str, Any]) -> None:
        self._wire.send("POST", "/actions", "WebDriver:PerformActions", {"actions": [source]})
        self.settle()


class _Chromium:
    def __init__(self, port: int, *, dark: bool) -> None:
        self._connection = HTTPConnection("127.0.0.1", port, timeout=SECONDS)
        switches = [*_CHROMIUM, *(["--force-dark-mode"] if dark else [])]
        capabilities = {
            "goog:chromeOptions": {"args": switches, "binary": shutil.which("chromium")},
            "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"},
        }
        body = {"capabilities": {"alwaysMatch": capabilities}}
        self._session = ""
        self._session = f"/session/{self.send('POST', '/session', '', body)['sessionId']}"

    def send(self, method: str, path: str, _name: str, given: dict[str, Any]) -> Any:  # noqa: ANN401  whatever JSON has
        body = json.dumps(given) if method == "POST" else None
        self._connection.request(method, self._session + path, body)
        found = json.load(self._connection.getresponse())["value"]
        assert not (isinstance(found, dict) and "error" in found), found
        return found

    def resize(self, width: int, height: int) -> None:
        # Its window cannot be as narrow as a phone.
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        command = {"cmd": "Emulation.setDeviceMetricsOverride", "params": size}
        self.send("POST", "/goog/cdp/execute", "", command)

    def close(self) -> None:
        self.send("DELETE", "", "", {})
        self._connection.close()

    def said(self) -> list[str]:
        console = self.send("POST", "/se/log", "", {"type": "browser"})
        sent = [
            json.loads(each["message"])["message"]
            for each in self.send("POST", "/se/log", "", {"type": "performance"})
        ]
        addresses = [
            each["params"]["request"]["url"]
            for each in sent
            if each["method"] == "Network.requestWillBeSent"
        ]
        beyond = [each for each in addresses if not each.startswith(("file:", "blob:", "data:"))]
        return [each["message"] for each in console] + beyond


class _Firefox:
    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=SECONDS)
        self._stream = self._socket.makefile("rb")
        self._read()
        self._number = 0
        self.send("", "", "WebDriver:NewSession", {})
        self._in_chrome(_WATCH)

    def send(self, _method: str, _path: str, name: str, given: dict[str, Any]) -> Any:  # noqa: ANN401  whatever JSON has
        self._number += 1
        text = json.dumps([0, self._number, name, given]).encode()
        self._socket.sendall(f"{len(text)}:".encode() + text)
        _, _, error, found = self._read()
        assert error is None, error
        return found["value"] if isinstance(found, dict) and set(found) == {"value"} else found

    def resize(self, width: int, height: int) -> None:
        frame = {
            "script": "return [outerWidth - innerWidth, outerHeight - innerHeight]",
            "args": [],
        }
        more = self.send("", "", "WebDriver:ExecuteScript", frame)
        size = {"width": width + more[0], "height": height + more[1]}
        self.send("", "", "WebDriver:SetWindowRect", size)

    def close(self) -> None:
        self._stream.close()
        self._socket.close()

    def said(self) -> list[str]:
        console, asked = self._in_chrome(_SAID)
        return [*console, *asked]

    def _in_chrome(self, script: str) -> Any:  # noqa: ANN401  whatever JSON has
        self.send("", "", "Marionette:SetContext", {"value": "chrome"})
        given = {"script": script, "args": [], "sandbox": "watch", "newSandbox": False}
        found = self.send("", "", "WebDriver:ExecuteScript", given)
        self.send("", "", "Marionette:SetContext", {"value": "content"})
        return found

    def _read(self) -> Any:  # noqa: ANN401  whatever JSON has
        size = b""
        while (byte := self._stream.read(1)) != b":":
            size += byte
        return json.loads(self._stream.read(int(size)))


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
    return port


def _wait_for(port: int) -> None:
    until = time.monotonic() + SECONDS
    while True:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        assert time.monotonic() < until, "the browser does not answer"
        time.sleep(0.05)


@contextlib.contextmanager
def _process(command: list[str], port: int, folder: str) -> Iterator[None]:
    """Run a program, with a home of its own, until the end."""
    with (
        Path(folder, "log").open("wb") as log,
        subprocess.Popen(
            command,
            env={**os.environ, "HOME": folder, "MOZ_HEADLESS": "1"},
            stdout=log,
            stderr=log,
        ) as process,
    ):
        try:
            _wait_for(port)
            yield
        finally:
            process.terminate()


@contextlib.contextmanager
def chromium(*, dark: bool = False) -> Iterator[Browser]:
    """Run Chromium with a profile of its own."""
    port = _free_port()
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        _process(["chromedriver", f"--port={port}"], port, folder),
        contextlib.closing(_Chromium(port, dark=dark)) as wire,
    ):
        yield Browser(wire)


@contextlib.contextmanager
def firefox(*, dark: bool = False) -> Iterator[Browser]:
    """Run Firefox with a profile of its own."""
    port = _free_port()
    preferences = {
        **_QUIET,
        "marionette.port": port,
        "layout.css.prefers-color-scheme.content-override": 1 - dark,
    }
    lines = [f'user_pref("{name}", {json.dumps(value)});' for name, value in preferences.items()]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        Path(folder, "user.js").write_text("\n".join(lines), encoding="utf-8")
        command = [
            "firefox-esr",
            "--headless",
            "--marionette",
            "-remote-allow-system-access",
            "--no-remote",
            "--profile",
            folder,
        ]
        with _process(command, port, folder), contextlib.closing(_Firefox(port)) as wire:
            yield Browser(wire)


BROWSERS = {"chromium": chromium, "firefox": firefox}
