"""Batches as browsers send them, at full speed or at a given rate, from a process of their own."""

from __future__ import annotations

import json
import multiprocessing
import socket
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.support import CHROME, batch, click

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass
class Load:
    """What the senders saw: seconds until the last answer, and each answer's milliseconds.

    At a given rate an answer's time counts from when its request was due, so that a stall is not hidden by requests
    that were not sent meanwhile.
    """

    batches: int
    seconds: float
    answers: list[float]

    def quantile(self, share: float) -> float:
        """Milliseconds within which this share of the answers came."""
        return sorted(self.answers)[min(len(self.answers) - 1, int(len(self.answers) * share))]


def same_few(number: int) -> str:
    """One of five user agents."""
    return CHROME.replace("142", str(138 + number % 5))


def always_new(number: int) -> str:
    """A user agent that nobody sent before."""
    return CHROME.replace("142.0.0.0", f"142.0.{time.time_ns() % 10**9}.{number}")


def body(events: int) -> bytes:
    """A batch of a page view and clicks, every one of another visitor and page view."""
    kinds = [{"n": 0, "t": 0, "k": "page_view"}, *(click(number) for number in range(1, events))]
    return json.dumps(batch(kinds), separators=(",", ":")).encode()


def drive(
    port: int,
    batches: int,
    events: int,
    *,
    connections: int = 16,
    rate: float = 0,
    user_agent: Callable[[int], str] = same_few,
) -> Load:
    """Send `batches` of `events` each over kept-alive connections, `rate` a second (0: as fast as answers come)."""
    requests = [_request(body(events), user_agent(number)) for number in range(batches)]
    results: multiprocessing.SimpleQueue[Load] = multiprocessing.SimpleQueue()
    process = multiprocessing.Process(target=_send, args=(port, requests, connections, rate, results))
    process.start()
    load = results.get()
    process.join()
    return load


def _send(
    port: int, requests: list[bytes], connections: int, rate: float, results: multiprocessing.SimpleQueue[Load]
) -> None:
    pending = list(enumerate(requests))
    answers: list[float] = []
    began = time.perf_counter()

    def work(mine: list[tuple[int, bytes]]) -> None:
        with socket.create_connection(("127.0.0.1", port)) as line:
            for number, request in mine:
                due = began + number / rate if rate else time.perf_counter()
                time.sleep(max(0.0, due - time.perf_counter()))
                line.sendall(request)
                _await_answer(line)
                answers.append((time.perf_counter() - due) * 1000)

    threads = [threading.Thread(target=work, args=(pending[place::connections],)) for place in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    results.put(Load(len(requests), time.perf_counter() - began, answers))


def _request(content: bytes, user_agent: str) -> bytes:
    head = (
        f"POST /v1/events HTTP/1.1\r\nHost: bench\r\nUser-Agent: {user_agent}\r\nContent-Type: text/plain\r\n"
        f"Content-Length: {len(content)}\r\n\r\n"
    )
    return head.encode() + content


def _await_answer(line: socket.socket) -> None:
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += line.recv(65536)
    head, _, rest = answer.partition(b"\r\n\r\n")
    if b" 202 " not in head[:20]:
        raise RuntimeError(f"not taken: {answer!r}")
    missing = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0]) - len(rest)
    while missing > 0:
        missing -= len(line.recv(65536))
