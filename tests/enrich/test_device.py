"""Devices, browsers, systems and bots by user agent and client hints."""

import csv
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from collector.enrich import bots, device
from collector.enrich.device import Device, classify, hints

TABLE = Path(__file__).with_name("user_agents.tsv")


def _table() -> list[tuple[str, Device]]:
    """User agents with the device that each stands for."""
    with TABLE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    return [
        (
            row["user_agent"],
            Device(
                type=row["type"],
                browser=row["browser"],
                browser_version=int(row["browser_version"]),
                os=row["os"],
                os_version=row["os_version"],
                bot_class=row["bot_class"],
            ),
        )
        for row in rows
    ]


CHROME = "Mozilla/5.0 ({}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 {}Safari/537.36"
WINDOWS = CHROME.format("Windows NT 10.0; Win64; x64", "")
MAC = CHROME.format("Macintosh; Intel Mac OS X 10_15_7", "")
PHONE = CHROME.format("Linux; Android 10; K", "Mobile ")
LINUX = CHROME.format("X11; Linux x86_64", "")


# --- user agents ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("user_agent", "expected"), _table())
def test_user_agent(user_agent: str, expected: Device) -> None:
    """Each user agent of the table is the device beside it."""
    assert classify(user_agent) == expected


def test_the_table_has_every_type_and_class() -> None:
    """No type and no class of bot goes untried."""
    devices = [expected for _, expected in _table()]
    assert {found.type for found in devices} == set(device.TYPES)
    assert {found.bot_class for found in devices} == {"", *bots.CLASSES}
    assert all((found.type == "bot") == bool(found.bot_class) for found in devices)


@pytest.mark.parametrize(
    "user_agent", ["", " ", "\t", "-", "(null)", "hello", "'; DROP TABLE events; --", "=cmd()", "ClamAV 0.95.3"]
)
def test_no_user_agent_is_no_browser(user_agent: str) -> None:
    """Browsers always send one, and it says Mozilla, Opera, or the name of a telephone."""
    assert classify(user_agent) == Device(type="bot", bot_class="library")


def test_a_browser_without_more_is_other() -> None:
    """Text that begins like a browser and says nothing else is nobody's bot and no known device."""
    assert classify("Mozilla/5.0") == Device()


def test_only_512_characters_count() -> None:
    """What stands behind 512 characters is not looked at, so that a long text costs no more."""
    assert classify(WINDOWS + " " * 512 + "Googlebot/2.1") == classify(WINDOWS)
    assert classify(WINDOWS.ljust(512) + "bot " * 2500).type == "desktop"


def test_repeated_user_agents_come_from_a_bounded_cache() -> None:
    """The cache answers the second time and cannot grow without end."""
    device._classify.cache_clear()
    first = classify(WINDOWS)
    assert classify(WINDOWS) is first
    assert device._classify.cache_info().maxsize == device.CACHE_SIZE


# --- client hints ---------------------------------------------------------------------------------------

BRANDS = '"Chromium";v="142", "Google Chrome";v="142", "Not_A Brand";v="99"'


def brands(name: str, version: int = 142) -> str:
    """The brands that a browser built on Chromium sends."""
    return f'"Chromium";v="142", "{name}";v="{version}", "Not_A Brand";v="99"'


def test_hints_are_one_line() -> None:
    """Each hint once, without quotes but in the brands, in whatever case the headers come."""
    headers = {
        "sec-ch-ua": BRANDS,
        "SEC-CH-UA-MOBILE": "?1",
        "Sec-CH-UA-Platform": '"Android"',
        "Sec-CH-UA-Platform-Version": '"16.0.0"',
        "Sec-CH-UA-Form-Factors": '"Mobile"',
        "User-Agent": PHONE,
        "Cookie": "secret=1",
    }
    assert hints(headers) == f"mobile=?1;platform=Android;version=16.0.0;form=Mobile;ua={BRANDS}"


def test_without_hints_the_line_is_empty() -> None:
    """Firefox and Safari send none."""
    assert hints({"User-Agent": WINDOWS}) == ""
    assert hints({}) == ""


def test_hints_are_at_most_512_characters() -> None:
    """Headers of any length make a line of bounded length."""
    assert len(hints({"Sec-CH-UA": "x" * 10_000, "Sec-CH-UA-Platform": "y" * 10_000})) == 512


def test_the_full_version_list_is_preferred() -> None:
    """Where both lists of brands were sent, the one with full versions counts."""
    full = '"Brave";v="142.1.2.3"'
    assert hints({"Sec-CH-UA": BRANDS, "Sec-CH-UA-Full-Version-List": full}) == f"ua={full}"


