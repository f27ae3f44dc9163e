"""Is this batch what the contract says? One verdict per event, so that a bad one never costs its neighbours.

The checks are compiled from `schema/event.schema.json` once, at import: a table of small functions per kind.
marshmallow holds the two parts of a batch: what its events share, and the events. Each part is one custom field that
checks by table, since marshmallow takes 2.5 us a field, and a schema per event ten times as long as the table
(`docs/decisions/validation.md`).
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import orjson
from marshmallow import Schema, ValidationError, fields

from collector.checks import MISSING, Fields, Invalid, compiled
from collector.event import Json, contract, kinds

MAX_EVENTS: Final = 500
MAX_EVENT_BYTES: Final = 32 * 1024
TOO_LARGE: Final = object()
"""Stands in a batch for an event of more than `MAX_EVENT_BYTES`."""

# Words in the names of query parameters that carry secrets or say who someone is; `reset_token`, `user[email]` and
# `X-Amz-Signature` have one. Such parameters are dropped before anything is written.
_SECRETS: Final = frozenset({
    "token", "key", "apikey", "auth", "authorization", "password", "passwd", "pwd", "pass", "secret", "email", "mail",
    "code", "state", "session", "sessionid", "sid", "jwt", "signature", "sig", "otp", "phone", "credential",
})  # fmt: skip
_WORDS: Final = re.compile(r"[^a-z0-9]+")
_ADDRESS: Final = re.compile(r"https?://[^\s\"'<>)]+")


class Unreadable(ValueError):
    """The envelope is not a batch at all; nothing of it can be taken."""


class TooMany(ValueError):
    """More events than one batch may hold; the sender halves it."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """Why the event at `index` was refused. `reason` is a word for counters, `errors` is for people."""

    index: int
    id: str
    reason: str
    errors: list[str]


@dataclass(frozen=True, slots=True)
class Verdict:
    """The envelope with its accepted events (`indexes`: their places in what was sent), and the refused ones."""

    batch: Json
    indexes: list[int]
    rejected: list[Rejected]


def read(body: bytes) -> Json:
    """JSON of a request's body, with control characters and lone surrogates taken out of every string.

    Raises:
        Unreadable: it is no JSON object.
    """
    try:
        loaded = orjson.loads(body)
    except orjson.JSONDecodeError:
        loaded = _read_leniently(body)
    if not isinstance(loaded, dict):
        raise Unreadable("the body must be a JSON object")
    # All but DEL can only stand in JSON as escapes.
    try:
        cleaned: Json = _cleaned(loaded) if b"\\" in body else loaded
    except RecursionError:
        raise Unreadable("the body is nested too deeply") from None
    return cleaned


def batch(document: Json) -> Verdict:
    """Check a batch: unknown fields go, URLs lose their secrets, every event gets its verdict.

    Raises:
        Unreadable: the envelope is wrong; the message names the field.
        TooMany: it holds more than 500 events.
    """
    events = document.get("events")
    if isinstance(events, list):
        _require_few(events)
    try:
        parts = {"shared": document, "events": events} if "events" in document else {"shared": document}
        loaded = _BATCH.load(parts)
    except ValidationError as error:
        raise Unreadable(_in_short(error)) from error
    envelope: Json = loaded["shared"] | {"events": loaded["events"]}
    for block, name in (("page", "url"), ("page", "referrer"), ("entry", "url"), ("entry", "referrer")):
        if name in envelope.get(block, ()):
            envelope[block][name] = without_secrets(envelope[block][name])
    verdict = _sorted_out(envelope)
    for event in envelope["events"]:
        if event["k"] == "error":
            event.update({name: _cut_addresses(event[name]) for name in ("source", "message") if name in event})
    return verdict


def _in_short(error: ValidationError) -> str:
    messages = error.messages_dict
    wrong = [*messages.get("shared", ()), *(f"events: {text}" for text in messages.get("events", ()))]
    return "; ".join(wrong[:5])


def set_aside_large(document: Json) -> None:
    """Put a mark in the place of every event of more than 32 KiB; `batch` refuses it alone.

    Raises:
        TooMany: there are more than 500, which are not looked at.
    """
    events = document.get("events")
    if isinstance(events, list):
        _require_few(events)
        document["events"] = [event if size_of(event) <= MAX_EVENT_BYTES else TOO_LARGE for event in events]


def _require_few(events: list[Any]) -> None:
    if len(events) > MAX_EVENTS:
        raise TooMany(f"{len(events)} events in one batch, at most {MAX_EVENTS}")


def size_of(event: Any) -> int:
    """Bytes as JSON."""
    try:
        return len(json.dumps(event))
    except (ValueError, RecursionError):
        return MAX_EVENT_BYTES + 1


def outline(event: object) -> Json:
    """An event as names and types: what may be kept of a refused one, since no value was checked."""
    if not isinstance(event, dict):
        return {"is": type(event).__name__}
    kind = event.get("k")
    shown = {str(name)[:64]: type(value).__name__ for name, value in list(event.items())[:64]}
    return shown | {"k": kind} if isinstance(kind, str) and kind in kinds() else shown


def without_secrets(url: str, *, within: bool = True) -> str:
    """`url` without user, password, and query parameters that carry secrets; so are addresses `within` it."""
    if "?" not in url and "@" not in url and "#" not in url:
        return url
    try:
        parts = urlsplit(url)
        location = parts.netloc.rpartition("@")[2]
        query, end = _harmless(parts.query, within=within), _harmless_end(parts.fragment)
        if (location, query, end) == (parts.netloc, parts.query, parts.fragment):
            return url
        return urlunsplit((parts.scheme, location, parts.path, query, end))
    except ValueError:
        return url.partition("?")[0].partition("#")[0].rpartition("@")[2]


def _harmless(query: str, *, within: bool) -> str:
    """Both & and ; end a parameter."""
    if "%" not in query and "?" not in query and not any(map(_is_secret, _names(query))):
        return query
    pairs = parse_qsl(query.replace(";", "&"), keep_blank_values=True)
    kept = [(name, _cut(value) if within else value) for name, value in pairs if not _is_secret(name)]
    return query if kept == pairs else urlencode(kept)


def _names(query: str) -> list[str]:
    """The names in a query without escapes."""
    return [pair.partition("=")[0] for pair in query.replace(";", "&").split("&")]


def _cut(value: str) -> str:
    return without_secrets(value, within=False) if "?" in value else value


@lru_cache(4096)
def _is_secret(name: str) -> bool:
    words = _WORDS.split(re.sub(r"([a-z])([A-Z])", r"\1 \2", name).lower())
    return not _SECRETS.isdisjoint(words) or "".join(words) in _SECRETS


def _cut_addresses(text: str) -> str:
    """A message of an error, with the addresses in it cut."""
    return _ADDRESS.sub(lambda found: without_secrets(found[0]), text) if "://" in text else text


def _harmless_end(fragment: str) -> str:
    """A fragment's path part; what looks like parameters (OAuth's implicit grant) goes."""
    return "" if "=" in fragment else fragment


def _read_leniently(body: bytes) -> Any:
    """JSON with lone surrogates, which orjson refuses and a browser sends when it cuts a string inside an emoji."""

    def refuse(constant: str) -> None:
        raise ValueError(f"{constant} is no JSON")

    try:
        return json.loads(body.decode("utf-8"), parse_constant=refuse)
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"the body is no JSON: {str(error)[:120]}") from None


_UNWANTED: Final = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return _UNWANTED.sub(lambda found: " " if found[0] in "\t\n\r" else "", value)
    if isinstance(value, dict):
        return {_cleaned(name): _cleaned(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_cleaned(inner) for inner in value]
    return value


def _event_table() -> dict[str, Fields]:
    """Per kind: its fields, and those that all events have."""
    common = {name: compiled(contract()["$defs"]["event"]["properties"][name]) for name in ("n", "t", "k")}
    return {
        kind: Fields(
            common | {entry.name: compiled(entry.node) for entry in entries},
            [*common, *(entry.name for entry in entries if entry.required)],
        )
        for kind, entries in kinds().items()
    }


_EVENTS: Final = _event_table()
_ELEMENT: Final = compiled(contract()["$defs"]["element"])
_ELEMENT_INDEX: Final = compiled({"type": "string", **contract()["properties"]["elements"]["propertyNames"]})


def _checked_event(raw: Any) -> Json | tuple[str, list[str]]:
    """The event to keep, or (reason, errors)."""
    if raw is TOO_LARGE:
        return "too_large", [f"must have at most {MAX_EVENT_BYTES >> 10} KiB"]
    if type(raw) is not dict:
        return "event", ["must be an object"]
    kind = raw.get("k")
    if not isinstance(kind, str):
        return "kind", ["k: must be a text" if "k" in raw else "k: is missing"]
    if kind not in _EVENTS:
        return "kind", [f"k: unknown kind {kind[:32]!r}"]
    kept = _EVENTS[kind].kept(raw)
    return ("field", _told(_EVENTS[kind].faults(raw))) if kept is None else kept


def _elements(value: Any) -> Json:
    """Elements by index; a bad one becomes its error text, which costs the events that name it and no other."""
    if type(value) is not dict or len(value) > MAX_EVENTS:
        raise Invalid(f"must be an object of at most {MAX_EVENTS} elements")
    checked: Json = {}
    for index, raw in value.items():
        try:
            checked[_ELEMENT_INDEX(index)] = _ELEMENT(raw)
        except Invalid as error:
            checked[index] = str(error)
    return checked


def _shared_table() -> Fields:
    """What all events of a batch share: every property of the contract but the events."""
    described = contract()
    checks = {name: compiled(node) for name, node in described["properties"].items() if name != "events"}
    return Fields(checks | {"elements": _elements}, set(described["required"]) - {"events"})


_SHARED: Final = _shared_table()


class _Shared(fields.Field[Json]):
    """What all events of a batch share, checked by table."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> Json:
        kept = _SHARED.kept(value)
        if kept is None:
            required = str(self.error_messages["required"])
            faults = [(name, required if how is MISSING else how) for name, how in _SHARED.faults(value)]
            raise ValidationError(_told(faults))
        return kept


