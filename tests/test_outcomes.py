"""POST /v1/outcomes: whom it believes, what it takes, and what becomes of it in ClickHouse."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import random
import re
import time
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from collector import cargo, csv_outcomes, engine, ledger, load, send_outcomes, shipment, spool
from collector.app import create_app
from collector.config import Settings
from collector.enrich.visitor import load_key, person_id
from collector.event import Record
from collector.store import Store
from tests.crash.disturb import VICTIMS, kill
from tests.gate import Gate
from tests.support import CHROME, SITE, batch, now_ms, serving, wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

    from tests.support import Server

SECRET = "a-secret-of-this-test-0123456789"
OTHER = "another-secret-kept-as-its-sha256"
SITES = f"""
sites:
  demo-shop:
    id: 1
    time_zone: Europe/Berlin
    origins: ["https://shop.example"]
    secret_keys: ["{SECRET}", "sha256:{hashlib.sha256(OTHER.encode()).hexdigest()}"]
  keyless: {{id: 2, origins: ["*"]}}
  closed: {{id: 3, origins: ["*"], enabled: false, secret_keys: ["{SECRET}"]}}
"""


def order(number: int | str = 1, **fields: Any) -> dict[str, Any]:
    """An order of the shop."""
    return {
        "source": "shop", "id": f"order-{number}", "kind": "order", "order_id": f"A-{number}",
        "value": 49.9, "currency": "EUR", "ts": "2026-11-20T10:00:00Z", **fields,
    }  # fmt: skip


def without(name: str) -> dict[str, Any]:
    return {field: value for field, value in order().items() if field != name}


@pytest.fixture
def make_client(tmp_path: Path) -> Iterator[Callable[..., FlaskClient]]:
    """Makes clients of the real application over a real spool; closes its spools."""
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "sites.yml").write_text(SITES)
    opened = []

    def make(**settings: str) -> FlaskClient:
        application = create_app(Settings.from_environment({
            "FOOTPATH_DATA_DIR": str(tmp_path / "data"), "FOOTPATH_CONFIG_DIR": str(tmp_path / "config"), **settings,
        }))  # fmt: skip
        opened.append(application.extensions["footpath"])
        return application.test_client()

    yield make
    for writer in opened:
        writer.close()


@pytest.fixture
def client(make_client: Callable[..., FlaskClient]) -> FlaskClient:
    """A client of the application with its default settings, without a limit of requests."""
    return make_client(FOOTPATH_RATE="0")


def post(client: FlaskClient, body: Any, secret: str | None = SECRET, **headers: str) -> TestResponse:
    """POST as a server does."""
    shown = {"Authorization": f"Bearer {secret}"} if secret is not None else {}
    text = body if isinstance(body, bytes) else json.dumps(body)
    return client.post("/v1/outcomes", data=text, headers=shown | headers)


def send(client: FlaskClient, *outcomes: dict[str, Any]) -> None:
    """POST outcomes of the demo shop, all of which are taken."""
    answer = post(client, {"site": "demo-shop", "outcomes": list(outcomes)})
    assert answer.get_json()["rejected"] == []
    assert answer.get_json()["accepted"] == len(outcomes)


def records(tmp_path: Path) -> list[Record]:
    """What the spool holds."""
    found = []
    for path in spool.files(tmp_path / "data" / "spool"):
        with contextlib.closing(spool.connect(path)) as connection:
            found += [Record.decode(row[3]) for row in shipment.waiting(connection, 10_000, 10**9)]
    return found


def loader(tmp_path: Path, url: str) -> load.Loader:
    return load.Loader(tmp_path / "data" / "spool", lambda: url, lambda: {"demo-shop": SITE})


def drain(worker: load.Loader, tries: int = 8) -> None:
    """Load everything that waits."""
    for _ in range(tries):
        if not worker.step(everything=True) and worker._failures == 0:
            return


def counters(tmp_path: Path) -> dict[str, int]:
    """The spool's counters; the sum of what became of things is always what was accepted."""
    found = spool.counters(tmp_path / "data" / "spool")
    assert found["accepted"] == sum(found[name] for name in ("inserted", "duplicate", "erased", "dead", "spooled"))
    return found


def latest(store: Store, columns: str) -> list[tuple[Any, ...]]:
    return store.execute(f"SELECT {columns} FROM latest_outcomes ORDER BY id")


