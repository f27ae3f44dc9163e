"""The bytes of a request become a JSON object, within bounds."""

from __future__ import annotations

import contextlib
import re
import zlib
from typing import TYPE_CHECKING, Final

from werkzeug.exceptions import HTTPException, RequestEntityTooLarge
from werkzeug.wsgi import get_input_stream

from collector import validate
from collector.answers import Refusal
from collector.unread import TooManyUnread, Unread

if TYPE_CHECKING:
    from wsgiref.types import WSGIEnvironment

    from collector.event import Json

MAX_WIRE_BYTES: Final = 1 << 20
MAX_BODY_BYTES: Final = 2 << 20
MAX_VALUES: Final = 100_000
"""Entries, lists and objects of a body; 500 events with 64 properties each have 45,000."""
_GZIP: Final = b"\x1f\x8b"
"""What gzip begins with, and no JSON does."""
_HEAD_BYTES: Final = 1024
_SITE: Final = re.compile(rb'"site"\s*:\s*"([a-z0-9][a-z0-9_-]{0,63})"')


def read_sent(environ: WSGIEnvironment, unread: Unread, near: str) -> bytes:
    """The request's body as it came from the network `near`.

    Raises:
        Refusal: 413 too large, 400 not readable, 429 too many of that network's are on their way.
    """
    try:
        unread.begin(near, environ.get("REMOTE_ADDR", ""))
    except TooManyUnread:
        raise Refusal(429, "unread", "too many bodies of this network are still on their way", 1) from None
    try:
        return get_input_stream(environ, max_content_length=MAX_WIRE_BYTES).read()
    except RequestEntityTooLarge:
        raise Refusal(413, "too_large", f"more than {MAX_WIRE_BYTES >> 20} MiB") from None
    except (HTTPException, OSError) as error:
        raise Refusal(400, "unreadable", f"the body could not be read: {error}") from None
    finally:
        unread.end(near)


def unpacked(sent: bytes, environ: WSGIEnvironment) -> bytes:
    """The body, inflated where it says gzip or is: a browser asks before it may send the header.

    Raises:
        Refusal: 413 too large, 400 not what it says.
    """
    encoding = environ.get("HTTP_CONTENT_ENCODING", "").strip().lower()
    if encoding in ("identity", ""):
        return _inflated(sent) if sent.startswith(_GZIP) else sent
    if encoding != "gzip":
        raise Refusal(400, "unreadable", f"Content-Encoding {encoding[:32]!r}; send gzip or none")
    return _inflated(sent)


def named_site(sent: bytes) -> str:
    """The site that stands near a body's begin, where our script writes it; empty where none does."""
    head = sent[:_HEAD_BYTES]
    if head.startswith(_GZIP):
        with contextlib.suppress(zlib.error):
            head = zlib.decompressobj(wbits=31).decompress(head, _HEAD_BYTES)
    found = _SITE.search(head)
    return found[1].decode() if found else ""


def _inflated(body: bytes) -> bytes:
    inflater = zlib.decompressobj(wbits=31)
    try:
        text = inflater.decompress(body, MAX_BODY_BYTES + 1)
    except zlib.error:
        raise Refusal(400, "unreadable", "the body is not gzip") from None
    if len(text) > MAX_BODY_BYTES:
        raise Refusal(413, "too_large", f"more than {MAX_BODY_BYTES >> 20} MiB inflated")
    if not inflater.eof:
        raise Refusal(400, "unreadable", "the gzip body ends too early")
    return text


def read_document(body: bytes) -> Json:
    """The body's JSON object.

    Raises:
        Refusal: 400, it is none; 413, it has too many values: 2 MiB of `{},` become 70 MB.
    """
    if len(body) > MAX_VALUES and sum(map(body.count, (b",", b"[", b"{"))) > MAX_VALUES:
        raise Refusal(413, "too_large", f"more than {MAX_VALUES:,} values")
    try:
        return validate.read(body)
    except validate.Unreadable as error:
        raise Refusal(400, "unreadable", str(error)) from None
