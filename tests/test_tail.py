"""`footpath tail`: what arrives, as a person sees it in a terminal."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from collector import tail
from collector.config import Settings
from tests.support import SITES_YML, Server, batch, click, serving, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A running program with three sites, one of them with a quota."""
    folder = tmp_path_factory.mktemp("tail")
    (folder / "config").mkdir()
    (folder / "config" / "sites.yml").write_text(
        SITES_YML
        + '  other:\n    id: 2\n    origins: ["https://other.example"]\n'
        + '  small:\n    id: 3\n    origins: ["*"]\n    quota: {day: 1}\n'
    )
    with serving(folder) as running:
        wait_until(lambda: running.post(batch())[0] == 202, what="a first batch")
        wait_until(lambda: running.metrics()["inserted"] == 10, what="the tables")
        yield running


class Terminal:
    """`footpath tail` in a process of its own, with its output in a file."""

    def __init__(self, server: Server, file: Path, *arguments: str, **settings: str) -> None:
        self.file = file
        self.process = subprocess.Popen(
            [sys.executable, "-m", "collector.cli", "tail", *arguments],
            stdout=file.open("wb"), stderr=subprocess.STDOUT, env=server.environment | settings, cwd=server.folder,
        )  # fmt: skip

    def shows(self, *texts: str) -> bool:
        return all(text in self.file.read_text() for text in texts)

    def interrupt(self) -> int:
        """ctrl-C."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(20)


def test_events_appear_as_they_arrive_and_ctrl_c_ends_cleanly(server: Server, tmp_path: Path) -> None:
    """Site, kind, path, what it is about, device, source, the visitor's first digits; each event once."""
    terminal = Terminal(server, tmp_path / "out")
    wait_until(lambda: terminal.shows("page_view"), what="the ten seconds before")
    sent = batch([
        click(1), {"n": 2, "t": 2000, "k": "conversion", "goal": "purchase", "value": 12.5, "currency": "EUR"},
        {"n": 3, "t": 3000, "k": "custom", "name": "evil\u202e\u009b31m"},
    ], visitor="abcdef0123456789")  # fmt: skip
    assert server.post(sent)[0] == 202
    wait_until(lambda: terminal.shows("purchase 12.5"), what="the conversion")
    assert server.post(batch([click(7)], visitor="fedcba0123456789"))[0] == 202
    wait_until(lambda: terminal.shows("fedcba"), what="the next batch")
    assert terminal.interrupt() == 0
    told = terminal.file.read_text()
    lines = [line for line in told.splitlines() if line.endswith("abcdef")]
    assert [line.split()[2] for line in lines] == ["click", "conversion", "custom"]
    assert 'demo-shop  click       /cart  button "Add to cart"  desktop  google  abcdef' in lines[0]
    assert "purchase 12.5 EUR" in lines[1]
    assert not {"\u202e", "\u009b"} & set(told)
    assert "Traceback" not in told


def test_refused_events_and_requests_come_with_their_reason(server: Server, tmp_path: Path) -> None:
    """With --refused nothing else is shown."""
    terminal = Terminal(server, tmp_path / "out", "--refused")
    everything = Terminal(server, tmp_path / "all")
    wait_until(lambda: everything.shows("page_view"), what="the start")
    for status, body in ((202, batch([{"n": 0, "t": 0, "k": "nonsense"}, click(1)])), (403, batch(site="nobody"))):
        assert server.post(body)[0] == status
    reasons = ("refused kind: k: unknown kind 'nonsense'", "refused requests: 1 × site")
    wait_until(lambda: terminal.shows(*reasons), what="the reasons")
    wait_until(lambda: everything.shows("refused kind:", "  click "), what="both")
    assert terminal.interrupt() == everything.interrupt() == 0
    assert not terminal.shows("  click ")


@pytest.mark.parametrize(
    ("site", "origin", "told"),
    [
        ("my-shoop", "https://any.example", "× site, such as: site 'my-shoop' is not in sites.yml"),
        ("other", "https://othre.example", "× origin, such as: origin 'https://othre.example' is not allowed"),
        ("small", "https://any.example", "× quota, such as: site small has sent the 1 events that its quota allows"),
    ],
)
def test_a_page_that_is_refused_is_named(server: Server, tmp_path: Path, site: str, origin: str, told: str) -> None:
    """As `footpath check` names it: one of a reason in ten seconds, so it is sent until that one is shown."""
    terminal = Terminal(server, tmp_path / "out", "--refused")

    def shown() -> bool:
        server.post(batch([click(1)], site=site), {"Origin": origin})
        return terminal.shows(told)

    wait_until(shown, what="the sentence")
    assert terminal.interrupt() == 0


