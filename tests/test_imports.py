"""`footpath import outcomes`: files as other systems write them, brought to a running collector."""

from __future__ import annotations

import contextlib
import csv
import http.server
import io
import json
import os
import pty
import subprocess
import sys
import threading
from typing import IO, TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner, Result

from collector import csv_outcomes, engine, send_outcomes
from collector.cli import main
from collector.csv_outcomes import FileError
from collector.store import Store
from tests.support import Server, serving, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SECRET = "a-secret-of-this-test-0123456789"
SITES = f"""
sites:
  demo-shop: {{id: 1, time_zone: Europe/Berlin, origins: ["*"], secret_keys: ["{SECRET}"]}}
"""
HEADER = "id,kind,ts,value,currency,order_id\n"
ROW = "order-1,order,2026-11-20T10:00:00Z,49.90,EUR,A-1\n"


def imported(path: Path, *arguments: str) -> Result:
    """Run the command on a file of the shop."""
    return CliRunner().invoke(
        main, ["import", "outcomes", str(path), "--site", "demo-shop", "--source", "shop", *arguments]
    )


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A running program with a site that has a key."""
    folder = tmp_path_factory.mktemp("imports")
    (folder / "config").mkdir()
    (folder / "config" / "sites.yml").write_text(SITES)
    with serving(folder) as server:
        yield server


@pytest.fixture
def running(server: Server, monkeypatch: pytest.MonkeyPatch) -> Server:
    """The same, with this process's settings being its own and the site's key at hand."""
    monkeypatch.setenv("FOOTPATH_PORT", str(server.port))
    monkeypatch.delenv("FOOTPATH_HOST", raising=False)
    monkeypatch.setenv("FOOTPATH_IMPORT_KEY", SECRET)
    return server


def stored(server: Server, sql: str) -> list[tuple[Any, ...]]:
    """Ask ClickHouse once everything is loaded."""
    wait_until(lambda: server.metrics()["spooled"] == 0, 30, "loading")
    connection = engine.find(server.folder / "data")
    assert connection is not None
    store = Store(connection.loader_url)
    try:
        return store.execute(sql)
    finally:
        store.close()


def table(text: str, columns: dict[str, str] | None = None, **fixed: str) -> csv_outcomes.Table:
    return csv_outcomes.read(io.StringIO(text, newline=""), columns or {}, fixed)


def outcomes(text: str, columns: dict[str, str] | None = None, **fixed: str) -> list[dict[str, Any]]:
    return [row.outcome for row in table(text, columns, **fixed).rows]


@pytest.mark.parametrize(
    "text",
    [
        "id,kind,value,order_id\n7,order,49.90,A-7\n",
        "ID;Kind;Value;Order ID\n7;order;49.90;A-7\n",
        "id\tkind\tvalue\torder-id\r\n7\torder\t49.90\tA-7\r\n",
        '"id","kind","value","order_id","Shipping"\n"7"," order ","49.90","A-7","1,5"\n\n,,,,\n',
        "order_id,value,kind,id\nA-7,49.90,order,7",
    ],
)
def test_headers_are_fields_however_they_are_written(text: str) -> None:
    """Case, order, spaces and the separator do not matter; empty rows and unknown columns are left out."""
    assert outcomes(text) == [{"id": "7", "kind": "order", "value": 49.9, "order_id": "A-7"}]


def test_other_headers_are_named_and_missing_values_set() -> None:
    """One column may be two fields; a value for all rows stands where a cell is empty."""
    text = "Name,Total,Currency,props.Colour\n#1001,12,,red\n#1002,13,CHF,\n"
    found = outcomes(text, {"id": "Name", "order_id": "Name", "value": "Total"}, kind="order", currency="EUR")
    common = {"kind": "order"}
    assert found == [
        common | {"id": "#1001", "order_id": "#1001", "value": 12.0, "currency": "EUR", "props": {"Colour": "red"}},
        common | {"id": "#1002", "order_id": "#1002", "value": 13.0, "currency": "CHF"},
    ]


def test_cells_are_what_their_field_is() -> None:
    """Unix ms are a number; what is no number is left for the collector to refuse; ids keep their zeros."""
    (found,) = outcomes('id,kind,ts,value,order_id\n007,order,1790000000000,"1.234,50",0042\n')
    assert found == {"id": "007", "kind": "order", "ts": 1_790_000_000_000, "value": "1.234,50", "order_id": "0042"}


@pytest.mark.parametrize(
    ("text", "columns", "told"),
    [
        ("", {}, "its first line must name the columns"),
        ("id,kind\n", {}, "no column is order_id, visitor or user"),
        ("kind,order_id\n", {}, "no column is id; name one with --column id=HEADER"),
        ("id,order_id\n", {}, "no column is kind; name one with --column kind=HEADER, or give all rows the same"),
        ("id,kind,order_id,Order ID\n", {}, "two columns are order_id: 'order_id' and 'Order ID'"),
        ("id,kind,order_id\n", {"value": "Total"}, "no column 'Total'; there are id, kind, order_id"),
        ('id,kind,order_id\n1,order,A\n2,"order,A\n', {}, "line 3: no CSV"),
    ],
)
def test_a_file_that_cannot_be_meant_is_refused_whole(text: str, columns: dict[str, str], told: str) -> None:
    """Before anything is sent where the header says it; the message says what to do."""
    with pytest.raises(FileError) as caught:
        outcomes(text, columns)
    assert told in str(caught.value)


def test_rows_know_their_line() -> None:
    """Also after cells that span lines, and rows that are too long."""
    text = 'id,kind,order_id\n1,order,"A\nB"\n\n2,order,B,surplus\n3,order,C\n'
    assert [(row.line, row.error) for row in table(text).rows] == [
        (2, ""), (5, "has 4 cells, the header 3"), (6, "")
    ]  # fmt: skip


def test_the_same_file_twice_is_stored_once(running: Server, tmp_path: Path) -> None:
    """More rows than a body holds; the second time all of them are copies."""
    path = tmp_path / "orders.csv"
    rows = [f"bulk-{number},order,2026-11-20T10:00:00Z,{number}.5,EUR,B-{number}\n" for number in range(1201)]
    path.write_text(HEADER + "".join(rows))
    for _ in range(2):
        told = imported(path)
        assert (told.exit_code, told.stdout) == (0, "1201 rows: 1201 taken, 0 refused\n"), told.output
    assert stored(running, "SELECT count(), sum(value) FROM outcomes WHERE id LIKE 'bulk-%'") == [
        (1201, sum(range(1201)) + 1201 / 2)
    ]
    assert running.metrics()["duplicate"] == 1201


def test_refused_rows_are_told_and_written_to_be_corrected(running: Server, tmp_path: Path) -> None:
    """With line and reason; the file of refused rows, corrected, is itself a file to import."""
    path, rest = tmp_path / "orders.csv", tmp_path / "rest.csv"
    path.write_text(HEADER + "fix-1,order,,1,EUR,F-1\nfix-2,order,,x,EUR,F-2\nfix-3,sale,,3,EUR,F-3,more\n")
    told = imported(path, "--rejected", str(rest))
    assert told.exit_code == 1
    assert told.stdout == "3 rows: 1 taken, 2 refused\n"
    assert "line 3: value: must be a number" in told.stderr
    assert "line 4: has 7 cells, the header 6" in told.stderr
    written = list(csv.DictReader(rest.open()))
    assert [(row["line"], row["id"]) for row in written] == [("3", "fix-2"), ("4", "fix-3")]
    rest.write_text(rest.read_text().replace("x,EUR", "2,EUR").replace("sale", "order").replace(",more", ""))
    again = imported(rest)
    assert (again.exit_code, again.stdout) == (0, "2 rows: 2 taken, 0 refused\n"), again.output
    assert "ignored: line, reason" in again.stderr
    assert stored(running, "SELECT id, value FROM latest_outcomes WHERE id LIKE 'fix-%' ORDER BY id") == [
        ("fix-1", 1), ("fix-2", 2), ("fix-3", 3)
    ]  # fmt: skip


def test_a_dry_run_says_the_same_and_sends_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a collector and without a key."""
    monkeypatch.delenv("FOOTPATH_IMPORT_KEY", raising=False)
    path = tmp_path / "orders.csv"
    path.write_text(HEADER + ROW + "order-2,order,soon,1,EUR,A-2\n")
    told = imported(path, "--dry-run")
    assert told.exit_code == 1
    assert told.stdout == "2 rows: 1 would be taken, 1 refused\n"
    assert "line 3: ts: must be Unix ms or ISO 8601" in told.stderr


