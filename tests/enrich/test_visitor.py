"""Visitors without storage, their sessions, and people by a keyed hash."""

import multiprocessing
import stat
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.enrich.visitor import Salts, load_key, person_id, session_id

DAY = date(2026, 11, 21)
UINT64 = 2**64
EPOCH = date(2025, 1, 1)


class Clock:
    """A day that a test moves."""

    def __init__(self, day: date = DAY) -> None:
        self.day = day

    def __call__(self) -> date:
        return self.day


def salts_of(directory: Path) -> set[str]:
    """The names of the files in a directory."""
    return {file.name for file in directory.iterdir()}


# --- salts ----------------------------------------------------------------------------------------------


def test_the_same_visitor_has_one_id_a_day(tmp_path: Path) -> None:
    """Site, address, user agent and day decide the id, and nothing else does."""
    salts = Salts(tmp_path, Clock())
    first = salts.visitor_id("shop", "192.0.2.1", "Firefox", DAY)
    assert salts.visitor_id("shop", "192.0.2.1", "Firefox", DAY) == first
    others = [
        salts.visitor_id("blog", "192.0.2.1", "Firefox", DAY),
        salts.visitor_id("shop", "192.0.2.2", "Firefox", DAY),
        salts.visitor_id("shop", "192.0.2.1", "Chrome", DAY),
        salts.visitor_id("shop", "192.0.2.1", "Firefox", DAY - timedelta(days=1)),
        salts.visitor_id("shop1", "92.0.2.1", "Firefox", DAY),
    ]
    assert len({first, *others}) == 6


def test_an_address_has_one_spelling(tmp_path: Path) -> None:
    """IPv4 in IPv6's clothes and long forms of IPv6 are the same visitor."""
    salts = Salts(tmp_path, Clock())

    def of(address: str) -> int:
        return salts.visitor_id("shop", address, "Firefox", DAY)

    assert of("::ffff:192.0.2.1") == of("192.0.2.1")
    assert of("2001:DB8:0:0::1") == of("2001:db8::1")


def test_only_the_first_512_characters_of_a_user_agent_count(tmp_path: Path) -> None:
    """The id is that of the user agent as it is cut elsewhere."""
    salts = Salts(tmp_path, Clock())

    def of(user_agent: str) -> int:
        return salts.visitor_id("shop", "192.0.2.1", user_agent, DAY)

    assert of("x" * 512 + "y") == of("x" * 512)
    assert of("x" * 511) != of("x" * 512)


def test_a_salt_is_16_bytes_for_its_owner_only(tmp_path: Path) -> None:
    """Nobody else on the machine can read a salt."""
    Salts(tmp_path, Clock()).visitor_id("shop", "192.0.2.1", "Firefox", DAY)
    file = tmp_path / "salt-2026-11-21"
    assert len(file.read_bytes()) == 16
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_restart_keeps_the_ids(tmp_path: Path) -> None:
    """The salt outlives the process."""
    first = Salts(tmp_path, Clock()).visitor_id("shop", "192.0.2.1", "Firefox", DAY)
    assert Salts(tmp_path, Clock()).visitor_id("shop", "192.0.2.1", "Firefox", DAY) == first


def test_another_installation_has_other_ids(tmp_path: Path) -> None:
    """Ids cannot be compared, or found by trying, without the salt."""
    one = Salts(tmp_path / "one", Clock()).visitor_id("shop", "192.0.2.1", "Firefox", DAY)
    assert Salts(tmp_path / "two", Clock()).visitor_id("shop", "192.0.2.1", "Firefox", DAY) != one


def test_midnight_is_bridged_and_48_hours_are_the_end(tmp_path: Path) -> None:
    """Yesterday's salt is kept, the one before is deleted in memory and on disk."""
    clock = Clock()
    salts = Salts(tmp_path, clock)
    first = salts.visitor_id("shop", "192.0.2.1", "Firefox", DAY)
    clock.day = DAY + timedelta(days=1)
    assert salts.visitor_id("shop", "192.0.2.1", "Firefox", DAY) == first
    clock.day = DAY + timedelta(days=2)
    with pytest.raises(ValueError, match="2026-11-21"):
        salts.visitor_id("shop", "192.0.2.1", "Firefox", DAY)
    salts.visitor_id("shop", "192.0.2.1", "Firefox", clock.day)
    assert salts_of(tmp_path) == {"salt-2026-11-23"}
    assert DAY not in salts._salts


@pytest.mark.parametrize("days", [-400, -2, 1, 30])
def test_only_today_and_yesterday_have_ids(tmp_path: Path, days: int) -> None:
    """A day without a salt is an error, not another visitor."""
    with pytest.raises(ValueError, match="today and yesterday"):
        Salts(tmp_path, Clock()).visitor_id("shop", "192.0.2.1", "Firefox", DAY + timedelta(days=days))


def test_starting_sweeps_what_is_over(tmp_path: Path) -> None:
    """Old salts and drafts that a crash left go; kept days, tomorrow and other files stay."""
    kept = {"salt-2026-11-20", "salt-2026-11-21", "salt-2026-11-22", "salt-of-the-earth", "notes.txt"}
    for name in {*kept, "salt-2026-11-19", "salt-2026-11-18.17-c0ffee"}:
        (tmp_path / name).write_bytes(bytes(16))
    Salts(tmp_path, Clock())
    assert salts_of(tmp_path) == kept


def test_an_idle_process_sweeps_when_asked(tmp_path: Path) -> None:
    """A process without visits still keeps the promise of 48 hours."""
    clock = Clock()
    salts = Salts(tmp_path, clock)
    salts.visitor_id("shop", "192.0.2.1", "Firefox", DAY)
    clock.day = DAY + timedelta(days=2)
    salts.sweep()
    assert salts_of(tmp_path) == set()


