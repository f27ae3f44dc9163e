"""The country of an address."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.enrich.place import PlaceError, Places

WriteMmdb = Callable[[dict[str, Any]], Path]

NETWORKS: dict[str, Any] = {
    "81.2.69.0/24": {"country": {"iso_code": "GB"}},
    "85.214.0.0/16": {"country_code": "DE"},
    "8.8.8.0/24": {"country": "US", "continent": "NA"},
    "5.0.0.0/16": {"registered_country": {"iso_code": "FR"}},
    "2001:db8:1::/48": {"country": {"iso_code": "JP"}},
    "6.0.0.0/16": {"country": {"iso_code": "A1"}},
    "7.0.0.0/16": {"country": {"iso_code": "germany"}},
    "9.0.0.0/16": {"country": {"names": "nowhere"}},
    "10.0.0.0/16": "no record of ours",
}


@pytest.mark.parametrize(
    ("address", "country"),
    [
        ("81.2.69.142", "GB"),
        (" 81.2.69.142 ", "GB"),
        ("::ffff:81.2.69.142", "GB"),
        ("85.214.1.1", "DE"),
        ("8.8.8.8", "US"),
        ("5.0.1.2", "FR"),
        ("2001:db8:1::5", "JP"),
        ("2001:db8:2::5", ""),
        ("81.2.70.1", ""),
        ("6.0.0.1", ""),
        ("7.0.0.1", ""),
        ("9.0.0.1", ""),
        ("10.0.0.1", ""),
        ("127.0.0.1", ""),
        ("", ""),
        ("unknown", ""),
        ("256.1.1.1", ""),
        ("81.2.69.142:443", ""),
        ("fe80::1%eth0", ""),
        ("\x00", ""),
        ("\udcff", ""),
        ("1" * 10_000, ""),
    ],
)
def test_country(write_mmdb: WriteMmdb, address: str, country: str) -> None:
    """Nested and flat records give a country; anonymous proxies, non-countries and non-addresses none."""
    places = Places(write_mmdb(NETWORKS))
    assert places.country(address) == country
    places.close()


def test_without_a_database_every_country_is_unknown() -> None:
    """Doing without the database is no error."""
    places = Places(None)
    assert places.country("81.2.69.142") == ""
    places.close()


def test_a_missing_database_names_the_setting(tmp_path: Path) -> None:
    """Whoever set a wrong path learns which setting and which path."""
    with pytest.raises(PlaceError, match=r"FOOTPATH_COUNTRY_DB.*gone\.mmdb"):
        Places(tmp_path / "gone.mmdb")


@pytest.mark.parametrize("content", [b"", b"not a database", bytes(100_000)])
def test_another_file_names_the_setting(tmp_path: Path, content: bytes) -> None:
    """A file that is no database is told from one that is missing."""
    file = tmp_path / "other.mmdb"
    file.write_bytes(content)
    with pytest.raises(PlaceError, match=r"FOOTPATH_COUNTRY_DB.*other\.mmdb"):
        Places(file)


def test_a_directory_names_the_setting(tmp_path: Path) -> None:
    """The path of a folder is an error of the setting too."""
    with pytest.raises(PlaceError, match="FOOTPATH_COUNTRY_DB"):
        Places(tmp_path)


def test_the_address_is_not_kept(write_mmdb: WriteMmdb) -> None:
    """Nothing that a Places holds contains an address it was asked for."""
    places = Places(write_mmdb(NETWORKS))
    places.country("81.2.69.142")
    assert set(vars(places)) == {"_reader"}
    places.close()


@given(st.text())
def test_no_text_raises(address: str) -> None:
    """Whatever a proxy writes into a header is an unknown country at worst."""
    assert Places(None).country(address) == ""
