"""Whose secret key does this request show? Routes for servers are opened by one of a site's `secret_keys`.

No answer allows another origin: a secret key has no place in a browser.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from flask import Response, request

from collector.receive import Refusal, refused

if TYPE_CHECKING:
    from collections.abc import Mapping

    from collector.sites import Site

HEADERS: Final = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


def site(sites: Mapping[str, Site]) -> Site:
    """The site whose key stands in `Authorization: Bearer KEY`; `?site=` chooses where several have that key.

    Raises:
        Refusal: 401, it is no site's; 400, it is several sites'.
    """
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not key.strip():
        raise Refusal(401, "secret", "`Authorization: Bearer SECRET` is missing, with one of the site's secret_keys")
    named = request.args.get("site")
    # A list, so that a wrong key takes as long as a right one.
    found = [each for each in [each for each in sites.values() if each.knows(key.strip())] if named in (None, each.key)]
    if not found:
        raise Refusal(401, "secret", "the key is in no site's secret_keys" if named is None else "not this site's key")
    if len(found) > 1:
        raise Refusal(400, "site", "several sites have this key: add ?site=KEY")
    return found[0]


def visitor_id(text: str) -> int:
    """The id of a visitor from an address.

    Raises:
        Refusal: 400, it is none.
    """
    if not re.fullmatch(r"[0-9a-f]{16}", text) or not int(text, 16):
        raise Refusal(400, "visitor", "a visitor's id has 16 hex digits, in small letters")
    return int(text, 16)


def answer_to(refusal: Refusal) -> Response:
    """The answer that says no."""
    response = refused(refusal.status, refusal.reason, str(refusal), refusal.retry_after, HEADERS)
    if refusal.status == 401:
        response.headers["WWW-Authenticate"] = 'Bearer realm="footpath"'
    return response
