"""A statement of one's own reads, within the guards, with every value bound."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from collector.query import BadQuestion, QueryError, TooMuch
from tests.query.worlds import ms, save, site

if TYPE_CHECKING:
    from collections.abc import Callable

    from collector.query import Site
    from collector.store import Store


@pytest.fixture(scope="module")
def shop(shared: Store, new_site: Callable[[], int]) -> Site:
    """A site with two page views."""
    site_id = new_site()
    save(shared, site_id, [{"at": ms("2026-11-02T12:00:00"), "path": path, "n": n} for n, path in enumerate("ab")])
    return site(shared, site_id, "Europe/Berlin")


def test_rows_have_the_statements_columns(shop: Site) -> None:
    answer = shop.sql("SELECT path, count(), count(), 1 AS class FROM events WHERE site_id={site_id:UInt32} GROUP BY 1")
    assert answer.columns == ["path", "count", "count_2", "column_class"]
    assert sorted(row.path for row in answer.rows) == ["a", "b"]
    assert answer.rows[0].count == 1
    assert "count()" in answer.to_table()
    assert shop.sql("SELECT path FROM events WHERE 0").to_csv() == "path\n"


@pytest.mark.parametrize(
    ("kind", "value", "back"),
    [
        ("String", "a'b\\c{x:String}\n-- ", "a'b\\c{x:String}\n-- "),
        ("Int64", -3, -3),
        ("Float64", 0.5, 0.5),
        ("Bool", True, True),
        ("Decimal(18, 4)", Decimal("1.2500"), Decimal("1.2500")),
        ("Date", date(2026, 11, 2), date(2026, 11, 2)),
        (
            "DateTime64(3, 'UTC')",
            datetime(2026, 11, 2, 1, 2, 3, 45_000, UTC),
            datetime(2026, 11, 2, 1, 2, 3, 45_000, UTC),
        ),
        ("Array(String)", ["a'", "b"], ["a'", "b"]),
        ("Array(UInt64)", (1, 2), [1, 2]),
    ],
)
def test_values_arrive_as_they_were_given(shop: Site, kind: str, value: object, back: object) -> None:
    (row,) = shop.sql(f"SELECT {{v:{kind}}} AS v", v=value).rows
    assert row.v == back


def test_a_time_without_a_zone_is_in_the_questions_zone(shop: Site) -> None:
    (row,) = shop.sql("SELECT {v:DateTime64(3, 'UTC')} AS v, {zone:String} AS zone", v=datetime(2026, 11, 2, 1)).rows
    assert row.v == datetime(2026, 11, 2, 0, tzinfo=UTC)
    assert row.zone == "Europe/Berlin"


@pytest.mark.parametrize(
    ("text", "params", "message"),
    [
        ("SELECT {a:String}", {}, r"asks for \{a:…\}"),
        ("SELECT 1", {"a": 1}, "the statement has no {a:Type}"),
        ("SELECT '{a:String}' -- {a:String}", {"a": 1}, "the statement has no {a:Type}"),
        ("SELECT {a:String}", {"a": None}, "IS NULL"),
        ("SELECT {a:String}", {"a": object()}, "cannot be bound"),
    ],
)
def test_what_cannot_be_bound_is_said_before_anything_is_asked(
    shop: Site, text: str, params: dict[str, Any], message: str
) -> None:
    with pytest.raises(BadQuestion, match=message):
        shop.sql(text, **params)


@pytest.mark.parametrize(
    "text",
    [
        "DROP TABLE events",
        "INSERT INTO sites (site_id) VALUES (1)",
        "ALTER TABLE events DELETE WHERE 1",
        "CREATE TABLE mine (a Int8) ENGINE = Memory",
        "SELECT 1; SELECT 2",
        "SELECT nothing FROM events",
    ],
)
def test_it_only_reads(shop: Site, text: str) -> None:
    """The connection of this test may write: what stops it is the question's own guard."""
    with pytest.raises(QueryError, match="could not be answered"):
        shop.sql(text)
    assert shop.sql("SELECT count() AS n FROM events WHERE site_id = {site_id:UInt32}").rows[0].n == 2


def test_an_endless_answer_is_refused(shop: Site) -> None:
    with pytest.raises(TooMuch, match="too many rows"):
        shop.sql("SELECT number FROM numbers(2000000)")
