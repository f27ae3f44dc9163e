"""A wire between browser and collector that keeps every byte the browser sends, and can be cut."""

from __future__ import annotations

import contextlib
import socket
import threading
import zlib
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from collections.abc import Iterator

_GZIP: Final = b"\x1f\x8b\x08"


class Relay:
    """Listens on a port of its own and passes bytes to `target` and back; closed at the end of the block.

    `sent` is what browsers sent so far, headers and bodies. While `deaf` nothing comes back: the collector takes what
    the browser sends, and the browser hears of a broken connection.
    """

    def __init__(self, target: int) -> None:
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._streams: list[bytearray] = []
        self.deaf = False
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._accept, name="relay", daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()

    @property
    def sent(self) -> bytes:
        """Everything that browsers sent, and beside it what was compressed in it."""
        return b"".join(part for stream in self._streams for part in (stream, *_inflated(bytes(stream))))

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                browser, _ = self._listener.accept()
                threading.Thread(target=self._join, args=(browser,), daemon=True).start()

    def _join(self, browser: socket.socket) -> None:
        try:
            collector = socket.create_connection(("127.0.0.1", self._target))
        except OSError:
            browser.close()
            return
        threading.Thread(target=self._answer, args=(collector, browser), daemon=True).start()
        stream = bytearray()
        self._streams.append(stream)
        with contextlib.suppress(OSError):
            while chunk := browser.recv(65_536):
                stream += chunk
                collector.sendall(chunk)
        _hang_up(collector)

    def _answer(self, collector: socket.socket, browser: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while chunk := collector.recv(65_536):
                if self.deaf:
                    break
                browser.sendall(chunk)
        _hang_up(browser)


def _inflated(stream: bytes) -> Iterator[bytes]:
    start = stream.find(_GZIP)
    while start >= 0:
        with contextlib.suppress(zlib.error):
            yield zlib.decompressobj(wbits=31).decompress(stream[start:])
        start = stream.find(_GZIP, start + 1)


def _hang_up(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()