def test_items_of_one_order_under_one_id_are_noticed(tmp_path: Path) -> None:
    """Exports often have a row for each item: the last one would be the whole order."""
    path = tmp_path / "items.csv"
    path.write_text(HEADER + ROW + ROW + ROW.replace("49.90", "5") + ROW.replace("49.90", "6"))
    told = imported(path, "--dry-run")
    assert told.exit_code == 0
    assert "2 rows say something else of an id than a row before (first: line 4, id order-1)" in told.stderr


@pytest.mark.parametrize(
    ("key", "arguments", "told"),
    [
        ("", (), "no key: name a file with --key-file, or set FOOTPATH_IMPORT_KEY"),
        ("wrong-key-0123456789", (), "answers 401: the key is none of the secret_keys of demo-shop"),
        (SECRET, ("--site", "nobody"), "answers 403: site 'nobody' is not in sites.yml"),
        (SECRET, ("--url", "collector.example"), "looks like https://collector.example"),
        (SECRET, ("--encoding", "latin-99"), "unknown encoding"),
        (SECRET, ("--column", "price=Total"), "expected FIELD=HEADER, with a field of currency, goal"),
    ],
)
def test_what_cannot_work_ends_with_one_sentence(
    *, running: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str, arguments: tuple[str, ...], told: str
) -> None:
    """And never with the key in it."""
    monkeypatch.setenv("FOOTPATH_IMPORT_KEY", key)
    path = tmp_path / "orders.csv"
    path.write_text(HEADER + ROW)
    result = imported(path, *arguments)
    assert result.exit_code in (1, 2)
    assert told in result.stderr
    assert not key or key not in result.output