class _Events(fields.Field[list[Any]]):
    """All events of a batch: each is checked by table, none raises."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> list[Any]:
        if type(value) is not list:
            raise ValidationError("must be a list")
        return [_checked_event(raw) for raw in value]


_BATCH: Final = Schema.from_dict({"shared": _Shared(), "events": _Events(required=True)}, name="Batch")()


def _told(faults: list[tuple[str, str]]) -> list[str]:
    return [f"{name}: {how}" for name, how in faults]


def _sorted_out(envelope: Json) -> Verdict:
    accepted, indexes, rejected = [], [], []
    elements, page = envelope.get("elements", {}), envelope["page"]["id"]
    described = {index for index, found in elements.items() if isinstance(found, dict)}
    for index, checked in enumerate(envelope["events"]):
        if not isinstance(checked, dict):
            rejected.append(Rejected(index, "", *checked))
        elif "el" in checked and str(checked["el"]) not in described:
            wrong = _wrong_element(checked["el"], elements)
            rejected.append(Rejected(index, f"{page}-{checked['n']}", "element", [wrong]))
        else:
            accepted.append(checked)
            indexes.append(index)
    envelope["events"] = accepted
    if elements:
        envelope["elements"] = {index: found for index, found in elements.items() if isinstance(found, dict)}
    return Verdict(envelope, indexes, rejected)


def _wrong_element(index: int, elements: Json) -> str:
    """What is wrong with the element that an event names."""
    found = elements.get(str(index))
    return f"el: {index} is not described in elements" if found is None else f"el: element {index}: {found}"
