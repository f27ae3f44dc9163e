"""GET /sdk.js and the files of its versions: in the encoding that the browser prefers, compressed once."""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import brotli
from flask import Blueprint, Response, request

from collector import script
from collector.answers import CORS, refused
from collector.enrich.tags import ALIASES
from collector.telemetry import REJECTED

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from werkzeug.datastructures import Accept

    from collector.config import Settings
    from collector.sites import Site

ENCODINGS: Final = ("br", "gzip", "identity")
"""Smallest first."""

_FOR_AN_HOUR: Final = "public, max-age=3600"
# A proxy that rewrites scripts would break the hash by which a page pins one: https://www.w3.org/TR/SRI/#proxies
_FOR_EVER: Final = "public, max-age=31536000, immutable, no-transform"
_KEPT: Final = 1024
_HEADERS: Final = CORS | {"Vary": "Accept-Encoding", "Timing-Allow-Origin": "*"}


@dataclass(frozen=True, slots=True)
class Representation:
    """A file as it goes over the wire."""

    body: bytes
    encoding: str
    etag: str


def blueprint(
    settings: Settings,
    sites: Callable[[], Mapping[str, Site]],
    files: Mapping[str, bytes],
    count: Callable[[str], None] = lambda _: None,
) -> Blueprint:
    """The routes of the script; `files` by name, as `script.files` gives them. `count` is told of each refusal."""
    routes = Blueprint("publish", __name__)

    @lru_cache(maxsize=_KEPT)
    def kept(name: str, site: Site | None, encoding: str) -> Representation:
        content = files[name] if site is None else script.configured(files[name], site, settings, ALIASES)
        return represented(content, encoding)

    def current() -> Response:
        site = sites().get(request.args.get("site", ""))
        if "site" in request.args and site is None:
            count(REJECTED + "site")
            return refused(404, "site", "this site is not in sites.yml").response()
        return _answer(kept(script.CORE, site, preferred(request.accept_encodings)), _FOR_AN_HOUR)

    def versioned(file: str) -> Response:
        if file not in files:
            count(REJECTED + "version")
            return refused(
                404, "version", f"this collector has no such file of the script; its own is {script.CORE}"
            ).response()
        return _answer(kept(file, None, preferred(request.accept_encodings)), _FOR_EVER)

    routes.add_url_rule(settings.script_path, view_func=current)
    for folder in script.folders(settings):
        routes.add_url_rule(f"{folder}/<file>", view_func=versioned)
    return routes


def preferred(accepted: Accept) -> str:
    """The encoding that a client likes best, the smallest of equals; plain where it wants none of ours."""
    best = max(ENCODINGS, key=accepted.quality)
    return best if accepted.quality(best) > 0 else "identity"


def represented(content: bytes, encoding: str) -> Representation:
    """The content in one of `ENCODINGS`, with a tag of these very bytes."""
    body = content
    if encoding == "br":
        body = brotli.compress(content, mode=brotli.MODE_TEXT, quality=11)
    elif encoding == "gzip":
        body = gzip.compress(content, compresslevel=9, mtime=0)
    return Representation(body, encoding, hashlib.sha256(body).hexdigest()[:24])


def _answer(found: Representation, caching: str) -> Response:
    headers = _HEADERS | {"Cache-Control": caching}
    if found.encoding != "identity":
        headers["Content-Encoding"] = found.encoding
    response = Response(found.body, mimetype="text/javascript", headers=headers)
    response.set_etag(found.etag)
    response.make_conditional(request)
    return response
