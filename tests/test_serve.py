"""The chat in a browser: who is let in, what the page loads, how it ends; by real requests to a real server."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import os
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import ClientWebSocketResponse
from conftest import SEED

from askbrief.cli.main import run
from askbrief.web import server as serving

COMMAND = (sys.executable, "-m", "askbrief", "serve")
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
WAIT_SECONDS = 60.0


@dataclass
class Served:
    """A running ``askbrief serve``."""

    process: subprocess.Popen[str]
    port: int
    token: str

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def cookie(self) -> str:
        return f"askbrief_{self.port}={self.token}"

    def get(self, path: str, *, host: str | None = None, method: str = "GET", **headers: str) -> tuple[int, str]:
        """Status and body; ``headers`` with ``_`` for ``-``."""
        response, body = self.fetch(path, host=host, method=method, **headers)
        return response.status, body

    def fetch(
        self, path: str, *, host: str | None = None, method: str = "GET", **headers: str
    ) -> tuple[HTTPResponse, str]:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=WAIT_SECONDS)
        named = {"Host": host or self.host, **{name.replace("_", "-"): value for name, value in headers.items()}}
        connection.request(method, path, headers=named)
        response = connection.getresponse()
        body = response.read().decode("utf-8", "replace")
        connection.close()
        return response, body

    def end(self, number: int = signal.SIGINT) -> tuple[int, str]:
        self.process.send_signal(number)
        _, err = self.process.communicate(timeout=WAIT_SECONDS)
        return self.process.returncode, err


def start(*arguments: str, folder: Path, program: tuple[str, ...] = COMMAND, **environment: str) -> Served:
    process = subprocess.Popen(
        [*program, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=folder,
        env=os.environ | environment,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    match = re.fullmatch(r"http://127\.0\.0\.1:(\d+)/\?token=([\w-]{43})\n", line)
    if match is None:
        process.kill()
        raise AssertionError((line, process.communicate()))
    return Served(process, int(match[1]), match[2])


@pytest.fixture
def served(articles: Path, tmp_path: Path) -> Iterator[Served]:
    found = start("--folder", str(articles), folder=tmp_path)
    yield found
    found.process.kill()
    found.process.communicate()


def test_the_page_is_only_for_those_with_the_token(served: Served) -> None:
    wrong = "A" * 43
    paths = ("/", "/static/js/textual.js", "/web/page.js", "/ws", "/nothing", "/download/x")
    for path in paths:
        origin = f"http://{served.host}"
        assert served.get(path, Origin=origin)[0] == 401
        assert served.get(path, Origin=origin, Cookie=f"askbrief_{served.port}={wrong}")[0] == 401
        assert served.get(f"{path}?token={wrong}", Origin=origin)[0] == 401
        assert served.get(path, Origin=origin, Cookie=f"askbrief_1={served.token}")[0] == 401
    assert served.get("/?token=")[0] == 401
    assert served.get(f"/static/js/textual.js?token={served.token}")[0] == 401
    assert served.get("/?token=%ff%00%C3%A9", Cookie=served.cookie)[0] == 401
    status, page = served.get(f"/?token={served.token}")
    assert (status, page.count("<html")) == (200, 1)
    assert f'data-session-websocket-url="ws://{served.host}/ws"' in page
    assert served.token not in page
    assert served.get("/", Cookie=served.cookie)[0] == 200
    assert served.get("/static/js/textual.js", Cookie=served.cookie)[0] == 200
    assert served.get("/nothing", Cookie=served.cookie)[0] == 404
    assert served.get("/static/", Cookie=served.cookie)[0] == 403
    assert served.get("/static/../server.py", Cookie=served.cookie)[0] in {403, 404}
    assert served.get("/web/%2e%2e/serving.py", Cookie=served.cookie)[0] in {403, 404}
    assert served.get("/", method="POST", Cookie=served.cookie)[0] == 405


def test_the_cookie_is_for_this_server_and_no_script(served: Served) -> None:
    response, _ = served.fetch(f"/?token={served.token}")
    value, *attributes = (response.getheader("Set-Cookie") or "").split("; ")
    assert value == served.cookie
    assert set(attributes) == {"HttpOnly", "SameSite=Strict", "Path=/"}
    refused, _ = served.fetch("/?token=wrong")
    assert refused.getheader("Set-Cookie") is None


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:{port}", "127.0.0.1", "127.0.0.1:1", "127.0.0.1.nip.io"]
)
def test_another_name_for_this_machine_is_refused(served: Served, host: str) -> None:
    host = host.format(port=served.port)
    assert served.get(f"/?token={served.token}", host=host, Cookie=served.cookie)[0] == 403
    assert served.get("/static/js/textual.js", host=host, Cookie=served.cookie)[0] == 403
    assert served.get(f"/?token={served.token}", host=f"localhost:{served.port}")[0] == 200


def upgrade(served: Served, **headers: str) -> int:
    """The status of a websocket handshake."""
    asked = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": base64.b64encode(b"0123456789abcdef").decode(),
        **headers,
    }
    connection = HTTPConnection("127.0.0.1", served.port, timeout=WAIT_SECONDS)
    connection.request("GET", "/ws", headers={"Host": served.host, **asked})
    status = connection.getresponse().status
    connection.close()
    return status


def test_the_websocket_is_only_for_this_page(served: Served) -> None:
    own = f"http://{served.host}"
    assert upgrade(served, Cookie=served.cookie) == 403
    foreign = (
        "http://evil.example",
        "null",
        f"https://{served.host}",
        "http://127.0.0.1",
        f"http://localhost:{served.port}",
    )
    for origin in foreign:
        assert upgrade(served, Cookie=served.cookie, Origin=origin) == 403
    assert upgrade(served, Origin=own) == 401
    assert upgrade(served, Cookie=served.cookie, Origin=own) == 101


def test_it_listens_on_loopback_only(served: Served) -> None:
    for address in ("127.0.0.2", "::1"):
        with pytest.raises(OSError), socket.create_connection((address, served.port), timeout=5):
            pass
    listening = Path("/proc/net/tcp")
    if listening.exists():
        ports = [line.split()[1].split(":") for line in listening.read_text().splitlines()[1:]]
        assert {address for address, port in ports if int(port, 16) == served.port} <= {"0100007F"}


def test_the_page_names_nothing_outside_and_forbids_it(served: Served) -> None:
    response, page = served.fetch("/", Cookie=served.cookie)
    headers = dict(response.getheaders())
    policy = dict(rule.split(" ", maxsplit=1) for rule in headers["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["font-src"] == "'self'"
    assert policy["connect-src"] == f"'self' ws://{served.host}"
    assert (headers["Referrer-Policy"], headers["X-Frame-Options"]) == ("no-referrer", "DENY")
    loaded = re.findall(r'(?:href|src)="([^"]*)"', page)
    assert {address for address in loaded if not address.startswith("/")} == {"data:,"}
    for path in filter(lambda address: address.startswith("/"), loaded):
        status, text = served.get(path, Cookie=served.cookie)
        assert status == 200
        inside = re.findall(r"""(?:url\(|@import )["']?([^"')]+)""", text) if path.endswith(".css") else []
        for address in inside:
            assert served.get(address, Cookie=served.cookie)[0] == 200
    assert served.get("/", host="evil.example")[0] == 403


def test_it_says_who_can_reach_it_and_ctrl_c_ends_it_with_130(served: Served) -> None:
    assert served.get(f"/?token={served.token}")[0] == 200
    code, err = served.end()
    assert code == 130
    assert "Only this machine can reach it" in " ".join(err.split())
    assert "whoever has the address can ask" in " ".join(err.split())
    assert "Traceback" not in err
    with pytest.raises(ConnectionRefusedError):
        served.get("/")


def test_sigterm_ends_it_too(served: Served) -> None:
    assert served.get("/")[0] == 401
    assert served.end(signal.SIGTERM)[0] == 0


def test_a_taken_port_is_an_error_with_a_hint(articles: Path, served: Served) -> None:
    arguments = [*COMMAND, "--folder", str(articles), "--port", str(served.port)]
    done = subprocess.run(arguments, capture_output=True, text=True, timeout=WAIT_SECONDS)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"askbrief: port {served.port} on 127.0.0.1 cannot be used: ")
    assert "--port" in done.stderr.splitlines()[1]


def test_a_folder_that_is_not_there_is_an_error_at_once(tmp_path: Path) -> None:
    arguments = [*COMMAND, "--folder", str(tmp_path / "none")]
    done = subprocess.run(arguments, capture_output=True, text=True, timeout=WAIT_SECONDS)
    assert (done.returncode, done.stdout) == (1, "")
    assert str(tmp_path / "none") in done.stderr


def test_without_textual_serve_it_says_what_to_install(
    articles: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delitem(sys.modules, "askbrief.web.server", raising=False)
    monkeypatch.setitem(sys.modules, "textual_serve.app_service", None)
    assert run(["serve", "--folder", str(articles)]) == 1
    assert 'pip install "askbrief[serve]"' in capsys.readouterr().err


STUB = """
import json, os, sys
mode, fifo, *more = sys.argv[1:]
alive = os.open(fifo, os.O_WRONLY)  # closed by the system when this process ends, however it ends

def send(kind, data):
    sys.stdout.buffer.write(kind + len(data).to_bytes(4, "big") + data)
    sys.stdout.flush()

if mode == "fail":
    sys.exit("stub: no folder")
sys.stdout.buffer.write(b"__GANGLION__\\n")
send(b"D", " ".join([f"{os.environ['COLUMNS']}x{os.environ['ROWS']}", *more]).encode())
while kind := sys.stdin.buffer.read(1):
    data = sys.stdin.buffer.read(int.from_bytes(sys.stdin.buffer.read(4), "big"))
    send(b"D", kind + data)
    if b"name" in data:
        send(b"M", json.dumps({"type": "page", "title": "a", "conversation": 7, "other": 1}).encode())
    if b"leave" in data or (b'"quit"' in data and mode == "obey"):
        send(b"M", json.dumps({"type": "exit"}).encode())
        break
"""
SERVE_STUB = """
import sys
from askbrief.web import server as serving
serving.STOP_SECONDS = 0.2
with serving.ChatServer([sys.executable, "-c", *sys.argv[1:]]) as server:
    print(server.url, flush=True)
    server.run()
"""


class Stub:
    """A server whose chats are stubs that send back what they get, and a pipe that says when no stub is left."""

    def __init__(self, tmp_path: Path, *, mode: str) -> None:
        fifo = tmp_path / "alive"
        os.mkfifo(fifo)
        self._alive = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
        self.served = start(program=(sys.executable, "-c", SERVE_STUB, STUB, mode, str(fifo)), folder=tmp_path)

    def wait_until_gone(self) -> None:
        """Returns when each process that had the pipe has ended."""
        os.set_blocking(self._alive, True)
        readable, _, _ = select.select([self._alive], [], [], WAIT_SECONDS)
        assert readable
        assert os.read(self._alive, 1) == b""

    def close(self) -> None:
        self.served.process.kill()
        self.served.process.communicate()
        os.close(self._alive)


@pytest.fixture
def make_stub(tmp_path: Path) -> Iterator[Callable[[str], Stub]]:
    stubs = []

    def make(mode: str) -> Stub:
        stubs.append(Stub(tmp_path, mode=mode))
        return stubs[-1]

    yield make
    for stub in stubs:
        stub.close()


@asynccontextmanager
async def open_chat(served: Served, query: str = "?width=100&height=30") -> AsyncIterator[ClientWebSocketResponse]:
    """A page's websocket."""
    headers = {"Cookie": served.cookie, "Origin": f"http://{served.host}"}
    async with (
        asyncio.timeout(WAIT_SECONDS),
        aiohttp.ClientSession() as session,
        session.ws_connect(f"ws://{served.host}/ws{query}", headers=headers) as page,
    ):
        yield page


def test_keys_and_sizes_reach_the_chat_and_its_screen_the_page(make_stub: Callable[[str], Stub]) -> None:
    stub = make_stub("obey")

    async def use() -> None:
        async with open_chat(stub.served) as page:
            assert await page.receive_bytes() == b"100x30"
            await page.send_json(["stdin", "é\ud800"])
            assert await page.receive_bytes() == "Dé?".encode()
            await page.send_json(["resize", {"width": 10**9, "height": -1}])
            assert json.loads((await page.receive_bytes())[1:]) == {"type": "resize", "width": 1000, "height": 1}
            odd_messages: list[object] = [[], {}, ["stdin"], ["stdin", 1], ["resize", {"width": "1"}], ["unknown"], 7]
            for odd in odd_messages:
                await page.send_json(odd)
            await page.send_json(["ping", "3"])
            assert await page.receive_json() == ["pong", "3"]
            await page.send_json(["blur"])
            assert json.loads((await page.receive_bytes())[1:]) == {"type": "blur"}

    asyncio.run(use())
    stub.wait_until_gone()


@pytest.mark.parametrize("query", ["", "?width=x&height=-3", "?width=²&height=1e3"])
def test_a_page_without_a_proper_size_gets_80_by_24(make_stub: Callable[[str], Stub], query: str) -> None:
    stub = make_stub("obey")

    async def use() -> None:
        async with open_chat(stub.served, query) as page:
            assert await page.receive_bytes() == b"80x24"

    asyncio.run(use())


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("&conversation=12", "80x24 --resume 12"),
        ("&conversation=0", "80x24"),
        ("&conversation=-1", "80x24"),
        ("&conversation=1;ls", "80x24"),
        ("&conversation=²", "80x24"),
        (f"&conversation={'9' * 30}", "80x24"),
    ],
)
def test_a_page_that_is_loaded_again_continues_its_conversation(
    make_stub: Callable[[str], Stub], query: str, first: str
) -> None:
    stub = make_stub("obey")

    async def use() -> None:
        async with open_chat(stub.served, f"?width=80&height=24{query}") as page:
            assert await page.receive_bytes() == first.encode()
            await page.send_json(["stdin", "name"])
            assert await page.receive_bytes() == b"Dname"
            assert await page.receive_json() == ["page", {"title": "a", "conversation": 7}]

    asyncio.run(use())


