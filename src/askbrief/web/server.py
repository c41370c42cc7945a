"""The chat in a browser on this machine: one process of ``askbrief chat`` for each open page, through textual-serve.

Who may use it: only programs on this machine (it listens on 127.0.0.1) that know a random token. A browser gets the
token by the address, once, and keeps it in a cookie that scripts and other sites cannot use. Pages of other sites
cannot get in by another name for this machine (the Host header is checked) nor by a websocket (its Origin is). The page
loads nothing from elsewhere, and says so in its content security policy.
"""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import json
import secrets
import shlex
import signal
import socket
import sys
from collections.abc import Awaitable, Callable, Sequence
from importlib.resources import as_file, files
from pathlib import Path
from typing import Self

from aiohttp import web
from textual_serve.app_service import AppService
from textual_serve.download_manager import DownloadManager

from askbrief.errors import ServingError

HOST = "127.0.0.1"
STOP_SECONDS = 5.0
"""How long a chat may take to end before it is killed."""

_WEB = Path(__file__).parent
_HEARTBEAT_SECONDS, _GOODBYE_SECONDS = 15.0, 2.0
_DEFAULT_SIZE = (80, 24)
_MAX_CELLS = 1000
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; font-src 'self'; img-src 'self' data:;"
    " connect-src 'self' ws://{host}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class ChatServer:
    """The chat, served on a port of this machine from now on; close it.

    Args:
        command: What runs the chat, once for each page; a page that is loaded again adds ``--resume``.
        port: The port; 0 takes any free one.

    Attributes:
        url: The address with the token, which lets a browser in.

    Raises:
        ServingError: The port is taken or not allowed.
    """

    def __init__(self, command: Sequence[str], *, port: int = 0) -> None:
        self._command = list(command)
        self._token = secrets.token_urlsafe(32)
        self._socket = _listen(port)
        port = self._socket.getsockname()[1]
        self.url = f"http://{HOST}:{port}/?token={self._token}"
        self._hosts = {f"{name}:{port}" for name in (HOST, "localhost")} | (
            {HOST, "localhost"} if port == 80 else set()
        )
        self._cookie = f"askbrief_{port}"
        self._downloads = DownloadManager()
        self._pages: set[web.WebSocketResponse] = set()

    def close(self) -> None:
        """Release the port."""
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def run(self) -> None:
        """Serve until SIGTERM, or until Ctrl-C, which raises KeyboardInterrupt; all chats have ended then."""
        with contextlib.redirect_stdout(sys.stderr):  # where textual-serve reports
            asyncio.run(self._run())

    async def _run(self) -> None:
        stopped = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
        with as_file(files("textual_serve") / "static") as static:
            runner = web.AppRunner(self._build(static), access_log=None, shutdown_timeout=2 * STOP_SECONDS)
            try:
                await runner.setup()
                await web.SockSite(runner, self._socket).start()
                await stopped.wait()
            finally:
                await runner.cleanup()

    def _build(self, static: Path) -> web.Application:
        application = web.Application(middlewares=[self._guard])
        application.add_routes(
            [
                web.get("/", self._show_page),
                web.get("/ws", self._run_chat),
                web.static("/static", static),
                web.static("/web", _WEB),
            ]
        )
        application.on_response_prepare.append(self._add_headers)
        application.on_shutdown.append(self._close_pages)
        return application

    @web.middleware
    async def _guard(self, request: web.Request, handler: _Handler) -> web.StreamResponse:
        """Let in who calls this machine by its name, from this page, with the token."""
        if request.host not in self._hosts:
            raise web.HTTPForbidden(text="This address is not served.\n")
        origin = request.headers.get("Origin")
        if origin != f"http://{request.host}" and (origin is not None or request.path == "/ws"):
            raise web.HTTPForbidden(text="Other sites are not let in.\n")
        given = request.query.get("token") if request.path == "/" else None
        if not self._is_token(given or request.cookies.get(self._cookie, "")):
            raise web.HTTPUnauthorized(text="Open the address that askbrief serve printed, with its token.\n")
        return await handler(request)

    def _is_token(self, given: str) -> bool:
        return hmac.compare_digest(given.encode("utf-8", "replace"), self._token.encode())

    async def _add_headers(self, request: web.Request, response: web.StreamResponse) -> None:
        host = request.host if request.host in self._hosts else HOST
        response.headers.update({**_HEADERS, "Content-Security-Policy": _POLICY.format(host=host)})

    async def _show_page(self, request: web.Request) -> web.Response:
        page = (_WEB / "page.html").read_text(encoding="utf-8").replace("{host}", request.host)
        response = web.Response(text=page, content_type="text/html")
        response.set_cookie(self._cookie, self._token, httponly=True, samesite="Strict", path="/")
        return response

    async def _run_chat(self, request: web.Request) -> web.WebSocketResponse:
        page = web.WebSocketResponse(timeout=_GOODBYE_SECONDS, heartbeat=_HEARTBEAT_SECONDS)

        async def close() -> None:
            await page.close()

        await page.prepare(request)
        self._pages.add(page)
        chat = _Chat(
            f"exec {shlex.join([*self._command, *_find_conversation(request)])}",
            write_bytes=page.send_bytes,
            write_str=page.send_str,
            close=close,
            download_manager=self._downloads,
        )
        try:
            await chat.start(_find_cells(request, "width", 0), _find_cells(request, "height", 1))
            async for message in page:
                if message.type is web.WSMsgType.TEXT:
                    await _pass_on(message.json(), chat, page)
        finally:
            self._pages.discard(page)
            await chat.stop()
        return page

    async def _close_pages(self, _: web.Application) -> None:
        await asyncio.gather(*(page.close(message=b"askbrief serve has ended") for page in list(self._pages)))


