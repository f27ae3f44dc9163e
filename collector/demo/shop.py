"""Serve the demo shop: static files under clean addresses, with the address of the script filled in."""

from __future__ import annotations

import sys
import threading
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from pathlib import Path

_PLACEHOLDER: Final = "{{footpath_sdk}}"
# Only these leave the folder: it also holds the shop's settings and tools.
_TYPES: Final = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
_LONGEST_BODY: Final = 64 * 1024


@dataclass(frozen=True)
class Answer:
    """Status, content type, bytes."""

    status: HTTPStatus
    content_type: str
    body: bytes


class Shop:
    """A running shop. `url` has no slash at its end; `close` stops the server and frees the port."""

    def __init__(self, server: ThreadingHTTPServer) -> None:
        self._server = server
        host, port = server.server_address[0], server.server_address[1]
        self.url = f"http://{_printable(str(host))}:{port}"
        self._thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
        self._thread.start()

    def __repr__(self) -> str:
        return f"Shop({self.url!r})"

    def __enter__(self) -> Shop:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop answering; may be called twice."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that leaves in the middle of a picture is no error; anything else is shown."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


def serve(folder: Path, host: str, port: int, sdk_url: str, dashboard: str = "") -> Shop:
    """Serve the shop in `folder` at `host`:`port` (0: any free port) in a background thread.

    `sdk_url` takes the place of `{{footpath_sdk}}` in every page, which may ask `dashboard` for its clicks.

    Raises:
        FileNotFoundError: the folder holds no shop.
        OSError: the port is taken.
    """
    if not (folder / "index.html").is_file():
        raise FileNotFoundError(f"{folder} holds no shop: index.html is missing")
    handler = _handler(folder.resolve(), sdk_url, policy(sdk_url, dashboard))
    return Shop(_Server((host, port), handler))


def answer(folder: Path, target: str, sdk_url: str) -> Answer:
    """What a GET of `target` (path and query) is answered with; the 404 page where nothing is there."""
    found = find(folder, urlsplit(target).path)
    if found is None:
        return _read(folder / "404.html", HTTPStatus.NOT_FOUND, sdk_url)
    return _read(found, HTTPStatus.OK, sdk_url)


def find(folder: Path, path: str) -> Path | None:
    """The file that an address path stands for: `/` is index.html, `/cart` is cart.html.

    None where there is none, where it lies outside of `folder`, or where it is not part of the shop.
    """
    name = unquote(path).strip("/") or "index"
    if "\0" in name or "\\" in name:
        return None
    for candidate in (folder / name, folder / f"{name}.html"):
        file = candidate.resolve()
        if file.is_relative_to(folder.resolve()) and file.suffix in _TYPES and file.is_file():
            return file
    return None


def _read(file: Path, status: HTTPStatus, sdk_url: str) -> Answer:
    body = file.read_bytes()
    if file.suffix == ".html":
        body = body.replace(_PLACEHOLDER.encode(), _attribute(sdk_url).encode())
    return Answer(status, _TYPES[file.suffix], body)


def _attribute(text: str) -> str:
    return text.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")


def policy(sdk_url: str, dashboard: str = "") -> str:
    """The shop's Content-Security-Policy: itself, the collector and the dashboard, no inline script or style."""
    parts = urlsplit(sdk_url)
    origin = f" {parts.scheme}://{parts.netloc}" if parts.netloc else ""
    also = f" {dashboard}" if dashboard else ""
    return (
        f"default-src 'self'; script-src 'self'{origin}; connect-src 'self'{origin}{also}; style-src 'self'; "
        "img-src 'self' data:; base-uri 'none'; object-src 'none'"
    )


def _printable(host: str) -> str:
    """An address that a browser can open: a server bound to every address is reached at the loopback one."""
    if host in ("0.0.0.0", "::"):  # noqa: S104 - compared, not bound
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host


def _handler(folder: Path, sdk_url: str, rules: str) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        server_version = "footpath-demo"
        sys_version = ""

        def do_GET(self) -> None:
            self._send(answer(folder, self.path, sdk_url), with_body=True)

        def do_HEAD(self) -> None:
            self._send(answer(folder, self.path, sdk_url), with_body=False)

        def do_POST(self) -> None:
            """A checkout without JavaScript: what was typed is thrown away unread."""
            length = self.headers.get("Content-Length", "")
            self.close_connection = not length.isdigit() or int(length) > _LONGEST_BODY
            if not self.close_connection:
                self.rfile.read(int(length))
            if urlsplit(self.path).path != "/thanks":
                self._send(Answer(HTTPStatus.METHOD_NOT_ALLOWED, "text/plain", b"only /thanks"), with_body=True)
                return
            self.send_response(HTTPStatus.SEE_OTHER)
            self.send_header("Location", "/thanks")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def _send(self, found: Answer, *, with_body: bool) -> None:
            self.send_response(found.status)
            self.send_header("Content-Type", found.content_type)
            self.send_header("Content-Length", str(len(found.body)))
            self.send_header("Cache-Control", "no-cache")
            self.send_header("Content-Security-Policy", rules)
            self.send_header("X-Content-Type-Options", "nosniff")
            self.end_headers()
            if with_body:
                self.wfile.write(found.body)

        def log_message(self, format: str, *args: Any) -> None:
            """Quiet: the terminal belongs to `footpath demo`."""

    return Handler
