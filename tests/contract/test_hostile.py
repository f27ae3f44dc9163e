"""Whatever a visitor sends, the checks answer with a verdict and never with an error of their own."""

from __future__ import annotations

import contextlib
import json
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from collector import validate
from collector.checks import Invalid, compiled
from collector.event import Json, Record, contract, kinds
from tests.contract import generate
from tests.contract.effort import examples

NODES = {
    **{f"batch.{name}": node for name, node in contract()["properties"].items() if name not in ("elements", "events")},
    **{f"{kind}.{entry.name}": entry.node for kind, entries in kinds().items() for entry in entries},
    "element": contract()["$defs"]["element"],
}
CHECKS = {name: compiled(node) for name, node in NODES.items()}

ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.integers(10**300, 10**310)
    | st.sampled_from([10**4000, -(10**4000), "\ud800", "x" * 5000]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=8,
)  # fmt: skip
"""Values that JSON has, and some that no reader of it would give: lone surrogates, NaN, numbers of 4,000 digits."""


@examples(150)
@given(ODD)
def test_a_check_raises_nothing_but_invalid(value: Any) -> None:
    """For any value each check returns what to keep, or says what is wrong."""
    for check in CHECKS.values():
        with contextlib.suppress(Invalid):
            check(value)


@examples(30)
@given(st.data())
def test_a_check_raises_nothing_but_invalid_near_its_limits(data: st.DataObject) -> None:
    """The same for values that nearly fit; what is kept fits through the spool."""
    for name, check in CHECKS.items():
        with contextlib.suppress(Invalid):
            kept = check(data.draw(generate.near(NODES[name])))
            assert Record.decode(Record(0, 1, "", batch={"kept": kept}).encode()).batch["kept"] == kept


@pytest.mark.parametrize("node", [
    {"type": "string", "format": "email"}, {"type": "integer", "exclusiveMinimum": 0}, {"anyOf": [{"type": "null"}]},
    {"type": "date"}, {}, {"type": "array", "items": {"type": "integer", "multipleOf": 2}},
])  # fmt: skip
def test_an_unknown_rule_is_no_rule_ignored(node: Json) -> None:
    """A keyword that no check knows stops the program at its start; it is never passed over."""
    with pytest.raises(NotImplementedError, match="no check for"):
        compiled(node)


def read(body: bytes) -> Json | None:
    """What the collector reads in a body, None where it is unreadable."""
    try:
        document = validate.read(body)
    except validate.Unreadable:
        return None
    assert isinstance(document, dict)
    return document


@examples(300)
@given(st.binary(max_size=200) | st.text(max_size=100).map(lambda text: text.encode("utf-8", "surrogatepass")))
@example(b"\xef\xbb\xbf{}")
@example(b'{"a": "\xed\xa0\x80"}')
@example(b"{" + b'"a":{' * 2000)
@example(b'{"a\\n":' + b"[" * 800 + b"]" * 800 + b"}")
@example(b'{"a": ' + b"1" * 5000 + b', "b": "\\ud800"}')
@example(b'{"a": 1e99999, "b": "\\ud800"}')
def test_reading_raises_nothing_but_unreadable(body: bytes) -> None:
    """Any bytes are an object or unreadable."""
    read(body)


@examples(200)
@given(
    st.dictionaries(st.text(max_size=5), ODD, max_size=4).map(
        lambda value: {**value, "\ud800x": "\x00\x1f\udc00\udfff\udbff"}
    )
)
def test_what_was_read_is_clean(value: Json) -> None:
    """No text that was read has a control character or a lone surrogate, so that it can be written anywhere."""

    def clean(value: Any) -> bool:
        if isinstance(value, str):
            return not any(letter < " " or "\ud800" <= letter <= "\udfff" for letter in value)
        if isinstance(value, dict):
            return all(clean(name) and clean(inner) for name, inner in value.items())
        return not isinstance(value, list) or all(map(clean, value))

    document = read(json.dumps(value).encode())
    assert document is None or clean(document)


@examples(200)
@given(st.data())
def test_a_batch_raises_nothing_but_its_two_refusals(data: st.DataObject) -> None:
    """An envelope of any values gets a verdict, is unreadable, or has too many events."""
    names = [*contract()["properties"], "future"]
    whole = generate.batch(data.draw(st.lists(ODD, max_size=3)), {"0": data.draw(ODD)})
    batch = whole | {name: data.draw(ODD) for name in data.draw(st.lists(st.sampled_from(names), max_size=3))}
    with contextlib.suppress(validate.Unreadable, validate.TooMany):
        verdict = validate.batch(batch)
        assert len(verdict.batch["events"]) == len(verdict.indexes)
        assert len(verdict.indexes) + len(verdict.rejected) == len(batch["events"])


@examples(150)
@given(
    st.sampled_from(generate.KINDS).flatmap(
        lambda kind: generate.event(kind).flatmap(lambda event: generate.nearly(event, generate.event_nodes(kind)))
    )
)
def test_an_outline_holds_no_value(event: Json) -> None:
    """What is kept of a refused event is the names and types of its fields, and a known kind."""
    types = {"NoneType", "bool", "int", "float", "str", "list", "dict"}
    outline = validate.outline(event)
    assert outline.keys() == event.keys()
    assert {value for name, value in outline.items() if name != "k"} <= types
    assert outline.get("k", "str") in types | set(generate.KINDS)


