"""`footpath erase` and `footpath export`: what the routes for a visitor do, from the machine itself."""

from __future__ import annotations

import contextlib
import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from collector import dossier, personal, spool, supervise
from collector.config import ConfigError
from collector.event import Record
from collector.sites import read_sites
from collector.store import Store, StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from collector.config import Settings
    from collector.personal import Visitor

PATIENCE_SECONDS: Final = 600
_PAUSE: Final = 0.2


class PrivacyError(RuntimeError):
    """It cannot be done; the message says why."""


FAILURES: Final = (PrivacyError, ConfigError, StoreError, spool.SpoolError, OSError)


@dataclass(frozen=True, slots=True)
class Asked:
    """An erasure that was asked for at `at` (Unix ms), and the rows by table before it, where they were counted."""

    visitor: Visitor
    at: int
    before: dict[str, int] | None


def ask_to_erase(settings: Settings, key: str, visitor: str, *, wait: bool) -> Asked:
    """Put the command into the spool; with `wait` count the visitor's rows first.

    Raises:
        FAILURES: the site or visitor is wrong, the spool cannot take it, or, with `wait`, no ClickHouse answers.
    """
    whom = _visitor(settings, key, visitor)
    before = _counts(settings, whom) if wait else None
    now = time.time_ns() // 1_000_000
    writer = spool.Spool(settings.spool_dir, synchronous=settings.spool_sync)
    try:
        writer.put(Record(now, whom[0], key, erase=visitor).encode(), 0, now)
    finally:
        writer.close()
    return Asked(whom, now, before)


def await_erased(settings: Settings, asked: Asked) -> dict[str, int]:
    """Wait until the loader is done, and count again: rows by table.

    Raises:
        FAILURES: ClickHouse does not answer, or it is not done within ten minutes.
    """
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        with _store(settings) as store:
            found = dossier.erasure(store, settings.spool_dir, asked.visitor)
        if found["state"] == "erased" and found["asked_at"] >= asked.at:
            return _counts(settings, asked.visitor)
        time.sleep(_PAUSE)
    raise PrivacyError("not done within ten minutes; the command is kept, `footpath check` says what is wrong")


def export(settings: Settings, key: str, visitor: str) -> Iterator[str]:
    """Everything that is stored about a visitor, as `dossier.lines` has it.

    Raises:
        FAILURES: the site or visitor is wrong, or no ClickHouse answers.
    """
    whom = _visitor(settings, key, visitor)
    with _store(settings) as store:
        yield from dossier.lines(store, settings.spool_dir, whom)


def _visitor(settings: Settings, key: str, visitor: str) -> Visitor:
    sites = read_sites(settings.config_dir)
    if key not in sites:
        raise PrivacyError(f"{key!r} is not in {settings.config_dir / 'sites.yml'}; it has {', '.join(sites)}")
    if not re.fullmatch(r"[0-9a-f]{16}", visitor) or not int(visitor, 16):
        raise PrivacyError("a visitor's id has 16 hex digits, in small letters")
    return sites[key].id, int(visitor, 16)


def _store(settings: Settings) -> contextlib.closing[Store]:
    return contextlib.closing(Store(supervise.database_url(settings)))


def _counts(settings: Settings, visitor: Visitor) -> dict[str, int]:
    with _store(settings) as store:
        return personal.counts(store, visitor)