@pytest.mark.parametrize("mode", ["obey", "ignore"])
def test_a_chat_ends_with_its_page(make_stub: Callable[[str], Stub], mode: str) -> None:
    stub = make_stub(mode)

    async def use() -> None:
        async with open_chat(stub.served) as page:
            await page.receive_bytes()

    asyncio.run(use())
    stub.wait_until_gone()
    assert stub.served.get("/", Cookie=stub.served.cookie)[0] == 200


@pytest.mark.parametrize("mode", ["obey", "ignore"])
def test_ctrl_c_ends_the_chats_too(make_stub: Callable[[str], Stub], mode: str) -> None:
    stub = make_stub(mode)

    async def use() -> int:
        async with open_chat(stub.served) as page:
            await page.receive_bytes()
            stub.served.process.send_signal(signal.SIGINT)
            while not (message := await page.receive()).type.name.startswith("CLOS"):
                assert message.type is aiohttp.WSMsgType.BINARY
            return int(page.close_code or 0)

    assert asyncio.run(use()) in {1000, 1001}
    stub.wait_until_gone()
    assert stub.served.process.wait(WAIT_SECONDS) in {1, -signal.SIGINT, 130}


@pytest.mark.parametrize("mode", ["obey", "fail"])
def test_the_page_is_told_when_its_chat_ends_or_cannot_start(make_stub: Callable[[str], Stub], mode: str) -> None:
    stub = make_stub(mode)

    async def use() -> None:
        async with open_chat(stub.served) as page:
            await page.send_json(["stdin", "leave"])
            async for message in page:
                assert message.type is aiohttp.WSMsgType.BINARY
            assert page.closed

    asyncio.run(use())
    stub.wait_until_gone()
    _, err = stub.served.end(signal.SIGTERM)
    assert ("stub: no folder" in err) == (mode == "fail")