@pytest.mark.parametrize("count", [500, 501])
def test_a_batch_has_at_most_500_events(count: int) -> None:
    """The 501st event is one too many, whatever the events are."""
    batch = generate.batch([None] * count)
    if count > validate.MAX_EVENTS:
        with pytest.raises(validate.TooMany):
            validate.batch(batch)
    else:
        assert len(validate.batch(batch).rejected) == count


URLS = st.text(max_size=60) | st.from_regex(r"(https?:)?//([a-z:@\[\]]{0,8})[a-z.]{0,8}[/?#&=a-zA-Z0-9%@:\[\]]{0,30}")
SECRETS = sorted(validate._SECRETS)


@examples(400)
@given(URLS)
@example("http://[")
@example("//user:pass@[::1")
@example("?\ud800=1&token=2")
@example("https://shop.example/?a=%ED%A0%80&token=%00")
def test_an_address_of_any_form_is_bearable(url: str) -> None:
    """Taking secrets out of any text at all gives a text, and doing it again takes out nothing more."""
    once = validate.without_secrets(url)
    assert validate.without_secrets(once) == once


@pytest.mark.parametrize(
    "name",
    [
        "reset_password_token",
        "auth_token",
        "client_secret",
        "user[email]",
        "email_address",
        "api-key",
        "accessToken",
        "X-Amz-Signature",
        "API_KEY",
        "a=1;token",
        "next=https://x.example/?token",
        "next=%2Flogin%3Fcode",
    ],
)
def test_secrets_are_known_by_the_words_of_their_names(name: str) -> None:
    """Also behind a semicolon, and inside an address that is a value."""
    assert "hunter2" not in validate.without_secrets(f"https://shop.example/?{name}=hunter2")


@pytest.mark.parametrize("name", ["keyword", "monkey", "utm_source", "page", "passage", "statement", "author"])
def test_other_parameters_stay(name: str) -> None:
    """A secret's name inside a longer word is none."""
    url = f"https://shop.example/?{name}=x"
    assert validate.without_secrets(url) == url


def test_addresses_in_errors_lose_their_secrets() -> None:
    """In the source as in the message."""
    event = {
        "n": 0,
        "t": 0,
        "k": "error",
        "type": "http",
        "source": "https://api.example/x?token=hunter2",
        "message": "GET https://api.example/x?a=1&token=hunter2 failed (see https://me:hunter2@x.example/)",
    }
    (kept,) = validate.batch(generate.batch([event])).batch["events"]
    assert kept["source"] == "https://api.example/x"
    assert kept["message"] == "GET https://api.example/x?a=1 failed (see https://x.example/)"


@examples(200)
@given(
    st.sampled_from(SECRETS),
    st.lists(st.tuples(st.text(generate.LETTERS, max_size=5), st.text(generate.LETTERS, max_size=5)), max_size=3),
    st.integers(0, 3),
    st.sampled_from([str.lower, str.upper, str.title]),
    st.booleans(),
)
def test_no_secret_parameter_stays(
    secret: str, others: list[tuple[str, str]], place: int, case: Any, escaped: bool
) -> None:
    """Each secret parameter goes, in any place and spelling, and the others stay as they are."""
    others = [(name, value) for name, value in others if name.lower() not in SECRETS]
    written = [urlencode([pair]) for pair in others]
    name = "".join(f"%{byte:02x}" for byte in case(secret).encode()) if escaped else quote(case(secret))
    written.insert(place, f"{name}=hunter2")
    url = validate.without_secrets(f"https://me:hunter2@shop.example/a?{'&'.join(written)}#part")
    assert "hunter2" not in url
    assert parse_qsl(urlsplit(url).query, keep_blank_values=True) == others
    assert url.startswith("https://shop.example/a")
    assert url.endswith("#part")


@pytest.mark.parametrize(("url", "kept"), [
    ("https://shop.example/a?b=c#d", "https://shop.example/a?b=c#d"),
    ("https://shop.example/a?b=%20c+d", "https://shop.example/a?b=%20c+d"),
    ("https://me@shop.example:8443/a", "https://shop.example:8443/a"),
    ("https://shop.example/@me", "https://shop.example/@me"),
    ("https://shop.example/#access_token=hunter2", "https://shop.example/"),
    ("https://shop.example/?token", "https://shop.example/"),
    ("https://shop.example/?token=&a=1&token=2", "https://shop.example/?a=1"),
    ("/a?email=me%40x.example&a=1", "/a?a=1"),
    ("", ""),
])  # fmt: skip
def test_addresses_without_secrets(url: str, kept: str) -> None:
    """Examples of addresses and what is kept of them."""
    assert validate.without_secrets(url) == kept


@pytest.mark.parametrize(
    ("block", "name"), [("page", "url"), ("page", "referrer"), ("entry", "url"), ("entry", "referrer")]
)
def test_every_address_of_a_batch_loses_its_secrets(block: str, name: str) -> None:
    """The addresses of page and entry are taken apart, not only the first."""
    batch = generate.batch([], entry={})
    batch[block][name] = "https://shop.example/?token=hunter2"
    assert validate.batch(batch).batch[block][name] == "https://shop.example/"
