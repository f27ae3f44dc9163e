"""What each step of an event costs on one thread, with nothing beside it: CPU us an event by step.

The steps are the program's own functions, on batches that it made itself. Under load the same steps cost up to twice
as much, since threads and processes share caches and cores; `ingest.py` measures that as a whole.
"""

from __future__ import annotations

import contextlib
import io
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.traffic import body
from collector import cargo, columns, engine, load, migrate, validate
from collector.app import create_app
from collector.config import Settings
from collector.event import Record
from collector.store import Store
from tests.support import CHROME, SITES_YML, now_ms

if TYPE_CHECKING:
    from collections.abc import Callable

ROUNDS = 5
ZONES = {"1": "Europe/Berlin"}


def measured(events: int, batches: int) -> dict[str, float]:
    """CPU us an event by step, for batches of `events`."""
    bodies = [body(events) for _ in range(batches)]
    documents = [validate.read(content) for content in bodies]
    verdicts = [validate.batch(document).batch for document in documents]
    records = [Record(now_ms(), 1, "demo-shop", CHROME, batch=verdict) for verdict in verdicts]
    rows = [(number, now_ms(), events, record.encode()) for number, record in enumerate(records)]
    parcels = cargo.unpack(rows)
    packed = cargo.pack(parcels, {}, ZONES)
    table = packed.builder.tables[min(packed.builder.tables)]

    steps: dict[str, Callable[[], Any]] = {
        "parse": lambda: [validate.read(content) for content in bodies],
        "validate": lambda: [validate.batch(document) for document in documents],
        "write the record": lambda: [record.encode() for record in records],
        "load: read": lambda: cargo.unpack(rows),
        "load: enrich": lambda: [columns._page_values(record, ZONES["1"]) for record in records],
        "load: rows": lambda: cargo.pack(parcels, {}, ZONES),
        "load: columns": table.columns,
    }
    found = {name: _least(step) for name, step in steps.items()}
    found["load: rows"] -= found["load: enrich"]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        request = _least(_requests(bodies, folder))
        found = {"HTTP, WSGI": request - sum(list(found.values())[:3])} | found
        found["load: insert"] = _insert(packed, table, folder)
    return {name: seconds / (events * batches) * 1e6 for name, seconds in found.items()}


def _requests(bodies: list[bytes], folder: Path) -> Callable[[], None]:
    """All batches through the application, which does everything but wait for the disk."""
    (folder / "config").mkdir()
    (folder / "config" / "sites.yml").write_text(SITES_YML)
    settings = {"FOOTPATH_DATA_DIR": str(folder / "web"), "FOOTPATH_CONFIG_DIR": str(folder / "config")}
    app = create_app(Settings.from_environment(settings | {"FOOTPATH_RATE": "1000000"}))
    spool = app.extensions["footpath"]
    spool.put = lambda *_: None

    def answer(status: str, *_: object) -> None:
        if not status.startswith("202"):
            raise RuntimeError(status)

    def run() -> None:
        for content in bodies:
            app(_environment(content), answer)

    return run


def _environment(content: bytes) -> dict[str, Any]:
    return dict(os.environ) | {
        "REQUEST_METHOD": "POST", "PATH_INFO": "/v1/events", "QUERY_STRING": "", "SERVER_PROTOCOL": "HTTP/1.1",
        "SERVER_NAME": "bench", "SERVER_PORT": "80", "REMOTE_ADDR": "203.0.113.9", "HTTP_USER_AGENT": CHROME,
        "CONTENT_TYPE": "text/plain", "CONTENT_LENGTH": str(len(content)), "wsgi.input": io.BytesIO(content),
        "wsgi.errors": sys.stderr, "wsgi.url_scheme": "http",
    }  # fmt: skip


def _insert(packed: cargo.Cargo, table: columns.Table, folder: Path) -> float:
    """The loader's side of an insert into a real ClickHouse, the ids included."""
    with engine.running(folder / "data") as connection:
        migrate.migrate(connection.loader_url, report=lambda _: None)
        store = Store(connection.loader_url)
        with contextlib.closing(store):
            ready = table.columns()
            return _least(lambda: (store.insert("events", ready), store.insert("seen", load._seen(packed))))


def _least(step: Callable[[], Any]) -> float:
    """CPU seconds of the quickest of some rounds."""
    spent = []
    for _ in range(ROUNDS):
        began = time.process_time()
        step()
        spent.append(time.process_time() - began)
    return min(spent)
