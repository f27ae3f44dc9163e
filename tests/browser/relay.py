"""A wire between browser and collector that keeps every byte the browser sends, and can be cut."""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import Self


class Relay:
    """Listens on a port of its own and passes bytes to `target` and back; closed at the end of the block.

    `sent` is what browsers sent so far, headers and bodies. While `deaf` nothing comes back: the collector takes what
    the browser sends, and the browser hears of a broken connection.
    """

    def __init__(self, target: int) -> None:
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._chunks: list[bytes] = []
        self.deaf = False
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._accept, name="relay", daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()

    @property
    def sent(self) -> bytes:
        """Everything that browsers sent."""
        return b"".join(self._chunks)

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
        with contextlib.suppress(OSError):
            while chunk := browser.recv(65_536):
                self._chunks.append(chunk)
                collector.sendall(chunk)
        _hang_up(collector)

    def _answer(self, collector: socket.socket, browser: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while chunk := collector.recv(65_536):
                if self.deaf:
                    break
                browser.sendall(chunk)
        _hang_up(browser)


def _hang_up(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()