@pytest.mark.parametrize(
    ("user_agent", "headers", "expected"),
    [
        (WINDOWS, {"": BRANDS}, ("desktop", "Chrome", 142, "Windows", "10", "")),
        (WINDOWS, {"": brands("Brave")}, ("desktop", "Brave", 142, "Windows", "10", "")),
        (WINDOWS, {"": brands("Opera GX", 124)}, ("desktop", "Opera", 124, "Windows", "10", "")),
        (WINDOWS, {"": brands("YaBrowser", 25)}, ("desktop", "Yandex Browser", 25, "Windows", "10", "")),
        (WINDOWS + " Edg/141.0.0.0", {"": BRANDS}, ("desktop", "Edge", 141, "Windows", "10", "")),
        (LINUX, {"": brands("HeadlessChrome")}, ("bot", "HeadlessChrome", 142, "Linux", "", "headless")),
        (WINDOWS, {"-Platform-Version": '"15.0.0"'}, ("desktop", "Chrome", 142, "Windows", "11", "")),
        (WINDOWS, {"-Platform-Version": '"10.0.0"'}, ("desktop", "Chrome", 142, "Windows", "10", "")),
        (WINDOWS, {"-Platform-Version": '"0.1.0"'}, ("desktop", "Chrome", 142, "Windows", "10", "")),
        (MAC, {}, ("desktop", "Chrome", 142, "macOS", "", "")),
        (MAC, {"-Platform-Version": '"15.6.1"'}, ("desktop", "Chrome", 142, "macOS", "15", "")),
        (PHONE, {}, ("mobile", "Chrome", 142, "Android", "", "")),
        (PHONE, {"-Platform-Version": '"16.0.0"'}, ("mobile", "Chrome", 142, "Android", "16", "")),
        (PHONE, {"-Platform": '"Android"', "-Mobile": "?0"}, ("tablet", "Chrome", 142, "Android", "", "")),
        (LINUX, {"-Platform": '"Android"', "-Mobile": "?0"}, ("tablet", "Chrome", 142, "Android", "", "")),
        (LINUX, {"-Platform": '"Android"', "-Mobile": "?1"}, ("mobile", "Chrome", 142, "Android", "", "")),
        (LINUX, {"-Platform": '"Chrome OS"'}, ("desktop", "Chrome", 142, "Chrome OS", "", "")),
        (LINUX, {"-Platform-Version": '"6.8.0"'}, ("desktop", "Chrome", 142, "Linux", "", "")),
        (LINUX, {"-Platform": '"Unknown"'}, ("desktop", "Chrome", 142, "Linux", "", "")),
        (PHONE, {"-Form-Factors": '"Tablet"'}, ("tablet", "Chrome", 142, "Android", "", "")),
        (PHONE, {"-Form-Factors": '"Mobile", "XR"'}, ("other", "Chrome", 142, "Android", "", "")),
        (WINDOWS, {"-Form-Factors": '"Desktop"'}, ("desktop", "Chrome", 142, "Windows", "10", "")),
    ],
)
def test_hints_refine(user_agent: str, headers: dict[str, str], expected: tuple[object, ...]) -> None:
    """The brand, the platform, its version, mobile and the form say what the frozen user agent hides."""
    line = hints({f"Sec-CH-UA{name}": value for name, value in headers.items()})
    assert classify(user_agent, line) == Device(*expected)  # type: ignore[arg-type]


def test_hints_do_not_make_a_person_of_a_bot() -> None:
    """Hints say nothing about who looks."""
    line = hints({"Sec-CH-UA": BRANDS, "Sec-CH-UA-Mobile": "?1"})
    assert classify("Mozilla/5.0 (compatible; Googlebot/2.1)", line).type == "bot"


# --- hostile input --------------------------------------------------------------------------------------

ANYTHING = st.characters(exclude_categories=())
FAMILIAR = 'Mozila/5.0 ()[];:,="?+-_Android \x00\udcff²٣'
HOSTILE = st.text() | st.text(ANYTHING) | st.text(FAMILIAR, max_size=600)


@given(HOSTILE, HOSTILE)
@example("\x00", "\x00")
@example("\ud800 Mozilla/5.0 \udfff", "mobile=\udcff")
@example("x" * 10_000, "ua=" + '"a";v="1",' * 1000)
@example("Mozilla/5.0 " + "(" * 500, "")
@example("Mozilla/5.0 (iPhone; CPU iPhone OS ²٣_1 like Mac OS X) Version/٣.²", 'ua="²";v="٣"')
@example("Chrome/99999.0", "version=99999;platform=Windows")
def test_no_text_raises(user_agent: str, line: str) -> None:
    """Whatever is sent makes a device whose fields fit their columns."""
    found = classify(user_agent, line)
    assert found.type in device.TYPES
    assert found.bot_class in {"", *bots.CLASSES}
    assert 0 <= found.browser_version <= 65535
    for text in (found.browser, found.os, found.os_version):
        assert len(text) <= 64
        assert text.isprintable()


NAMES = st.sampled_from(["Sec-CH-UA", "sec-ch-ua-mobile", "Sec-CH-UA-Platform", "x"])


@given(st.dictionaries(NAMES, HOSTILE))
def test_no_header_raises(headers: dict[str, str]) -> None:
    """Hints of any content make a line that is read again."""
    line = hints(headers)
    assert len(line) <= 512
    classify(PHONE, line)
