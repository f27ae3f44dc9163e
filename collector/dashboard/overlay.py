"""Where do people click, on the page itself? A link to it, good for an hour, and what the script asks for there."""

from __future__ import annotations

import hashlib
import ipaddress
import re
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, quote

from flask import Blueprint, abort, current_app, g, jsonify, make_response, render_template, request

from collector.addresses import address_of, network
from collector.dashboard import connection
from collector.dashboard.entry import Guesses, settings
from collector.dashboard.journal import journal
from collector.dashboard.reader import needs, sites, state
from collector.dashboard.view import PERIODS, View
from collector.query import QueryError
from collector.state import StateError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from werkzeug.wrappers import Response as Answered

    from collector.query import Site
    from collector.sites import Site as Listed
    from collector.state import Overlay

blueprint = Blueprint("overlay", __name__)
PAGE: Final = "heat"
MARK: Final = "footpath="
"""What stands before the secret, in a page's fragment: browsers send that to nobody."""
_MOST_ELEMENTS: Final = 200
_MOST_ADDRESSES: Final = 3
_MOST_DEVICE: Final = 64
_HOST: Final = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9])?|\[[0-9a-f:]+\])(?::\d{1,5})?")
_HOSTS_SQL: Final = """
SELECT toString(host) AS host, count() AS views FROM events
WHERE site_id = {site_id:UInt32} AND kind = 'page_view' AND path = {path:String} AND bot_class = ''
    AND ts > now() - INTERVAL 90 DAY AND host != ''
GROUP BY host ORDER BY views DESC, host LIMIT 20"""
_SIZE_SQL: Final = """
SELECT toUInt32(quantileExactLow(0.5)(document_width)) AS width,
    toUInt32(quantileExactLow(0.5)(document_height)) AS height
FROM events
WHERE site_id = {site_id:UInt32} AND kind = 'page_view' AND path = {path:String} AND device = {device:String}
    AND bot_class = ''
    AND ts >= fromUnixTimestamp64Milli({start:Int64}) AND ts < fromUnixTimestamp64Milli({end:Int64})"""


@blueprint.post(f"/sites/<site>/{PAGE}/overlay")
@needs("analyst")
def link(site: str) -> Answered:
    """Make a link to the page with its clicks on it; its address is shown once."""
    view = View.of(site, PAGE, parse_qsl(request.form.get("query", ""), keep_blank_values=True))
    shown: dict[str, Any] = {"view": view, "site": sites()[site]}
    try:
        shown |= _link(view, sites()[site], request.form.get("path", ""), request.form.get("device", ""))
        status = 200
    except QueryError as error:
        if connection.is_away(error):
            connection.forget()
        shown["error"], status = str(error), 503 if connection.is_away(error) else 400
    except StateError as error:
        shown["error"], status = str(error), 422
    # htmx takes the place of the form by what it is told with 200 alone.
    if request.headers.get("HX-Request"):
        return make_response(render_template("overlay_link.html", **shown), 200)
    return make_response(render_template("overlay.html", **shown), status)


def _link(view: View, listed: Listed, path: str, device: str) -> dict[str, Any]:
    if g.reader.user is None:
        abort(403)
    if not settings().dashboard:
        raise StateError("pages do not know where the dashboard is: set FOOTPATH_DASHBOARD_URL")
    if "*" in path or not path.startswith("/"):
        raise StateError("choose one page, whose path begins with a /")
    site = connection.site(view.site, view.zone)
    views = site.scroll(path, view.period, by="device", **view.common).page_views
    device = device if device in views else max(views, key=lambda each: views[each], default="")
    hosts = [row.host for row in site.sql(_HOSTS_SQL, path=path).rows]
    found = origins(listed.origins, hosts)
    if not found:
        raise StateError(f"nobody was on {path} in the last 90 days, so that its host is not known")
    secret = state().open_overlay(g.reader.user.id, view.site, path, device[:_MOST_DEVICE], view.query)
    journal("link to the live page", about=path, site=view.site)
    address, end = opened(path, secret, is_routed=listed.privacy.hash)
    return {"links": [(each + address, each + address + end) for each in found], "path": path, "device": device}


def opened(path: str, secret: str, *, is_routed: bool) -> tuple[str, str]:
    """A page's path as an address needs it, and what follows it in a link that carries a secret.

    A router that reads the fragment (`hash` in sites.yml) finds its route there, and the secret as the route's query.
    """
    before, _, route = path.partition("#")
    if route:
        return f"{_quoted(before)}#{_quoted(route)}", f"?{MARK}{secret}"
    return _quoted(before), f"#/?{MARK}{secret}" if is_routed else f"#{MARK}{secret}"


