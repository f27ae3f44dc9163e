"""Ids of visitors of whom nothing may be stored, and of people who gave their name.

A visitor without storage is the keyed hash of site, address and user agent. The key is a random salt that
lives for one UTC day and is deleted when the next one is over, 48 h after the day began: from then on nobody
can tell whether an address was here. Neither address nor user agent is kept.
"""

import ipaddress
import os
import secrets
import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from hashlib import blake2b
from pathlib import Path

SALT_BYTES = 16
KEY_BYTES = 32
KEY_FILE = "secret.key"
MAX_USER_AGENT = 512
"""Characters of a user agent that count."""

_EPOCH = date(2025, 1, 1)
_DAY_MS = 86_400_000
_PREFIX = "salt-"


def utc_today() -> date:
    """The day it is in UTC."""
    return datetime.now(UTC).date()


class Salts:
    """The salts of today and yesterday in a directory that the worker processes share.

    directory: is made where missing, mode 0700. today: which day it is in UTC. A salt is a file
    `salt-YYYY-MM-DD` of 16 random bytes, mode 0600, made by whoever needs it first; workers that race for it
    agree. Older ones are deleted by the first call of a day, or by `sweep`. Needs a file system with hard
    links.
    Safe to share among threads.
    """

    def __init__(self, directory: Path, today: Callable[[], date] = utc_today) -> None:
        self._directory = directory
        self._today = today
        self._salts: dict[date, bytes] = {}
        self._swept: date | None = None
        self._lock = threading.Lock()
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.sweep()

    def visitor_id(self, site: str, address: str, user_agent: str, day: date) -> int:
        """64 bits that are the same for one site, address and user agent on one day; never 0.

        day: the UTC day on which the page view began, today or yesterday; ValueError otherwise. OSError when
        the salt can be neither read nor written.
        """
        salt = self._salt(day)
        return _hash(salt, b"visitor", site, _normal(address), user_agent[:MAX_USER_AGENT])

    def sweep(self) -> None:
        """Deletes the salts of days before yesterday, in memory and on disk. Cheap when nothing is to do.

        A process that may be idle for days calls this once in a while: nobody else deletes its share.
        """
        today = self._today()
        if self._swept == today:
            return
        with self._lock:
            self._salts = {day: salt for day, salt in self._salts.items() if not _is_over(day, today)}
            for file in self._directory.glob(_PREFIX + "*"):
                if _is_over(_day_of(file), today):
                    file.unlink(missing_ok=True)
            self._swept = today

    def _salt(self, day: date) -> bytes:
        """The salt of a day that is still kept."""
        self.sweep()
        today = self._today()
        if day > today or _is_over(day, today):
            raise ValueError(f"no salt is kept for {day.isoformat()}: only for today and yesterday (UTC)")
        with self._lock:
            if day not in self._salts:
                self._salts[day] = _shared_bytes(self._directory / (_PREFIX + day.isoformat()), SALT_BYTES)
            return self._salts[day]


def _is_over(day: date, today: date) -> bool:
    """Whether a day's salt must go. Not that of tomorrow: another process may have seen midnight first."""
    return day < today - timedelta(days=1)


def _day_of(file: Path) -> date:
    """The day in the name of a salt, or of a draft that a crash left; no day of ours for another name."""
    try:
        return date.fromisoformat(file.name.removeprefix(_PREFIX)[:10])
    except ValueError:
        return date.max


def session_id(visitor: int, day: date) -> int:
    """The session of a visitor's whole day, where nothing is stored; never 0, the same in every process.

    ((00:00 of the day in ms since 2025-01-01 + hash mod 86,400,000) << 24) | 24 further bits: built like the
    sessions that browsers make, so that it sorts among them. Days before 2025 count as its first.
    """
    digest = _digest(visitor.to_bytes(8, "little"), b"session", day.isoformat(), size=16)
    start_ms = max((day - _EPOCH).days, 0) * _DAY_MS
    within_ms = int.from_bytes(digest[:8], "little") % _DAY_MS
    further = int.from_bytes(digest[8:11], "little")
    return ((((start_ms + within_ms) & 0xFF_FFFF_FFFF) << 24) | further) or 1


def person_id(key: bytes, site: str, identifier: str) -> int:
    """64 bits that stand for an identifier on a site, the same wherever the key is the same; never 0.

    key: what `load_key` gives; ValueError when it is empty.
    """
    if not key:
        raise ValueError("the key is empty: without one, anybody could find an identifier by trying")
    return _hash(key, b"person", site, identifier)


def load_key(config_dir: Path) -> bytes:
    """The 32 bytes of `secret.key` in the configuration directory, which is made where missing.

    The file's mode is 0600, and workers that race for it agree. Collectors of one installation need the same
    file: copy it. ValueError when it has another length, OSError when it can be neither read nor written.
    """
    config_dir.mkdir(parents=True, exist_ok=True)
    return _shared_bytes(config_dir / KEY_FILE, KEY_BYTES)


def fingerprint(key: bytes) -> str:
    """8 hex digits by which people compare keys; they tell nothing else about one."""
    return _digest(key, b"fingerprint", size=4).hex()


def _shared_bytes(file: Path, size: int) -> bytes:
    """The random bytes in a file, made by the first of the processes that ask.

    The bytes are written and synced under another name, and a hard link gives them theirs: it fails when the
    name is taken, so that one process wins and none ever reads half a file.
    """
    if not file.exists():
        _offer(file, secrets.token_bytes(size))
    found = file.read_bytes()
    if len(found) != size:
        raise ValueError(
            f"{file} has {len(found)} bytes instead of {size}: bring back a copy. Without one, delete it: "
            "a new one is made, and ids made before will not be met again."
        )
    return found


def _offer(file: Path, content: bytes) -> None:
    """Writes a file unless there is one."""
    draft = file.with_name(f"{file.name}.{os.getpid()}-{secrets.token_hex(8)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        os.link(draft, file)
    except FileExistsError:
        pass  # another process was first: its bytes count
    finally:
        draft.unlink(missing_ok=True)


def _normal(address: str) -> str:
    """One spelling of an address; whatever is none stays as it is."""
    try:
        found = ipaddress.ip_address(address.strip())
    except ValueError:
        return address
    return str(getattr(found, "ipv4_mapped", None) or found)


def _hash(key: bytes, use: bytes, *parts: str) -> int:
    """64 bits of keyed BLAKE2b that are not 0."""
    return int.from_bytes(_digest(key, use, *parts, size=8), "little") or 1


def _digest(key: bytes, use: bytes, *parts: str, size: int) -> bytes:
    """Keyed BLAKE2b of parts, each led by its length, so that no two lists of parts read the same.

    use: keeps hashes for one purpose apart from those for another, at most 16 bytes.
    """
    state = blake2b(key=key, person=use, digest_size=size)
    for part in parts:
        content = part.encode("utf-8", "surrogatepass")
        state.update(len(content).to_bytes(8, "little") + content)
    return state.digest()
