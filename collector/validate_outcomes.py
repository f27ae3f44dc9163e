"""Is this body what the contract says of outcomes? One verdict for each, as for events.

As there, marshmallow holds the envelope, and one custom field checks each outcome by a table that is compiled from
`schema/outcome.schema.json` once, at import.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from marshmallow import EXCLUDE, Schema, ValidationError, fields

from collector import outcome
from collector.checks import Invalid, compiled
from collector.validate import MAX_EVENT_BYTES, MAX_EVENTS, Rejected, TooMany, Unreadable, size_of

if TYPE_CHECKING:
    from collector.checks import Check
    from collector.event import Json

MAX_OUTCOMES: Final = MAX_EVENTS


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcomes to keep, their `ts` as Unix ms where one was sent, and those refused."""

    outcomes: list[Json]
    rejected: list[Rejected]


def listed(document: Json) -> list[Any]:
    """The outcomes of a body, which may be one without a list; unchecked.

    Raises:
        Unreadable: `outcomes` is there and no list.
        TooMany: it holds more than 500.
    """
    found = document.get("outcomes", [document])
    if not isinstance(found, list):
        raise Unreadable("outcomes: must be a list")
    if len(found) > MAX_OUTCOMES:
        raise TooMany(f"{len(found)} outcomes in one body, at most {MAX_OUTCOMES}")
    return found


def check(document: Json, received: int, zone: str) -> Verdict:
    """Check a body. `received` is Unix ms; times without an offset are in `zone`.

    Raises:
        Unreadable: the envelope is wrong; the message names the field.
        TooMany: it holds more than 500 outcomes.
    """
    sent = listed(document)
    try:
        envelope = _ENVELOPE.load({"site": document.get("site"), "outcomes": sent})
    except ValidationError as error:
        raise Unreadable(_told(error.messages)) from error
    kept, rejected = [], []
    for index, (raw, found) in enumerate(zip(sent, envelope["outcomes"], strict=True)):
        verdict = found if isinstance(found, tuple) else _in_its_place(raw, found, envelope["site"], received, zone)
        if isinstance(verdict, tuple):
            rejected.append(Rejected(index, _id_of(raw), *verdict))
        else:
            kept.append(verdict)
    return Verdict(kept, rejected)


_FIELDS: Final = [(entry.name, compiled(entry.node), entry.required) for entry in outcome.fields()]


def _checked(raw: Any) -> Json | tuple[str, list[str]]:
    """The outcome with its known fields, or (reason, errors)."""
    if type(raw) is not dict:
        return "outcome", ["must be an object"]
    if size_of(raw) > MAX_EVENT_BYTES:
        return "outcome", [f"must have at most {MAX_EVENT_BYTES >> 10} KiB"]
    kept: Json = {}
    errors = []
    for name, check, required in _FIELDS:
        if name not in raw:
            errors += [f"{name}: is missing"] if required else []
            continue
        try:
            kept[name] = check(raw[name])
        except Invalid as error:
            errors.append(f"{name}: {error}")
    if "value" in raw and "currency" not in raw:
        errors.append("currency: is missing beside value")
    if errors:
        return ("kind" if "kind" in raw and "kind" not in kept else "field"), errors
    if not any(name in kept for name in outcome.LINKS):
        return "link", ["order_id, visitor or user: one is needed to link it"]
    return kept


def _in_its_place(raw: Json, kept: Json, site: str, received: int, zone: str) -> Json | tuple[str, list[str]]:
    """The same with what the body, the clock and the site add to it."""
    if raw.get("site", site) != site:
        return "field", ["site: must be that of the body"]
    if "ts" not in kept:
        return kept
    try:
        return kept | {"ts": _moment(kept["ts"], received, zone)}
    except Invalid as error:
        return "field", [f"ts: {error}"]


def _moment(value: int | str, received: int, zone: str) -> int:
    """Unix ms of a time as it was sent."""
    at = value if isinstance(value, int) else _read(value, zone)
    if at < outcome.EARLIEST_MS:
        raise Invalid("is before 2000; Unix time is counted in ms")
    if at > received + outcome.AHEAD_MS:
        raise Invalid("is more than a day ahead")
    return at


def _read(text: str, zone: str) -> int:
    try:
        moment = datetime.fromisoformat(text.strip())
        return round((moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone))).timestamp() * 1000)
    except (ValueError, OverflowError):
        raise Invalid("must be Unix ms or ISO 8601, such as 2026-11-21T10:00:00+01:00") from None


def _id_of(raw: Any) -> str:
    """The outcome's id for the answer, as far as it can be told."""
    found = raw.get("id") if isinstance(raw, dict) else None
    return found[:128] if isinstance(found, str) else ""


class _Checked(fields.Field[Any]):
    """An envelope field whose rule comes from the contract."""

    def __init__(self, check: Check, **options: Any) -> None:
        super().__init__(**options)
        self._check = check

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> Any:
        try:
            return self._check(value)
        except Invalid as error:
            raise ValidationError(str(error)) from None


class _Outcomes(fields.Field[list[Any]]):
    """All outcomes of a body: each is checked by table, none raises."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> list[Any]:
        return [_checked(raw) for raw in value]


_ENVELOPE: Final = Schema.from_dict(
    {
        "site": _Checked(compiled(outcome.contract()["properties"]["site"]), required=True),
        "outcomes": _Outcomes(required=True),
    },
    name="Outcomes",
)(unknown=EXCLUDE)


def _told(messages: Any) -> str:
    """marshmallow's messages as one line."""
    if isinstance(messages, dict):
        return "; ".join(f"{name}: {_told(inner)}" for name, inner in list(messages.items())[:5])
    return "; ".join(map(str, messages)) if isinstance(messages, list) else str(messages)