@pytest.mark.parametrize("secret", [SECRET, OTHER])
def test_a_key_is_known_as_it_stands_or_by_its_hash(client: FlaskClient, secret: str) -> None:
    """Both forms of secret_keys in sites.yml."""
    assert post(client, {"site": "demo-shop"} | order(), secret).get_json()["accepted"] == 1


@pytest.mark.parametrize(
    ("site", "headers", "told"),
    [
        ("demo-shop", {}, "the header `Authorization: Bearer SECRET` is missing"),
        ("demo-shop", {"Authorization": "Bearer "}, "must be `Bearer SECRET`"),
        ("demo-shop", {"Authorization": f"Basic {SECRET}"}, "must be `Bearer SECRET`"),
        ("demo-shop", {"Authorization": f"Bearer {SECRET}x"}, "the key is none of the secret_keys of demo-shop"),
        ("demo-shop", {"Authorization": f"Bearer sha256:{hashlib.sha256(OTHER.encode()).hexdigest()}"}, "is none of"),
        ("keyless", {"Authorization": f"Bearer {SECRET}"}, "keyless has no secret_keys in sites.yml"),
    ],
)
def test_without_a_key_of_the_site_nothing_is_taken(
    client: FlaskClient, tmp_path: Path, site: str, headers: dict[str, str], told: str
) -> None:
    """401 says which of these it is, asks for a key, and never repeats one; knowing a stored hash is no key."""
    answer = post(client, {"site": site} | order(), None, **headers)
    assert answer.status_code == 401
    assert answer.get_json()["error"]["type"] == "secret"
    assert told in answer.get_json()["error"]["message"]
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert SECRET not in answer.text + str(answer.headers)
    assert records(tmp_path) == []


@pytest.mark.parametrize(
    ("body", "status", "word"),
    [
        ({"site": "nobody"} | order(), 403, "site"),
        (order(), 403, "site"),
        ({"site": "closed"} | order(), 410, "switched_off"),
        ({"site": "demo-shop", "outcomes": {}}, 400, "unreadable"),
        ({"site": "demo-shop", "outcomes": None}, 400, "unreadable"),
        ({"site": "demo-shop", "outcomes": [order(n) for n in range(501)]}, 413, "too_many"),
        (b"[]", 400, "unreadable"),
        (b"rubbish", 400, "unreadable"),
        (b"", 400, "unreadable"),
        (b" " * (1 << 20) + b"{}", 413, "too_large"),
    ],
)
def test_a_body_that_cannot_be_taken_is_told_why(client: FlaskClient, body: Any, status: int, word: str) -> None:
    """As for events: the word stands in the body and the header."""
    answer = post(client, body)
    assert (answer.status_code, answer.get_json()["error"]["type"]) == (status, word)
    assert answer.headers["Footpath-Reason"].startswith(f"{word}: ")


def test_no_page_may_read_or_ask(client: FlaskClient) -> None:
    """Neither an answer nor a refusal names an origin; a preflight is refused."""
    for answer in (post(client, {"site": "demo-shop"} | order()), post(client, {"site": "demo-shop"}, "x" * 20)):
        assert "Access-Control-Allow-Origin" not in answer.headers
    assert client.options("/v1/outcomes", headers={"Origin": "https://shop.example"}).status_code == 405


def test_requests_that_guess_keys_are_slowed_down(make_client: Callable[..., FlaskClient]) -> None:
    """The limit of requests counts those without the right key too."""
    client = make_client(FOOTPATH_RATE="1")
    answers = [post(client, {"site": "demo-shop"} | order(), f"guess-{number:020}") for number in range(6)]
    assert [answer.status_code for answer in answers][-1] == 429
    assert answers[-1].headers["Retry-After"] == "1"


