"""The letter of a week says what the reports say, names what changed and nothing else, and arrives."""

from __future__ import annotations

import email
import re
from datetime import date, timedelta
from email import policy
from typing import TYPE_CHECKING, Any

import pytest
from aiosmtpd.controller import Controller
from click.testing import CliRunner

from collector.cli import main
from collector.migrate import migrate
from collector.store import Store
from collector.summary import compose, render
from collector.summary.send import MailError, send
from tests.query import worlds
from tests.support import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

    from collector.engine import Connection
    from collector.query import Site
    from collector.summary.compose import Letter

MONDAY = date(2026, 11, 9)
HOSTILE = "/<script>alert(1)</script>\"'&amp;"
_FROM, _TO = "Footpath <footpath@shop.example>", ["team@shop.example", "boss@shop.example"]


@pytest.fixture(scope="module")
def store(engine: Connection) -> Iterator[Store]:
    url = engine.loader_url.replace("/footpath", "/summaries")
    migrate(url)
    store = Store(url)
    yield store
    store.close()


def _week(first: int, monday: date, rates: dict[str, tuple[int, int]], path: str = "/") -> list[dict[str, Any]]:
    """Visits of a week: of each device so many, of which so many buy for 10 EUR."""
    events: list[dict[str, Any]] = []
    begin, number = worlds.ms(f"{monday}T08:00:00"), first
    for device, (buying, all_) in rates.items():
        for index in range(all_):
            number += 1
            visit = {
                "at": begin + index % 7 * worlds.DAY + index * 1000,
                "visitor_id": number,
                "session_id": number,
                "page_id": number,
                "device": device,
                "path": path,
                "entry_path": path,
            }
            events.append(visit)
            if index < buying:
                sold = {"kind": "conversion", "goal": "purchase", "value": "10", "currency": "EUR"}
                events.append({**visit, **sold, "n": 1, "at": visit["at"] + 1, "order_id": f"order {number}"})
    return events


@pytest.fixture(scope="module")
def shop(store: Store) -> Site:
    """Of two weeks: on phones one in five bought, then one in twenty; on desktops one in ten both weeks."""
    before = _week(0, MONDAY - timedelta(days=7), {"mobile": (80, 400), "desktop": (60, 600)})
    after = _week(10_000, MONDAY, {"mobile": (20, 400), "desktop": (60, 600)})
    worlds.save(store, 1, [*before, *after])
    return worlds.site(store, 1)


@pytest.fixture(scope="module")
def letter(shop: Site) -> Letter:
    return compose.compose(shop, MONDAY)


def test_the_largest_change_comes_first_with_its_interval_and_how_many_it_concerns(letter: Letter) -> None:
    phones = next(change for change in letter.changes if change.what == "Converted: device = mobile")
    assert (phones.before.k, phones.before.n, phones.after.k, phones.after.n) == (80, 400, 20, 400)
    assert phones.change == pytest.approx(-0.15)
    assert phones.low < -0.15 < phones.high < 0
    assert phones.more == pytest.approx(-60)
    assert not phones.is_good
    sizes = [abs(change.more) for change in letter.changes]
    assert sizes == sorted(sizes, reverse=True)
    assert len(letter.changes) <= compose.MOST_CHANGES


def test_what_did_not_change_is_not_named(letter: Letter) -> None:
    assert not [change for change in letter.changes if "desktop" in change.what]
    assert letter.judged >= 4


def test_a_week_like_the_one_before_has_no_changes(store: Store) -> None:
    same = {"mobile": (20, 200), "desktop": (30, 300)}
    worlds.save(store, 2, [*_week(0, MONDAY - timedelta(days=7), same), *_week(10_000, MONDAY, same)])
    letter = compose.compose(worlds.site(store, 2), MONDAY)
    assert letter.judged >= 4
    assert letter.changes == ()
    assert "No change beyond chance" in render.page(letter)


def test_an_empty_week_says_that_there_is_too_little_to_judge(store: Store) -> None:
    worlds.save(store, 3, [{"at": worlds.ms("2026-09-01T12:00:00")}])
    letter = compose.compose(worlds.site(store, 3), MONDAY)
    assert letter.judged == 0
    assert "too few visits to judge" in render.page(letter)
    assert {figure.name: figure.now for figure in letter.figures}["Sessions"] == "0"


def test_the_figures_are_those_of_the_reports(shop: Site, letter: Letter) -> None:
    shown = {figure.name: figure for figure in letter.figures}
    total = shop.traffic("2026-11-09..2026-11-16", goal=compose.EVERYTHING).total
    (money,) = shop.revenue("2026-11-09..2026-11-16", compose.EVERYTHING).rows
    assert shown["Visitors"].now == f"{total.visitors:,}" == "1,000"
    assert total.conversion is not None
    assert shown["Converted"].now == compose.percent(total.conversion)
    assert shown["Revenue, EUR"].now == f"{money.revenue:,.2f}" == "800.00"
    assert shown["Revenue, EUR"].before == "1,400.00"
    assert shown["Revenue, EUR"].change == "−43 %"


