"""The country of an address, by a database in MaxMind's format that the site's owner brings along.

The address is looked up and forgotten: it is neither cached nor logged nor part of an error.
"""

import ipaddress
import re
from pathlib import Path
from typing import Any

import maxminddb

SETTING = "FOOTPATH_COUNTRY_DB"

_ISO = re.compile(r"[A-Z]{2}")
_NOT_A_COUNTRY = frozenset({"A1", "A2", "O1", "T1", "XX", "ZZ", "EU", "AP"})


class PlaceError(Exception):
    """The country database cannot be read. Its text names the setting and says what to do."""


class Places:
    """The country database, opened once; without one every country is unknown.

    Safe to share among threads. PlaceError when the file is missing or no such database.
    """

    def __init__(self, database: Path | None) -> None:
        self._reader = None if database is None else _open(database)

    def country(self, address: str) -> str:
        """ISO 3166 alpha-2 code of an IPv4 or IPv6 address; empty when unknown or none. Never raises."""
        if self._reader is None:
            return ""
        try:
            return _code(self._reader.get(_normal(address)))
        except (ValueError, maxminddb.InvalidDatabaseError):
            return ""

    def close(self) -> None:
        """Closes the file."""
        if self._reader is not None:
            self._reader.close()


def _open(database: Path) -> maxminddb.Reader:
    """The database's reader."""
    try:
        return maxminddb.open_database(str(database))
    except FileNotFoundError:
        raise PlaceError(
            f"{SETTING}: there is no file {database}. Give the path of a country database in MaxMind's "
            "format (.mmdb), or leave the setting empty to do without countries."
        ) from None
    except (OSError, ValueError, maxminddb.InvalidDatabaseError) as error:
        raise PlaceError(
            f"{SETTING}: {database} cannot be read as a database in MaxMind's format (.mmdb): {error}"
        ) from error


def _normal(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """The address, IPv4 where it is one in IPv6's clothes; ValueError for anything else."""
    found = ipaddress.ip_address(address.strip())
    return getattr(found, "ipv4_mapped", None) or found


def _code(record: Any) -> str:
    """The country in a record of GeoLite2, GeoIP2 (nested), DB-IP or IPinfo (flat)."""
    if not isinstance(record, dict):
        return ""
    for found in (record.get("country"), record.get("registered_country"), record.get("country_code")):
        code = found.get("iso_code") if isinstance(found, dict) else found
        if isinstance(code, str) and _ISO.fullmatch(code) and code not in _NOT_A_COUNTRY:
            return code
    return ""