@pytest.mark.parametrize(
    ("outcome", "errors"),
    [
        (without("id"), ["id: is missing"]),
        (without("source"), ["source: is missing"]),
        (without("kind"), ["kind: is missing"]),
        (order(kind="sale"), ["kind: must be order, refund, trial, cancellation, lead"]),
        (order(kind=["order"]), ["kind: must be order, refund, trial, cancellation, lead"]),
        (order(id=7), ["id: must be a text"]),
        (order(id=""), ["id: must have 1 to 128 characters"]),
        (order(value="49.90"), ["value: must be a number"]),
        (order(value=-1), ["value: must be from 0 to 1000000000000"]),
        (order(currency="eur"), ["currency: must match ^[A-Z]{3}$"]),
        (without("currency"), ["currency: is missing beside value"]),
        (without("order_id"), ["order_id, visitor or user: one is needed to link it"]),
        (order(visitor="0" * 16), ["visitor: must match ^(?!0{16}$)[0-9a-f]{16}$"]),
        (order(ts="yesterday"), ["ts: must be Unix ms or ISO 8601, such as 2026-11-21T10:00:00+01:00"]),
        (order(ts=1_790_000_000), ["ts: is before 2000; Unix time is counted in ms"]),
        (order(ts=10**15), ["ts: is more than a day ahead"]),
        (order(ts="9999-12-31"), ["ts: is more than a day ahead"]),
        (order(ts="0001-01-01T00:00:00+14:00"), ["ts: is before 2000; Unix time is counted in ms"]),
        (order(ts=True), ["ts: must be integer, string"]),
        (order(props={"a": []}), ["props: a must be string, number, boolean, null"]),
        (order(props={str(number): 1 for number in range(65)}), ["props: must have at most 64 entries"]),
        (order(site="keyless"), ["site: must be that of the body"]),
        (order(note="x" * 40_000), ["must have at most 32 KiB"]),
        ("order", ["must be an object"]),
    ],
)
def test_a_bad_outcome_costs_no_neighbour(client: FlaskClient, outcome: Any, errors: list[str]) -> None:
    """It is listed with its place, its id and what was wrong; those beside it are taken."""
    answer = post(client, {"site": "demo-shop", "outcomes": [order(1), outcome, order(2)]})
    assert answer.status_code == 202
    body = answer.get_json()
    assert body["accepted"] == 2
    sent_id = outcome.get("id") if isinstance(outcome, dict) else None
    told_id = sent_id if isinstance(sent_id, str) else ""
    assert body["rejected"] == [{"index": 1, "id": told_id, "errors": errors}]
    assert answer.headers["Footpath-Reason"].startswith("rejected: 1 outcomes; outcome 1: ")


def test_one_outcome_needs_no_list(client: FlaskClient, tmp_path: Path) -> None:
    """The body is the outcome with its site; refused, it is number 0."""
    assert post(client, {"site": "demo-shop"} | order()).get_json()["accepted"] == 1
    (record,) = records(tmp_path)
    assert [one["id"] for one in record.outcomes] == ["order-1"]
    refused = post(client, {"site": "demo-shop"} | without("kind")).get_json()
    assert (refused["accepted"], refused["rejected"][0]["index"]) == (0, 0)


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        (1_790_000_000_000, 1_790_000_000_000),
        ("2026-07-01T12:00:00Z", 1_782_907_200_000),
        ("2026-07-01T12:00:00+02:00", 1_782_900_000_000),
        ("2026-07-01 12:00:00", 1_782_900_000_000),
        ("2026-01-01T12:00:00.250", 1_767_265_200_250),
        ("2026-07-01", 1_782_856_800_000),
    ],
)
def test_a_time_without_an_offset_is_the_sites(client: FlaskClient, tmp_path: Path, sent: Any, stored: int) -> None:
    """Europe/Berlin: one hour before UTC in winter, two in summer."""
    send(client, order(ts=sent))
    assert records(tmp_path)[0].outcomes[0]["ts"] == stored


def test_a_users_id_is_hashed_as_identify_does_before_it_is_written(client: FlaskClient, tmp_path: Path) -> None:
    """The same person has the same hash in both; the id is in no file."""
    send(client, {**without("order_id"), "user": "ada@example.org"})
    event = {"n": 1, "t": 1, "k": "identify", "id": "ada@example.org"}
    assert client.post("/v1/events", data=json.dumps(batch([event]))).status_code == 202
    ours, theirs = records(tmp_path)
    assert ours.outcomes[0]["user"] == theirs.batch["events"][0]["id"]
    assert (
        ours.outcomes[0]["user"] == f"{person_id(load_key(tmp_path / 'config'), 'demo-shop', 'ada@example.org'):016x}"
    )
    written = b"".join(path.read_bytes() for path in (tmp_path / "data").rglob("*") if path.is_file())
    assert b"ada@example.org" not in written
    assert SECRET.encode() not in written


