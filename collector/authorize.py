"""Does this request come from a server of a site? It shows one of the site's secret keys.

The key stands in `Authorization: Bearer KEY`, is compared in constant time, and is neither logged nor answered. No
answer allows another origin: a secret key has no place in a browser.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from flask import Response, request

from collector import answers, receive
from collector.addresses import address_of, network
from collector.answers import Refusal
from collector.limits import Refusals
from collector.telemetry import REJECTED

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from collector.sites import Site

HEADERS: Final = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


class Guard:
    """Stands before the routes for servers: guesses of keys are few, and every refusal is counted."""

    def __init__(self, parts: receive.Parts) -> None:
        self._parts = parts
        self._refusals = Refusals(parts.rate)

    def answer(self, work: Callable[[], Response]) -> Response:
        """What `work` answers, or the refusal that it raised; 429 without asking it after too many of them.

        Unlike for events the right key does not help then: who may go on guessing would find it.
        """
        near = network(address_of(request.environ, self._parts.trusted_proxies))
        try:
            if self._refusals.spent(near):
                raise receive.too_many_refusals()
            return work()
        except Refusal as refusal:
            self._parts.spool.count(REJECTED + refusal.reason)
            if refusal.blames_sender:
                self._refusals.add(near)
            return refused(refusal)


def secret() -> str:
    """The key that the request shows.

    Raises:
        Refusal: 401, it shows none.
    """
    given = request.headers.get("Authorization", "")
    scheme, _, key = given.partition(" ")
    if not given:
        raise Refusal(401, "secret", "the header `Authorization: Bearer SECRET` is missing")
    if scheme.lower() != "bearer" or not key.strip():
        raise Refusal(401, "secret", "Authorization must be `Bearer SECRET`")
    return key.strip()


def require(site: Site, key: str) -> None:
    """Raises:
    Refusal: 401, the key is none of the site's.
    """
    if not site.secret_keys:
        raise Refusal(401, "secret", f"site {site.key} has no secret_keys in sites.yml")
    if not site.knows(key):
        raise Refusal(401, "secret", f"the key is none of the secret_keys of {site.key}")


def holder(sites: Mapping[str, Site]) -> Site:
    """The site whose key the request shows; `?site=` chooses where several have that key.

    Raises:
        Refusal: 401, it is no site's; 400, it is several sites'.
    """
    key = secret()
    named = request.args.get("site")
    # A list, so that a wrong key takes as long as a right one.
    found = [each for each in [each for each in sites.values() if each.knows(key)] if named in (None, each.key)]
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


def refused(refusal: Refusal) -> Response:
    """The answer that says no."""
    response = answers.refused(refusal.status, refusal.reason, str(refusal), refusal.retry_after, HEADERS).response()
    if refusal.status == 401:
        response.headers["WWW-Authenticate"] = 'Bearer realm="footpath"'
    return response
