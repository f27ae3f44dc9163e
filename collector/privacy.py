"""`footpath erase`, `export`, `unlink` and `relink`: what is done about one visitor, from the machine itself."""

from __future__ import annotations

import contextlib
import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from collector import database, dossier, links, personal, spool
from collector.config import ConfigError
from collector.event import Record
from collector.sites import known, read_sites
from collector.store import Store, StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from collector.config import Settings
    from collector.personal import Visitor

PATIENCE_SECONDS: Final = 600
_PAUSE: Final = 0.2


class PrivacyError(RuntimeError):
    """It cannot be done; the message says why."""


FAILURES: Final = (PrivacyError, ConfigError, StoreError, spool.SpoolError, OSError, links.NoLink)


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


def unlink(settings: Settings, key: str, visitor: str, person: str | None) -> dict[str, int]:
    """Undo what links a visitor to a person, or to everybody: rows written to `identity`, by person as reports say it.

    Raises:
        FAILURES: site, visitor or person is wrong, there never was such a link, or no ClickHouse answers.
    """
    return _change(settings, key, visitor, person, links.undo)


def relink(settings: Settings, key: str, visitor: str, person: str | None) -> dict[str, int]:
    """Make the links again that `unlink` undid; otherwise as `unlink`."""
    return _change(settings, key, visitor, person, links.restore)


def _change(
    settings: Settings,
    key: str,
    visitor: str,
    person: str | None,
    change: Callable[[Store, Visitor, int | None], dict[int, int]],
) -> dict[str, int]:
    whom = _visitor(settings, key, visitor)
    number = None if person is None else _number(person.removeprefix("person:"), "person")
    with _store(settings) as store:
        return {f"person:{each:016x}": rows for each, rows in change(store, whom, number).items()}


def _visitor(settings: Settings, key: str, visitor: str) -> Visitor:
    site = known(read_sites(settings.config_dir), key, settings.config_dir)
    return site.id, _number(visitor, "visitor")


def _number(text: str, what: str) -> int:
    if not re.fullmatch(r"[0-9a-f]{16}", text) or not int(text, 16):
        raise PrivacyError(f"a {what}'s id has 16 hex digits, in small letters")
    return int(text, 16)


def _store(settings: Settings) -> contextlib.closing[Store]:
    return contextlib.closing(Store(database.url(settings)))


def _counts(settings: Settings, visitor: Visitor) -> dict[str, int]:
    with _store(settings) as store:
        return personal.counts(store, visitor)