def test_every_field_reads_back(client: FlaskClient, tmp_path: Path, store: Store, database_url: str) -> None:
    """In the columns of `latest_outcomes`, with texts that a database could take for something else."""
    nasty = "'; DROP TABLE outcomes -- \\' {id:String} %s \u202e😀"
    send(client, order(
        7, id=nasty, source="crm'\\", kind="lead", order_id=nasty, visitor="3f9a0c4417be20d1", user="ada", goal="offer",
        value=0.1, quality="A", stage="won", props={"seats": 3, "yearly": True, "none": None}, unknown="ignored",
    ))  # fmt: skip
    drain(loader(tmp_path, database_url))
    columns = (
        "source, id, kind, toUnixTimestamp64Milli(ts), value, currency, goal, order_id, visitor_id, quality, stage"
    )
    assert store.execute(f"SELECT {columns} FROM latest_outcomes") == [(
        "crm'\\", nasty, "lead", 1_795_168_800_000, Decimal("0.1"), "EUR", "offer", nasty, 0x3F9A0C4417BE20D1,
        "A", "won",
    )]  # fmt: skip
    key = load_key(tmp_path / "config")
    assert latest(store, "props.seats.:String, props.yearly.:String, person_id") == [
        ("3", "true", person_id(key, "demo-shop", "ada"))
    ]


def test_without_a_time_it_is_when_it_was_received(
    client: FlaskClient, tmp_path: Path, store: Store, database_url: str
) -> None:
    """And the same sent later, still without a time, is a copy."""
    send(client, without("ts"))
    time.sleep(0.01)
    send(client, without("ts"))
    drain(loader(tmp_path, database_url))
    assert store.execute("SELECT ts = received_at FROM outcomes") == [(True,)]
    assert counters(tmp_path)["duplicate"] == 1


def test_a_copy_is_stored_once(client: FlaskClient, tmp_path: Path, store: Store, database_url: str) -> None:
    """Twice in one body, in the next shipment, after a new start, and when memory has forgotten it."""
    sent = [order(number) for number in range(10)]
    send(client, *sent, *sent)
    worker = loader(tmp_path, database_url)
    drain(worker)
    send(client, *sent)
    drain(worker)
    send(client, *sent)
    worker._ledger = ledger.Ledger(most=3)
    drain(worker)
    send(client, *sent)
    drain(worker)
    send(client, *(one | {"value": 49.90} for one in reversed(sent)))
    drain(loader(tmp_path, database_url))
    assert store.execute("SELECT count(), uniqExact(id) FROM outcomes") == [(10, 10)]
    assert counters(tmp_path)["duplicate"] == 50


@pytest.mark.parametrize("restarted", [False, True])
def test_sent_again_with_other_content_the_last_one_holds(
    client: FlaskClient, tmp_path: Path, store: Store, database_url: str, restarted: bool
) -> None:
    """Also when it becomes what it was before, and whether the loader remembers or asks."""
    worker = loader(tmp_path, database_url)
    for stage in ("new", "won", "won", "lost", "won"):
        send(client, order(kind="lead", stage=stage))
        if restarted:
            worker = loader(tmp_path, database_url)
        drain(worker)
        assert latest(store, "stage") == [(stage,)]
        time.sleep(0.005)
    assert counters(tmp_path)["duplicate"] == 1
    send(client, order(kind="lead", stage="a"), order(kind="lead", stage="b"))
    drain(worker)
    assert latest(store, "stage") == [("b",)]


def test_what_becomes_again_what_it_was_is_stored_though_others_changed_it_meanwhile(
    client: FlaskClient, tmp_path: Path, store: Store, database_url: str
) -> None:
    """The change came through another collector's loader: this one remembers only what it stored itself."""
    worker, other = loader(tmp_path, database_url), loader(tmp_path, database_url)
    for stage, one in (("open", worker), ("won", other), ("open", worker)):
        send(client, order(kind="lead", stage=stage))
        drain(one)
        assert latest(store, "stage") == [(stage,)]
        time.sleep(0.005)


def test_the_same_id_from_another_source_or_site_is_another_outcome(
    client: FlaskClient, tmp_path: Path, store: Store, database_url: str
) -> None:
    """(site, source, id) is the identity."""
    send(client, order(), order(source="crm"))
    writer = client.application.extensions["footpath"]
    writer.put(Record(now_ms(), 9, "ninth", outcomes=[order(ts=now_ms())]).encode(), 1, now_ms())
    drain(loader(tmp_path, database_url))
    assert store.execute("SELECT site_id, source FROM latest_outcomes ORDER BY ALL") == [
        (1, "crm"), (1, "shop"), (9, "shop")
    ]  # fmt: skip