def test_a_key_may_come_from_a_file_and_a_file_from_excel(running: Server, tmp_path: Path) -> None:
    """Another encoding is named; without that, the message says so. UTF-8 may begin with a byte order mark."""
    (tmp_path / "key").write_text(f"{SECRET}\n")
    running_key = ("--key-file", str(tmp_path / "key"))
    path = tmp_path / "orders.csv"
    path.write_bytes(b"\xef\xbb\xbf" + (HEADER + ROW.replace("order-1", "bom-1")).encode())
    assert imported(path, *running_key).exit_code == 0
    path.write_bytes((HEADER + ROW.replace("order-1", "Bestellung-ü")).encode("cp1252"))
    assert "name it with --encoding" in imported(path, *running_key).stderr
    assert imported(path, *running_key, "--encoding", "cp1252").exit_code == 0
    assert stored(running, "SELECT count() FROM outcomes WHERE id IN ('bom-1', 'Bestellung-ü')") == [(2,)]


def test_the_file_that_is_read_is_not_overwritten(tmp_path: Path) -> None:
    """By a --rejected of the same name."""
    path = tmp_path / "orders.csv"
    path.write_text(HEADER + ROW)
    assert "would overwrite" in imported(path, "--dry-run", "--rejected", str(path)).stderr
    assert path.read_text() == HEADER + ROW


def on_a_terminal(path: str, stdin: IO[bytes] | None = None) -> tuple[int, str, str]:
    """Check rows where somebody looks at standard error: (exit code, standard output, what the terminal showed)."""
    ours, theirs = pty.openpty()
    try:
        done = subprocess.run(
            [sys.executable, "-m", "collector.cli", "import", "outcomes", path,
             "--site", "demo-shop", "--source", "shop", "--dry-run"],
            stdin=stdin, stdout=subprocess.PIPE, stderr=theirs, text=True, timeout=60, check=False,
        )  # fmt: skip
    finally:
        os.close(theirs)
    shown = b""
    with open(ours, "rb", buffering=0) as terminal, contextlib.suppress(OSError):  # the end of a terminal is an error
        while more := terminal.read(65_536):
            shown += more
    return done.returncode, done.stdout, shown.decode()