def test_a_salt_cut_short_is_an_error(tmp_path: Path) -> None:
    """Half a salt is never hashed with."""
    (tmp_path / "salt-2026-11-21").write_bytes(b"short")
    with pytest.raises(ValueError, match="salt-2026-11-21 has 5 bytes"):
        Salts(tmp_path, Clock()).visitor_id("shop", "192.0.2.1", "Firefox", DAY)


def test_drafts_do_not_stay(tmp_path: Path) -> None:
    """Making a salt leaves the salt and nothing else."""
    Salts(tmp_path, Clock()).visitor_id("shop", "192.0.2.1", "Firefox", DAY)
    assert salts_of(tmp_path) == {"salt-2026-11-21"}


def _race(directory: str, start: object, results: object) -> None:
    """One worker: waits for the others, then asks for ids of both days and for the key."""
    salts = Salts(Path(directory), Clock())
    start.wait()  # type: ignore[attr-defined]
    ids = [salts.visitor_id("shop", "192.0.2.1", "Firefox", DAY - timedelta(days=back)) for back in (0, 1)]
    results.put((*ids, load_key(Path(directory) / "config").hex()))  # type: ignore[attr-defined]


@pytest.mark.parametrize("attempt", range(3))
def test_racing_workers_agree(tmp_path: Path, attempt: int) -> None:
    """Eight processes that need a salt at the same moment end up with one."""
    context = multiprocessing.get_context("spawn")
    start, results = context.Barrier(8), context.Queue()
    workers = [context.Process(target=_race, args=(str(tmp_path), start, results)) for _ in range(8)]
    for worker in workers:
        worker.start()
    answers = {results.get(timeout=60) for _ in workers}
    for worker in workers:
        worker.join(timeout=60)
    assert len(answers) == 1
    assert salts_of(tmp_path) == {"salt-2026-11-20", "salt-2026-11-21", "config"}
    assert salts_of(tmp_path / "config") == {"secret.key"}


# --- sessions -------------------------------------------------------------------------------------------


@given(st.integers(1, UINT64 - 1), st.dates(EPOCH, date(2059, 1, 1)))
def test_a_session_lies_in_its_day(visitor: int, day: date) -> None:
    """The upper 40 bits are a moment of the day, in ms since 2025-01-01."""
    session = session_id(visitor, day)
    ms = session >> 24
    assert 0 < session < UINT64
    assert (day - EPOCH).days * 86_400_000 <= ms < ((day - EPOCH).days + 1) * 86_400_000


def test_a_session_is_a_visitor_and_a_day() -> None:
    """The same in every process, another for another visitor or day."""
    assert session_id(7, DAY) == session_id(7, DAY)
    assert len({session_id(7, DAY), session_id(8, DAY), session_id(7, DAY + timedelta(days=1))}) == 3


def test_a_session_is_the_same_in_every_release() -> None:
    """A batch of a day that began before an upgrade belongs to the same session after it."""
    assert session_id(0x3F9A0C4417BE20D1, DAY) == SESSION


@given(st.integers(0, UINT64 - 1), st.dates())
def test_a_session_fits_uint64_on_any_day(visitor: int, day: date) -> None:
    """Days before 2025 and after the 40 bits give an id too."""
    assert 0 < session_id(visitor, day) < UINT64


# --- people ---------------------------------------------------------------------------------------------


@given(st.binary(min_size=1, max_size=64), st.text(), st.text())
def test_a_person_fits_uint64(key: bytes, site: str, identifier: str) -> None:
    """Any identifier has an id, and 0 stays free for nobody."""
    assert 0 < person_id(key, site, identifier) < UINT64


def test_a_person_is_a_key_a_site_and_an_identifier() -> None:
    """Where one of them differs, so does the person."""
    key = bytes(range(32))
    people = {
        person_id(key, "shop", "ada@example.com"),
        person_id(key, "blog", "ada@example.com"),
        person_id(key, "shop", "Ada@example.com"),
        person_id(bytes(32), "shop", "ada@example.com"),
        person_id(key, "shopa", "da@example.com"),
    }
    assert len(people) == 5
    assert person_id(key, "shop", "ada@example.com") == PERSON


def test_lone_surrogates_are_hashed(tmp_path: Path) -> None:
    """Text that is no Unicode still has an id."""
    assert person_id(b"key", "shop", "\udcff\x00") > 0
    assert Salts(tmp_path, Clock()).visitor_id("shop", "\udcff", "\ud800", DAY) > 0


def test_a_person_needs_a_key() -> None:
    """An empty key would make the hash one that anybody can compute."""
    with pytest.raises(ValueError, match="key is empty"):
        person_id(b"", "shop", "ada@example.com")


def test_the_key_is_made_once(tmp_path: Path) -> None:
    """32 random bytes for the owner only, the same ever after."""
    key = load_key(tmp_path / "config")
    assert len(key) == 32
    assert load_key(tmp_path / "config") == key
    assert stat.S_IMODE((tmp_path / "config" / "secret.key").stat().st_mode) == 0o600
    assert load_key(tmp_path / "other") != key


def test_a_key_of_another_length_is_an_error(tmp_path: Path) -> None:
    """A damaged key is not replaced: every person would become a stranger."""
    (tmp_path / "secret.key").write_bytes(b"damaged")
    with pytest.raises(ValueError, match=r"secret\.key has 7 bytes instead of 32"):
        load_key(tmp_path)


SESSION = 999119091064782193
PERSON = 329816524197267947