def origins(listed: Iterable[str], seen: Iterable[str]) -> list[str]:
    """Where a page may be opened: the site's origins, those whose hosts its page views named first, at most three.

    Where all origins are allowed (`*`), the hosts of its page views: with https, which events do not tell, and http on
    this machine and where the host is a number.
    """
    known = [each for each in listed if each != "*"]
    hosts = [each for each in dict.fromkeys(host.lower() for host in seen) if _HOST.fullmatch(each)]
    if known:
        place = {host: at for at, host in enumerate(hosts)}
        ranked = sorted(known, key=lambda each: (place.get(each.partition("//")[2], len(place)), each[:5] != "https"))
        return ranked[:_MOST_ADDRESSES]
    return [f"{_scheme(host)}://{host}" for host in hosts[:_MOST_ADDRESSES]]


def _scheme(host: str) -> str:
    name = host.partition("]")[0].lstrip("[") if host.startswith("[") else host.partition(":")[0]
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return "http" if name == "localhost" or name.endswith(".localhost") else "https"
    return "http"


def _quoted(path: str) -> str:
    """As it came from a browser, which had written most of it with percent signs."""
    return quote(path, safe="/%:@!$&'()*+,;=~-._")


@blueprint.get("/overlay/<secret>")
@needs("secret")
def answer(secret: str) -> Answered:
    """What is drawn on the page: elements, cells and counts of its path, device, period and filters, as JSON.

    For any origin, by the secret alone. Void: 401; too many void ones from a network: 429; the question: 400; the
    database: 503.
    """
    guesses: Guesses = current_app.extensions["footpath-overlay-guesses"]
    near = network(address_of(request.environ, settings().trusted_proxies))
    name = hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
    if guesses.spent(near, name):
        return _refused(429, "Too many attempts. Wait a minute, then try again.")
    found = _allowed(secret)
    if found is None:
        guesses.add(near, name)
        return _refused(401, "This link is void: it works for an hour. Open the page from the dashboard again.")
    try:
        return make_response(jsonify(clicks(found)))
    except QueryError as error:
        if connection.is_away(error):
            connection.forget()
            return _refused(503, "The database does not answer. Try again in a moment.")
        return _refused(400, str(error))


def _allowed(secret: str) -> Overlay | None:
    """The link's scope, as long as who made it may still read the site."""
    found = state().overlay(secret)
    if found is None or found.site not in sites():
        return None
    return found if state().user(found.user_id).role(found.site) else None


def _refused(status: int, text: str) -> Answered:
    return make_response(jsonify({"error": text}), status)


def clicks(scope: Overlay) -> dict[str, Any]:
    """What `elements`, `heatmap` and `scroll` say of the page and device, px as CSS px of the page.

    `cells` are [middle of the cell as a share of the page's width, px from its top, clicks]; fixed elements have their
    `rect` in the viewport.

    Raises:
        QueryError: the question is not possible, or ClickHouse did not answer.
    """
    view = View.of(scope.site, PAGE, parse_qsl(scope.query, keep_blank_values=True))
    site = connection.site(scope.site, view.zone)
    asked: dict[str, Any] = {"path": scope.path, "period": view.period, "by": "device", **view.common}
    heat, scroll = site.heatmap(**asked), site.scroll(**asked)
    elements = [row for row in site.elements(**asked).rows if row.group == scope.device]
    width, height = _size(site, scope, heat.meta.period)
    return {
        "title": " · ".join([scope.path, *_words(view), scope.device or "every device"]),
        "device": scope.device,
        "views": scroll.page_views.get(scope.device, 0),
        "clicks": heat.clicks.get(scope.device, 0),
        "page_width": width or max((row.page_width for row in elements if not row.fixed), default=0),
        "page_height": height or max((row.y + row.height for row in elements if not row.fixed), default=0),
        "elements": [
            {
                "key": row.key,
                "item": row.item,
                "selector": row.selector,
                "name": row.name,
                "clicks": row.clicks,
                "dead": row.dead,
                "rage": row.rage,
                "share": round(row.share, 4),
                "rate": round(row.click_rate.rate or 0.0, 4),
                "rect": [row.x, row.y, row.width, row.height],
                "fixed": int(row.fixed),
            }
            for row in elements[:_MOST_ELEMENTS]
        ],
        "cells": [
            [round((row.x_pct + 0.5) / 100, 4), row.y_px + 8, row.clicks]
            for row in heat.rows
            if row.group == scope.device and row.layer == "page"
        ],
    }


def _size(site: Site, scope: Overlay, period: Any) -> tuple[int, int]:
    """Median width and height of the page, CSS px; 0 where nobody came."""
    given = {"path": scope.path, "device": scope.device, "start": period.start_ms, "end": period.end_ms}
    (row,) = site.sql(_SIZE_SQL, **given).rows
    return int(row.width), int(row.height)


def _words(view: View) -> list[str]:
    words = dict(PERIODS).get(view.period_text, view.period_text)
    period = words if view.period_text == "today" or ".." in words else f"last {words}"
    return [period, *(text for text, _ in view.filters())]