def test_a_terminal_shows_how_far_a_file_is_and_a_pipe_s_rows_without_that(tmp_path: Path) -> None:
    """By its name, or as standard input; of more rows than one body holds."""
    path = tmp_path / "orders.csv"
    path.write_text(HEADER + "".join(ROW.replace("order-1", f"order-{number}") for number in range(1201)))
    expected = (0, "1201 rows: 1201 would be taken, 0 refused\n")
    told = on_a_terminal(str(path))
    assert told[:2] == expected
    assert "100%" in told[2]
    with path.open("rb") as file:
        told = on_a_terminal("/dev/stdin", file)
    assert told[:2] == expected
    assert "100%" in told[2]
    with subprocess.Popen(["cat", str(path)], stdout=subprocess.PIPE) as cat:
        assert on_a_terminal("/dev/stdin", cat.stdout) == (*expected, "")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """One sentence."""
    told = imported(tmp_path / "nowhere.csv", "--dry-run")
    assert (told.exit_code, told.stderr.count("\n")) == (1, 1)
    assert "nowhere.csv" in told.stderr


class _Moody(http.server.BaseHTTPRequestHandler):
    """Answers as its list says, one after the other: (status, Retry-After), or None to break the connection."""

    protocol_version = "HTTP/1.1"
    moods: tuple[tuple[int, str] | None, ...] = ()
    bodies: list[bytes]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        mood = self.moods[min(len(self.bodies), len(self.moods) - 1)]
        self.bodies.append(body)
        if mood is None:
            self.connection.close()
            self.close_connection = True
            return
        status, wait = mood
        accepted = {"accepted": 1, "rejected": [], "now": 1}
        text = json.dumps(accepted if status == 202 else {"error": {"type": "x", "message": "not now"}}).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        if wait:
            self.send_header("Retry-After", wait)
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_: object) -> None:
        """Silent."""


@pytest.mark.parametrize(
    ("moods", "pauses", "told"),
    [
        (((202, ""),), [], ""),
        ((None, (503, "5"), (429, "1"), (500, ""), (202, "")), [1.0, 5.0, 1.0, 8.0], ""),
        (((503, "5"),), [5.0] * 6, "answers 503: not now"),
        (((307, ""),), [], "answers 307"),
        (((413, ""),), [], "answers 413: not now"),
    ],
)
def test_a_body_is_sent_again_while_that_may_help(
    moods: tuple[tuple[int, str] | None, ...], pauses: list[float], told: str
) -> None:
    """The same bytes, as late as the answer asks; a refusal or a redirection ends it, and so do seven tries."""
    handler = type("Moody", (_Moody,), {"moods": moods, "bodies": []})
    waited: list[float] = []
    heard: list[str] = []
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as httpd:
        threading.Thread(target=httpd.serve_forever, daemon=True).start()
        collector = send_outcomes.Collector(
            f"http://127.0.0.1:{httpd.server_port}", SECRET, heard.append, waited.append
        )
        if told:
            with pytest.raises(send_outcomes.SendError, match=told):
                collector.send("demo-shop", [b"{}"])
        else:
            assert collector.send("demo-shop", [b"{}"])["accepted"] == 1
        collector._connection.close()
        httpd.shutdown()
    assert waited == pauses
    assert [text.rpartition("; ")[2] for text in heard] == [f"next try in {pause:g} s" for pause in pauses]
    assert set(handler.bodies) == {b'{"site":"demo-shop","outcomes":[{}]}'}


def test_bodies_stay_within_what_the_collector_takes() -> None:
    """At most 500 outcomes and 900 kB, in the order of the file."""
    small = [(line, {"id": str(line)}) for line in range(1100)]
    assert [len(body) for body in send_outcomes.bodies(small)] == [500, 500, 100]
    large = [(line, {"id": "x" * 30_000}) for line in range(70)]
    found = list(send_outcomes.bodies(large))
    assert [line for body in found for line, _ in body] == list(range(70))
    assert all(sum(len(text) + 1 for _, text in body) <= send_outcomes.MAX_BYTES for body in found)