def test_a_change_that_comes_late_from_another_worker_does_not_win(
    tmp_path: Path, store: Store, database_url: str
) -> None:
    """won, lost, won through two spool files, of which the one with `lost` is loaded last: it was won."""
    first, second = (spool.Spool(tmp_path / "data" / "spool") for _ in range(2))
    now = now_ms()
    for writer, at, stage in ((first, now, "won"), (second, now + 1, "lost"), (first, now + 2, "won")):
        writer.put(Record(at, 1, "demo-shop", outcomes=[order(kind="lead", stage=stage, ts=now)]).encode(), 1, at)
    drain(loader(tmp_path, database_url))
    assert latest(store, "stage") == [("won",)]
    assert counters(tmp_path)["duplicate"] == 2
    first.close()
    second.close()


@pytest.mark.parametrize("cuts", [1, 3])
def test_a_lost_answer_to_an_insert_stores_nothing_twice(
    client: FlaskClient, tmp_path: Path, store: Store, database_url: str, cuts: int
) -> None:
    """The connection breaks after the rows were sent, before ClickHouse's answer."""
    gate = Gate(database_url, "outcomes")
    worker = loader(tmp_path, gate.url)
    send(client, order("first"))
    drain(worker)
    gate.cuts = cuts
    send(client, *(order(number) for number in range(50)))
    drain(worker, tries=12)
    gate.close()
    assert gate.cuts == 0
    assert store.execute("SELECT count() FROM outcomes") == [(51,)]
    found = counters(tmp_path)
    assert (found["inserted"], found["insert_errors"]) == (51, cuts)


def test_an_old_plan_is_not_repeated_blindly(
    client: FlaskClient, tmp_path: Path, store: Store, database_url: str
) -> None:
    """The engine has forgotten the token of what was inserted: it is found by its ids and versions."""
    send(client, *(order(number) for number in range(10)))
    worker = loader(tmp_path, database_url)
    database = worker._ready_store()
    (path,) = spool.files(tmp_path / "data" / "spool")
    connection = worker._opened(path)
    parcels = cargo.unpack(shipment.waiting(connection, 1000, 10**6))
    plan = worker._plan(database, parcels)
    old = json.loads(plan.verdicts) | {"begun": time.time() - 3600}
    shipment.begin(connection, shipment.Shipment("forgotten", plan.first, plan.last, json.dumps(old).encode()))
    rows = cargo.pack(parcels, {}, {}).builder.tables["outcomes", 0].columns()
    store.insert("outcomes", {name: column[:6] for name, column in rows.items()}, token="another")
    drain(worker)
    assert store.execute("SELECT count(), uniqExact(id) FROM outcomes") == [(10, 10)]
    assert counters(tmp_path)["spooled"] == 0


def test_an_outcome_that_cannot_be_stored_is_set_aside_alone(
    client: FlaskClient, tmp_path: Path, store: Store, database_url: str
) -> None:
    """A constraint refuses one of five; sent again when the constraint is gone, it is stored."""
    store.execute("ALTER TABLE outcomes ADD CONSTRAINT poison CHECK order_id != 'A-3'")
    worker = loader(tmp_path, database_url)
    send(client, *(order(number) for number in range(5)))
    drain(worker)
    assert store.execute("SELECT count() FROM outcomes") == [(4,)]
    ((site, error, told),) = store.execute("SELECT site_id, error, event FROM dead_events")
    assert site == 1
    assert "poison" in error
    assert json.loads(told)["id"] == "order-3"
    assert counters(tmp_path)["dead"] == 1
    store.execute("ALTER TABLE outcomes DROP CONSTRAINT poison")
    send(client, order(3))
    drain(worker)
    assert store.execute("SELECT count() FROM outcomes") == [(5,)]


def test_a_damaged_record_of_outcomes_is_set_aside(
    client: FlaskClient, tmp_path: Path, store: Store, database_url: str
) -> None:
    """As a whole; the others go on."""
    writer = client.application.extensions["footpath"]
    writer.put(Record(1, 1, "demo-shop", outcomes=[{"id": "x"}, order()]).encode(), 2, now_ms())
    send(client, order(2))
    drain(loader(tmp_path, database_url))
    assert latest(store, "id") == [("order-2",)]
    assert counters(tmp_path)["dead"] == 2


def test_refused_outcomes_are_kept_without_their_values(
    client: FlaskClient, tmp_path: Path, store: Store, database_url: str
) -> None:
    """Names and types in rejected_events, beside those of events."""
    post(client, {"site": "demo-shop", "outcomes": [order(value="a private text")]})
    drain(loader(tmp_path, database_url))
    ((reason, errors, told),) = store.execute("SELECT reason, errors, event FROM rejected_events")
    assert (reason, errors) == ("field", "value: must be a number")
    assert json.loads(told)["value"] == "str"
    assert "private" not in told


