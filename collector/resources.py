"""Files that ship with the program: inside the package in a wheel, beside it in a checkout."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
_PLACES = {
    "schema": (_PACKAGE / "_schema", _PACKAGE.parent / "schema"),
    "sdk": (_PACKAGE / "_sdk", _PACKAGE.parent / "sdk_js" / "dist"),
    "demo": (_PACKAGE / "_demo", _PACKAGE.parent / "demo"),
}


def folder(name: str) -> Path:
    """The folder `schema`, `sdk` or `demo`.

    Raises:
        FileNotFoundError: the installation is incomplete.
    """
    for place in _PLACES[name]:
        if place.is_dir():
            return place
    raise FileNotFoundError(f"the folder {name!r} is missing from this installation; install footpath again")
