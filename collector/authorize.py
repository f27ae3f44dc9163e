"""Does this request come from a server of the site? It shows one of the site's secret keys.

The key stands in `Authorization: Bearer KEY`, is compared in constant time, and is neither logged nor answered.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import request

from collector.receive import Refusal

if TYPE_CHECKING:
    from collector.sites import Site


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
