"""Who did what: what people change in the dashboard is noted, with the network that it came from."""

from __future__ import annotations

from flask import current_app, g, request

from collector.addresses import address_of, network_text
from collector.dashboard.reader import state


def journal(what: str, *, about: str = "", site: str = "", who: str = "") -> None:
    """Note it in the log that owners see; `who` where it is not yet known who asks."""
    trusted = current_app.extensions["footpath-settings"].trusted_proxies
    near = network_text(address_of(request.environ, trusted))
    state().note(who or g.reader.name, what, about=about, site=site, network=near)