def test_what_visitors_sent_is_text_and_nothing_comes_from_elsewhere(store: Store) -> None:
    earlier, other = MONDAY - timedelta(days=7), {"desktop": (60, 600)}
    fallen = [*_week(0, earlier, {"desktop": (80, 400)}, HOSTILE), *_week(5000, earlier, other)]
    fallen += [*_week(10_000, MONDAY, {"desktop": (20, 400)}, HOSTILE), *_week(15_000, MONDAY, other)]
    worlds.save(store, 4, fallen)
    letter = compose.compose(worlds.site(store, 4), MONDAY)
    assert [change.of for change in letter.changes] == [f"visits that begin on {HOSTILE}"]
    html = render.page(letter)
    assert "<script" not in html
    assert "&lt;script&gt;alert(1)" in html
    sources = re.findall(r"(?:src|href)=\"([^\"]{0,30})", html)
    assert sources
    assert all(source.startswith("data:image/png;base64,") for source in sources)


@pytest.mark.parametrize(
    ("day", "monday"),
    [
        ("2026-11-16", "2026-11-09"),
        ("2026-11-22", "2026-11-09"),
        ("2026-11-23", "2026-11-16"),
        ("2027-01-03", "2026-12-21"),
    ],
)
def test_the_last_whole_week_is_meant(day: str, monday: str) -> None:
    assert compose.week_before(date.fromisoformat(day)) == date.fromisoformat(monday)


class _Box:
    """What an SMTP server was given."""

    def __init__(self) -> None:
        self.envelopes: list[Any] = []

    async def handle_DATA(self, _: Any, __: Any, envelope: Any) -> str:
        self.envelopes.append(envelope)
        return "250 OK"

    async def handle_RCPT(self, _: Any, __: Any, envelope: Any, address: str, ___: Any) -> str:
        if address.startswith("nobody"):
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"


@pytest.fixture
def server() -> Iterator[tuple[_Box, str]]:
    box = _Box()
    port = free_port()
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    yield box, f"smtp://127.0.0.1:{port}"
    controller.stop()


def test_a_mail_arrives_as_text_and_html_with_its_pictures_inside(letter: Letter, server: tuple[_Box, str]) -> None:
    box, url = server
    send(render.mail(letter, _FROM, _TO), url)
    (envelope,) = box.envelopes
    assert envelope.rcpt_tos == _TO
    mail = email.message_from_bytes(envelope.content, policy=policy.default)
    assert mail["Subject"] == letter.subject
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text is not None
    assert html is not None
    assert "Converted: device = mobile - worse" in text.get_content()
    wanted = set(re.findall(r"src=\"cid:([^\"]+)\"", html.get_content()))
    inside = {part["Content-ID"].strip("<>"): part for part in mail.walk() if part["Content-ID"]}
    assert wanted == set(inside)
    assert all(part.get_content().startswith(b"\x89PNG") for part in inside.values())


def test_a_server_that_is_away_or_refuses_is_named(letter: Letter, server: tuple[_Box, str]) -> None:
    with pytest.raises(MailError, match=r"127\.0\.0\.1:1 did not take the mail"):
        send(render.mail(letter, _FROM, _TO), "smtp://127.0.0.1:1")
    with pytest.raises(MailError, match="nobody"):
        send(render.mail(letter, _FROM, ["nobody@shop.example"]), server[1])


def test_the_command_writes_a_file_and_says_what_is_missing_for_a_mail(
    tmp_path: Any, engine: Connection, store: Store, shop: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FOOTPATH_CLICKHOUSE_URL", engine.loader_url.replace("/footpath", "/summaries"))
    monkeypatch.chdir(tmp_path)
    key = store.execute("SELECT key FROM sites WHERE site_id = 1")[0][0]
    said = ["summary", "--site", key, "--week", "2026-11-11"]
    done = CliRunner().invoke(main, [*said, "--out", "week.html"])
    assert done.exit_code == 0, done.output
    assert "9 November to 15 November 2026" in done.output
    assert "Converted: device = mobile" in (tmp_path / "week.html").read_text()
    assert "on the dashboard" not in (tmp_path / "week.html").read_text()
    monkeypatch.setenv("FOOTPATH_DASHBOARD_URL", "https://dashboard.example/")
    assert CliRunner().invoke(main, [*said, "--out", "week.html"]).exit_code == 0
    there = f"https://dashboard.example/sites/{key}/overview?from=2026-11-09&amp;to=2026-11-16&amp;compare=previous"
    assert f'<a href="{there}' in (tmp_path / "week.html").read_text()
    for arguments, missing in (((), "--out FILE, or --mail"), (("--mail", "a@b.example"), "FOOTPATH_SMTP_URL")):
        refused = CliRunner().invoke(main, [*said, *arguments])
        assert refused.exit_code == 2
        assert missing in refused.output
    unknown = CliRunner().invoke(main, ["summary", "--site", "nowhere", "--out", "week.html"])
    assert unknown.exit_code == 1
    assert "nowhere" in unknown.output