def test_an_older_refusal_is_not_taken_for_a_new_one(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the note is of other requests, their number stands alone."""
    monkeypatch.setattr(tail, "_NOTE_SECONDS", -1)
    looking = tail.Tail(settings(server))
    lines: list[str] = []

    def refused() -> bool:
        server.post(batch(site="nobody"))
        lines.extend(line for line in looking.look() if "× site" in line)
        return bool(lines)

    wait_until(refused, what="the number")
    looking.close()
    assert not any("such as" in line for line in lines)


def test_one_site_is_shown_alone(server: Server, tmp_path: Path) -> None:
    """The other's events and refusals are not."""
    origin = {"Origin": "https://other.example"}
    assert server.post(batch([click(1)], site="other", visitor="0123450000000001"), origin)[0] == 202
    wait_until(lambda: "other" in str(tail.Tail(settings(server), "")._sites), what="the site")
    terminal = Terminal(server, tmp_path / "out", "--site", "other")
    assert server.post(batch([click(1)]))[0] == 202
    assert server.post(batch([click(2)], site="other", visitor="0123460000000001"), origin)[0] == 202
    wait_until(lambda: terminal.shows("012346"), what="the other site's click")
    assert terminal.interrupt() == 0
    assert not terminal.shows("demo-shop")


def test_a_named_server_is_read(server: Server, tmp_path: Path) -> None:
    """FOOTPATH_CLICKHOUSE_URL, as a reader who may write nothing, without the data directory of the collector."""
    running = tail._reader_url(settings(server))
    terminal = Terminal(
        server, tmp_path / "out", FOOTPATH_CLICKHOUSE_URL=running, FOOTPATH_DATA_DIR=str(tmp_path / "none")
    )
    assert server.post(batch([click(1)], visitor="aaaaaa0000000001"))[0] == 202
    wait_until(lambda: terminal.shows("aaaaaa"), what="the click")
    assert terminal.interrupt() == 0
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize(
    ("arguments", "changed", "told"),
    [
        ((), {"FOOTPATH_DATA_DIR": "nowhere"}, "no ClickHouse runs over nowhere; start `footpath serve`"),
        ((), {"FOOTPATH_CLICKHOUSE_URL": "clickhouse://x@127.0.0.1:1/footpath"}, "does not answer"),
        (("--site", "shop"), {}, "it has demo-shop"),
    ],
)
def test_it_says_why_it_cannot_begin(
    server: Server, tmp_path: Path, arguments: tuple[str, ...], changed: dict[str, str], told: str
) -> None:
    """One sentence, no traceback, exit code 1."""
    terminal = Terminal(server, tmp_path / "out", *arguments, **changed)
    assert terminal.process.wait(30) == 1
    assert terminal.shows(told)
    assert not terminal.shows("Traceback")


def test_it_goes_on_when_the_program_was_started_again(tmp_path: Path) -> None:
    """Another port, other passwords: said once, then found."""
    with serving(tmp_path) as server:
        assert server.post(batch())[0] == 202
        wait_until(lambda: server.metrics().get("inserted") == 10, what="the tables")
        terminal = Terminal(server, tmp_path / "out")
        wait_until(lambda: terminal.shows("page_view"), what="the start")
    wait_until(lambda: terminal.shows("waiting: "), what="the outage")
    with serving(tmp_path) as server:
        assert server.post(batch([click(1)], visitor="bbbbbb0000000001"))[0] == 202
        wait_until(lambda: terminal.shows("bbbbbb"), what="the click")
        assert terminal.interrupt() == 0
    assert terminal.file.read_text().count("waiting: ") <= 2


def test_reasons_of_requests_and_of_events_are_told_apart(server: Server) -> None:
    """An event's reason is never shown as a refused request."""
    assert server.post(batch([{"n": 0, "t": 0, "k": "nonsense"}]))[0] == 202
    name = 'rejected_total{reason="kind"}'
    wait_until(lambda: server.metrics().get(name, 0) >= 1, what="the counter")
    assert "kind" not in tail.Tail(settings(server))._counters()


def settings(server: Server) -> Settings:
    return Settings.from_environment({**os.environ, **server.environment})
