"""A TCP proxy in front of ClickHouse that can be shut, and can cut a connection after an insert, before its answer."""

from __future__ import annotations

import contextlib
import socket
import threading
from urllib.parse import urlsplit


class Gate:
    """Forwards to the ClickHouse of `url` while open.

    `cuts`: how many answers to inserts into `table` are still to be lost.
    """

    def __init__(self, url: str, table: str = "events") -> None:
        parts = urlsplit(url)
        assert parts.hostname is not None
        assert parts.port is not None
        self._target = (parts.hostname, parts.port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.table = table
        self.port = int(self._listener.getsockname()[1])
        self.url = url.replace(f":{parts.port}/", f":{self.port}/")
        self.open = True
        self.cuts = 0
        self._pairs: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def shut(self) -> None:
        """Refuse: existing connections break, new ones end at once."""
        self.open = False
        for end in self._pairs:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """End for good."""
        self.shut()
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                if not self.open:
                    client.close()
                    continue
                server = socket.create_connection(self._target)
                self._pairs += [client, server]
                sent = [0]
                for source, sink, forward in ((client, server, True), (server, client, False)):
                    threading.Thread(target=self._pump, args=(source, sink, sent, forward), daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket, sent: list[int], forward: bool) -> None:
        """`sent` counts the bytes that followed an INSERT: the sample block's answer passes, the final one is cut."""
        with contextlib.suppress(OSError):
            while data := source.recv(1 << 16):
                if forward:
                    sent[0] = 1 if f"INSERT INTO {self.table} ".encode() in data else sent[0] and sent[0] + len(data)
                elif sent[0] > 500:
                    sent[0] = 0
                    if self.cuts > 0:
                        self.cuts -= 1
                        break
                sink.sendall(data)
        for end in (source, sink):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
