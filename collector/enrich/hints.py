"""Client hints: what Chromium says beside its frozen user agent, https://wicg.github.io/ua-client-hints/.

`hints` writes them into one line that travels with a page view, `parse` reads the line.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

MAX_TEXT = 512
"""Characters of the line."""

_HEADERS = (
    ("mobile", "sec-ch-ua-mobile"),
    ("platform", "sec-ch-ua-platform"),
    ("version", "sec-ch-ua-platform-version"),
    ("form", "sec-ch-ua-form-factors"),
)
_BRAND_HEADERS = ("sec-ch-ua-full-version-list", "sec-ch-ua")
HEADERS = (*(header for _, header in _HEADERS), *_BRAND_HEADERS)
"""The headers that `hints` reads, in lower case."""

_BRAND = re.compile(r'"([^"]{1,64})"\s*;\s*v="([0-9]{1,5})')
_PLATFORMS = {
    "Android": "Android",
    "Chrome OS": "Chrome OS",
    "Chromium OS": "Chrome OS",
    "iOS": "iOS",
    "Linux": "Linux",
    "macOS": "macOS",
    "Windows": "Windows",
}


@dataclass(frozen=True, slots=True)
class Hints:
    """What a line says: empty where it says nothing.

    mobile: "?0" or "?1"; platform: one of the systems' names above; version: major of the platform's version;
    form: form factors such as Desktop, Mobile, Tablet, XR; brands: major version by brand.
    """

    mobile: str
    platform: str
    version: str
    form: frozenset[str]
    brands: dict[str, int]


def hints(headers: Mapping[str, str]) -> str:
    """The client hints among request headers as one line, at most 512 characters; empty without any.

    The form is `mobile=?1;platform=Android;version=14.0.0;form=Mobile;ua="Google Chrome";v="142", …`: each
    part only where it was sent, without quotes and semicolons but in `ua`, which comes last and takes the
    rest. Names of headers may be in any case.
    """
    sent = {name.lower(): value for name, value in headers.items() if name.lower().startswith("sec-ch-ua")}
    parts = [f"{key}={_bare(sent[header])}" for key, header in _HEADERS if header in sent]
    brands = next((sent[header] for header in _BRAND_HEADERS if header in sent), "")
    return ";".join([*parts, f"ua={brands}"] if brands else parts)[:MAX_TEXT]


def _bare(value: str) -> str:
    """A header's value without what structures the line."""
    return value.replace('"', "").replace(";", "").strip()[:64]


def parse(line: str) -> Hints:
    """Reads the line that `hints` wrote; what is not understood is left out. Never raises."""
    head, _, brands = line.partition("ua=")
    fields = dict(part.partition("=")[::2] for part in head.split(";"))
    form = fields.get("form", "").split(",")
    return Hints(
        mobile=fields.get("mobile", ""),
        platform=_PLATFORMS.get(fields.get("platform", ""), ""),
        version=fields.get("version", "").partition(".")[0],
        form=frozenset(filter(None, (factor.strip() for factor in form))),
        brands={name: int(version) for name, version in _BRAND.findall(brands)},
    )