def test_the_chat_takes_no_module_from_the_working_directory(
    articles: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    commands = []

    class FakeServer(contextlib.nullcontext[Any]):
        url = "http://127.0.0.1:1/"

        def __init__(self, command: list[str], *, port: int) -> None:
            super().__init__(self)
            commands.append((command, port))

        def run(self) -> None: ...

    monkeypatch.setattr(serving, "ChatServer", FakeServer)
    assert run(["serve", "--folder", str(articles), "--port", "7"]) == 0
    ((command, port),) = commands
    assert (command[3:], port) == (["askbrief", "chat", "--yes", "--folder", str(articles)], 7)
    (tmp_path / "askbrief.py").write_text("raise SystemExit('planted')", encoding="utf-8")
    (tmp_path / "click.py").write_text("raise SystemExit('planted')", encoding="utf-8")
    done = subprocess.run([*command[:4], "--version"], capture_output=True, text=True, cwd=tmp_path, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")


class Browser:
    """A page of headless Chromium, driven by the DevTools protocol."""

    FLAGS = (
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--enable-unsafe-swiftshader",
        "--remote-debugging-port=0",
        "--window-size=1400,900",
    )

    def __init__(self, socket: ClientWebSocketResponse) -> None:
        self._socket = socket
        self._count = 0
        self.events: list[dict[str, Any]] = []

    @classmethod
    @asynccontextmanager
    async def open(cls, profile: Path) -> AsyncIterator[Browser]:
        assert CHROMIUM is not None
        process = await asyncio.create_subprocess_exec(
            CHROMIUM,
            *cls.FLAGS,
            f"--user-data-dir={profile}",
            "about:blank",
            stderr=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
        )
        assert process.stderr is not None
        try:
            while not (match := re.search(rb"DevTools listening on ws://([^/]+)/", await process.stderr.readline())):
                assert not process.stderr.at_eof()
            drained = asyncio.create_task(process.stderr.read())
            async with aiohttp.ClientSession() as session:
                async with session.get(f"http://{match[1].decode()}/json/list") as response:
                    (address,) = [
                        page["webSocketDebuggerUrl"] for page in await response.json() if page["type"] == "page"
                    ]
                async with session.ws_connect(address, max_msg_size=0) as socket:
                    yield cls(socket)
            process.terminate()
            await drained
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    async def call(self, method: str, parameters: dict[str, Any] | None = None) -> dict[str, Any]:
        self._count += 1
        await self._socket.send_json({"id": self._count, "method": method, "params": parameters or {}})
        while True:
            message = await self._socket.receive_json()
            if message.get("id") == self._count:
                assert "error" not in message, message
                return dict(message["result"])
            self.events.append(message)

    async def evaluate(self, expression: str) -> Any:
        result = await self.call(
            "Runtime.evaluate", {"expression": expression, "awaitPromise": True, "returnByValue": True}
        )
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    async def type(self, text: str) -> None:
        await self.call("Input.insertText", {"text": text})

    async def press_enter(self) -> None:
        key = {"key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 13, "text": "\r"}
        await self.call("Input.dispatchKeyEvent", {"type": "keyDown", **key})
        await self.call("Input.dispatchKeyEvent", {"type": "keyUp", **key})


# Keeps hold of the terminal that the page makes (``this.terminal = …``) and reads the screen out of it.
HOLD_TERMINAL = """
Object.defineProperty(Object.prototype, "terminal", {configurable: true, set(value) {
  globalThis.held = value;
  Object.defineProperty(this, "terminal", {value, writable: true, configurable: true, enumerable: true});
}});
globalThis.readScreen = () => {
  const buffer = held.buffer.active;
  return Array.from({length: held.rows}, (_, row) => buffer.getLine(row).translateToString(true)).join("\\n");
};
globalThis.waitFor = (pattern) => new Promise((resolve) => {
  const look = () => { if (pattern.test(readScreen())) resolve(readScreen()); };
  held.onWriteParsed(look);
  look();
});
"""


@pytest.mark.models
@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")
def test_the_seed_is_asked_in_a_browser_copied_and_still_there_after_a_reload(tmp_path: Path) -> None:
    folder = tmp_path / "articles"
    folder.mkdir()
    shutil.copy(SEED, folder)
    served = start("--folder", str(folder), folder=tmp_path, XDG_DATA_HOME=str(tmp_path / "data"))
    own = f"http://{served.host}"

    async def load(browser: Browser, address: str) -> None:
        await browser.call("Page.navigate", {"url": address})
        await browser.evaluate(
            'new Promise((go) => document.readyState == "complete" ? go() : addEventListener("load", go))'
        )
        await browser.evaluate(
            "new Promise((go) => setInterval(() => document.hasFocus()"
            ' && document.activeElement.className.includes("xterm") && go(), 50))'
        )

    async def press(browser: Browser, button: str) -> None:
        await browser.evaluate(
            f"[...document.querySelectorAll('nav button')].find(b => b.textContent == '{button}').click()"
        )

    async def use() -> list[dict[str, Any]]:
        async with asyncio.timeout(3 * WAIT_SECONDS), Browser.open(tmp_path / "profile") as browser:
            for domain in ("Network", "Page", "Log", "Runtime"):
                await browser.call(f"{domain}.enable")
            await browser.call("Emulation.setFocusEmulationEnabled", {"enabled": True})
            granted = ["clipboardReadWrite", "clipboardSanitizedWrite"]
            await browser.call("Browser.grantPermissions", {"permissions": granted, "origin": own})
            await browser.call("Page.addScriptToEvaluateOnNewDocument", {"source": HOLD_TERMINAL})
            await load(browser, f"{own}/?token={served.token}")
            assert "Zahedan" not in await browser.evaluate("waitFor(/up to date/)")
            await browser.type("Which city does Maleki represent?")
            await browser.evaluate("waitFor(/Which city does Maleki represent/)")
            await browser.press_enter()
            await browser.evaluate("waitFor(/Zahedan/)")
            await browser.evaluate(
                "new Promise((go) => setInterval(() => document.title.includes('Maleki') && go(), 50))"
            )
            assert await browser.evaluate("location.href") == f"{own}/#1"
            assert await browser.evaluate("document.cookie") == ""
            assert await browser.evaluate('document.fonts.check("16px Roboto Mono")')
            await press(browser, "Answers")
            await browser.evaluate("waitFor(/y Quote/)")
            await browser.type("c")
            await browser.evaluate("waitFor(/Copied/)")
            assert await browser.evaluate("navigator.clipboard.readText()") == "Zahedan"

            await browser.call("Emulation.setDeviceMetricsOverride", {**NARROW, "mobile": False})
            await load(browser, f"{own}/#1")
            await browser.call("Page.reload")
            assert "strong ●" in await browser.evaluate(
                "new Promise((go) => setTimeout(go, 300)).then(() => waitFor(/Zahedan/))"
            )
            assert await browser.evaluate("document.body.scrollWidth") <= NARROW["width"]
            return browser.events

    try:
        events = asyncio.run(use())
    finally:
        code, _ = served.end()
    asked = [event["params"]["request"]["url"] for event in events if event["method"] == "Network.requestWillBeSent"]
    assert f"{own}/static/js/textual.js" in asked
    assert {url for url in asked if not url.startswith((f"{own}/", "data:"))} == set()
    assert [event["params"] for event in events if event["method"] == "Log.entryAdded"] == []
    assert code == 130


NARROW = {"width": 420, "height": 800, "deviceScaleFactor": 1}
