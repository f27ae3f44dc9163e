"""What goes into a site's pages: the tag that loads the script, and the policy that lets it."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from collector import __version__, script
from collector.config import Settings
from collector.sites import Privacy

if TYPE_CHECKING:
    from collections.abc import Mapping

    from collector.sites import Site


def origin(settings: Settings) -> str:
    """Where the collector listens; the public address is known to the proxy before it."""
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return f"http://{host}:{settings.port}"


def tag(key: str, settings: Settings, collector: str) -> str:
    """The tag that always loads the current script, with the site's settings inside. `collector` is an origin."""
    return _tag({"src": f"{collector}{settings.script_path}?site={key}", "data-site": key})


def pinned_tag(site: Site, settings: Settings, collector: str, files: Mapping[str, bytes]) -> str:
    """The tag that loads this version's script or nothing; the site's settings stand in its attributes.

    `files` are those that the collector serves.
    """
    name = script.pinned(files)
    return _tag(
        {
            "src": collector + script.address(settings, name),
            "integrity": script.integrity(files[name]),
            "crossorigin": "anonymous",
            "data-site": site.key,
            **_other_than_default(site, settings),
        }
    )


def policy(collector: str, settings: Settings) -> str:
    """What a page's Content-Security-Policy must allow, and no more.

    The dashboard is asked by its overlay on the live page, where its public address is known.
    """
    connected = " ".join(filter(None, (collector, settings.dashboard_url)))
    return f"script-src {collector}; connect-src {connected}"


def _other_than_default(site: Site, settings: Settings) -> dict[str, str]:
    usual = _told(Privacy(), Settings.from_environment({}))
    return {name: value for name, value in _told(site.privacy, settings).items() if value != usual[name]}


def _told(privacy: Privacy, settings: Settings) -> dict[str, str]:
    return {
        "data-endpoint": settings.events_path,
        "data-files": script.address(settings, __version__),
        "data-storage": privacy.storage,
        "data-gpc": privacy.gpc,
        "data-dnt": privacy.dnt,
        "data-hash": str(privacy.hash).lower(),
        "data-query": ",".join(privacy.query),
    }


def _tag(attributes: dict[str, str]) -> str:
    written = " ".join(f'{name}="{escape(value)}"' for name, value in attributes.items())
    return f"<script async {written}></script>"