def test_random_changes_end_as_the_last_one_sent(
    client: FlaskClient, tmp_path: Path, store: Store, database_url: str
) -> None:
    """Three ids, five states, sent in bodies of chance and loaded at times of chance, with new loaders in between."""
    chance = random.Random(7)
    worker, state, sent = loader(tmp_path, database_url), {}, 0
    for _ in range(60):
        body = [order(chance.randrange(3), stage=f"{chance.randrange(5)}") for _ in range(chance.randint(1, 4))]
        send(client, *body)
        state |= {one["id"]: one["stage"] for one in body}
        sent += len(body)
        if chance.random() < 0.5:
            drain(worker)
        if chance.random() < 0.2:
            worker = loader(tmp_path, database_url)
        time.sleep(0.002)
    drain(worker)
    assert dict(latest(store, "id, stage")) == state
    assert counters(tmp_path)["accepted"] == sent


PAGE = (Path(__file__).parent.parent / "docs" / "outcomes.md").read_text()


def shown(language: str, place: int = 0) -> str:
    """A code block of docs/outcomes.md."""
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)[place]


def test_the_examples_of_the_documentation_are_taken(client: FlaskClient) -> None:
    """The body that curl sends and the rows of the CSV; the answer shown is the answer given."""
    body = json.loads(re.search(r"-d '(.*?)'\n", shown("sh", 1), re.DOTALL)[1]) | {"site": "demo-shop"}
    assert post(client, body).get_json() | {"now": 0} == json.loads(shown("json")) | {"now": 0}
    rows = list(csv_outcomes.read(io.StringIO(shown("csv")), {}, {}).rows)
    assert [row.error for row in rows] == ["", ""]
    send(client, *(row.outcome | {"source": "shop"} for row in rows))


def test_the_sql_of_the_documentation_joins_orders_with_conversions(
    client: FlaskClient, tmp_path: Path, store: Store, database_url: str
) -> None:
    """Two purchases that a page told of, one of which was paid, corrected, and partly given back."""
    told = [
        {"n": n, "t": n, "k": "conversion", "goal": "purchase", "order_id": f"A-{n}", "value": 1, "currency": "EUR"}
        for n in (1, 2)
    ]
    assert client.post("/v1/events", data=json.dumps(batch(told)), headers={"User-Agent": CHROME}).status_code == 202
    send(client, order(1, value=40), order(3), order(id="refund-1", kind="refund", order_id="A-1", value=10.5))
    drain(loader(tmp_path, database_url))
    send(client, order(1, value=50))
    drain(loader(tmp_path, database_url))
    assert store.execute(shown("sql")) == [
        ("Paid Search", "EUR", 1, 1, Decimal("39.5")), ("Paid Search", "", 1, 0, Decimal(0))
    ]  # fmt: skip


@pytest.mark.slow
def test_whatever_dies_each_acknowledged_outcome_is_stored_once(tmp_path: Path) -> None:
    """SIGKILL of web worker, loader, server and engine in turn, while a server sends everything twice."""
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "sites.yml").write_text(SITES)
    with serving(tmp_path) as server:
        shop = send_outcomes.Collector(f"http://127.0.0.1:{server.port}", SECRET, pause=lambda _: time.sleep(1))
        for part in range(8):
            sent = [json.dumps(order(f"{part}-{number}")).encode() for number in range(200)]
            for _ in range(2):
                assert shop.send("demo-shop", sent)["accepted"] == 200
            time.sleep(0.3)
            kill(SimpleNamespace(server=server), VICTIMS[part % 4])
        wait_until(lambda: settled(server), 90, "loading")
        found = server.metrics()
        assert found["accepted"] == found["inserted"] + found["duplicate"] >= 3200
        assert found["inserted"] == 1600
        connection = engine.find(tmp_path / "data")
        assert connection is not None
        store = Store(connection.loader_url)
        assert store.execute("SELECT count(), uniqExact(id) FROM outcomes") == [(1600, 1600)]
        store.close()


def settled(server: Server) -> bool:
    """Whether nothing waits; no answer is a no."""
    with contextlib.suppress(OSError, KeyError):
        return server.metrics()["spooled"] == 0
    return False
