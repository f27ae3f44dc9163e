"""The script's files: what is served under which name, with which settings inside, and by which hash a page pins it."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Final

from collector import __version__

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from collector.config import Settings
    from collector.sites import Site

FOLDER: Final = "/sdk"
"""Where every version's files are served, whatever the path of the script."""

CORE: Final = f"{__version__}.js"
MORE: Final = f"{__version__}.more.js"
FULL: Final = f"{__version__}.full.js"

_BUILT_CORE: Final = "footpath.min.js"
_SETTINGS_PLACE: Final = b"({});"
"""What the built script ends with; a site's settings go there."""


def files(folder: Path) -> dict[str, bytes]:
    """The script's files in `folder` by the name under which they are served: this version's and all released ones.

    What was released stays as it was, also where this version has been built anew since.

    Raises:
        FileNotFoundError: the folder has no script.
    """
    if not (folder / _BUILT_CORE).is_file():
        raise FileNotFoundError(f"{folder / _BUILT_CORE} is missing from this installation; install footpath again")
    found = {_served_as(path.name): path for path in folder.glob("footpath*.min.js")}
    found |= {path.name: path for path in (folder / "released").glob("*.js")}
    return {name: path.read_bytes() for name, path in found.items()}


def _served_as(built: str) -> str:
    """footpath.more.min.js is served as 0.1.0.more.js."""
    return __version__ + built.removeprefix("footpath").replace(".min.", ".")


def pinned(files: Mapping[str, bytes]) -> str:
    """The file that a page pins: where there is one that asks for no other, its hash vouches for everything."""
    return FULL if FULL in files else CORE


def folders(settings: Settings) -> tuple[str, ...]:
    """The paths below which versions are served: /sdk, and for a script at /shop.js also /shop, which no list knows."""
    return tuple(dict.fromkeys((FOLDER, _own_folder(settings))))


def address(settings: Settings, name: str) -> str:
    """The path that pages are given for a file."""
    return f"{_own_folder(settings)}/{name}"


def _own_folder(settings: Settings) -> str:
    return settings.script_path.removesuffix(".js")


def configured(core: bytes, site: Site, settings: Settings, tags: Iterable[str] = ()) -> bytes:
    """The script with the settings of a site inside; `tags` are parameters that it keeps besides the site's own."""
    addresses = {"endpoint": settings.events_path, "files": address(settings, __version__)}
    addresses["dashboard"] = settings.dashboard
    told = {"site": site.key, **addresses, **asdict(site.privacy), **asdict(site.capture)}
    told["query"] = list(dict.fromkeys([*site.privacy.query, *tags]))
    head, _, tail = core.rpartition(_SETTINGS_PLACE)
    return b"%s(%s);%s" % (head, json.dumps(told).encode(), tail)


def integrity(content: bytes) -> str:
    """What a page writes into `integrity` to take these bytes and no others."""
    return f"sha384-{base64.b64encode(hashlib.sha384(content).digest()).decode()}"


def is_released(name: str, folder: Path) -> bool:
    """Whether later versions of the program will serve this file too."""
    return (folder / "released" / name).is_file()