class _Chat(AppService):
    """A chat's process; when it ends its page is told, and it ends with its page."""

    async def on_meta(self, data: bytes) -> None:
        """Tell the page its title and conversation; the rest is textual-serve's."""
        match json.loads(data):
            case {"type": "page", "title": str(title), "conversation": int(number)}:
                await self.remote_write_str(json.dumps(["page", {"title": title, "conversation": number}]))
            case _:
                await super().on_meta(data)

    async def run(self) -> None:
        try:
            await super().run()
        finally:
            await self.remote_close()

    async def stop(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(STOP_SECONDS):
                await super().stop()
        process = self._process
        if process is not None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()


async def _pass_on(message: object, chat: _Chat, page: web.WebSocketResponse) -> None:
    match message:
        case ["stdin", str(data)]:
            await chat.send_bytes(data.encode("utf-8", "replace"))
        case ["resize", {"width": int(width), "height": int(height)}]:
            await chat.set_terminal_size(_bound(width), _bound(height))
        case ["ping", str(data)]:
            await page.send_json(["pong", data])
        case ["blur"]:
            await chat.blur()
        case ["focus"]:
            await chat.focus()


def _find_conversation(request: web.Request) -> list[str]:
    """The arguments that continue the conversation of a page that was loaded again."""
    value = request.query.get("conversation", "")
    is_number = value.isascii() and value.isdecimal() and len(value) < 19 and int(value) > 0
    return ["--resume", value] if is_number else []


def _find_cells(request: web.Request, name: str, axis: int) -> int:
    value = request.query.get(name, "")
    return _bound(int(value)) if value.isdecimal() and len(value) < 10 else _DEFAULT_SIZE[axis]


def _bound(cells: int) -> int:
    return max(1, min(_MAX_CELLS, cells))


def _listen(port: int) -> socket.socket:
    try:
        return socket.create_server((HOST, port))
    except OSError as error:
        raise ServingError(
            f"port {port} on {HOST} cannot be used: {error.strerror}",
            hint="Choose another with --port, or leave it out to take any free one.",
        ) from error
