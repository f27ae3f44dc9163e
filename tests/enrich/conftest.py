"""Fixtures of the enrichment tests: a country database small enough to write by hand."""

import ipaddress
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Networks = dict[str, Any]


@pytest.fixture
def write_mmdb(tmp_path: Path) -> Callable[[Networks], Path]:
    """A function that writes a database of networks and their records, and returns its path."""

    def write(networks: Networks) -> Path:
        file = tmp_path / "countries.mmdb"
        file.write_bytes(_database(networks))
        return file

    return write


def _database(networks: Networks) -> bytes:
    """MaxMind DB format 2.0: a search tree of 24-bit records over 128-bit addresses, the data, the metadata.

    https://maxmind.github.io/MaxMind-DB/
    """
    tree: list[list[int | None]] = [[None, None]]
    data = b""
    for text, record in networks.items():
        _insert(tree, ipaddress.ip_network(text), ~len(data))
        data += _encode(record)
    return _tree_bytes(tree) + bytes(16) + data + b"\xab\xcd\xefMaxMind.com" + _encode(_metadata(len(tree)))


def _insert(tree: list[list[int | None]], network: ipaddress.IPv4Network | ipaddress.IPv6Network, leaf: int) -> None:
    """Hangs a leaf, the complement of its place in the data, under the bits of a network."""
    length = network.prefixlen + (96 if network.version == 4 else 0)
    bits = f"{int(network.network_address):0128b}"[:length]
    node = 0
    for bit in bits[:-1]:
        child = tree[node][int(bit)]
        if child is None:
            tree.append([None, None])
            child = tree[node][int(bit)] = len(tree) - 1
        node = child
    tree[node][int(bits[-1])] = leaf


def _tree_bytes(tree: list[list[int | None]]) -> bytes:
    """Two records of three bytes a node: a node's number, no data (the count), or a place in the data."""

    def record(value: int | None) -> bytes:
        if value is None:
            value = len(tree)
        elif value < 0:
            value = len(tree) + 16 + ~value
        return value.to_bytes(3, "big")

    return b"".join(record(left) + record(right) for left, right in tree)


def _metadata(node_count: int) -> dict[str, Any]:
    """What a reader asks of a database, each number in the type that the format wants there."""
    return {
        "binary_format_major_version": _unsigned(5, 2),
        "binary_format_minor_version": _unsigned(5, 0),
        "build_epoch": _unsigned(9, 1_790_000_000),
        "database_type": "Test-Country",
        "description": {"en": "Made by a test"},
        "ip_version": _unsigned(5, 6),
        "languages": [],
        "node_count": _unsigned(6, node_count),
        "record_size": _unsigned(5, 24),
    }


def _encode(value: Any) -> bytes:
    """A value in the format's own encoding: maps, arrays and strings; bytes are encoded already."""
    if isinstance(value, dict):
        return _head(7, len(value)) + b"".join(_encode(key) + _encode(item) for key, item in value.items())
    if isinstance(value, list):
        return _head(11, len(value)) + b"".join(_encode(item) for item in value)
    if isinstance(value, str):
        return _head(2, len(value.encode())) + value.encode()
    return bytes(value)


def _unsigned(kind: int, number: int) -> bytes:
    """An unsigned integer: 5 of 16 bits, 6 of 32, 9 of 64."""
    content = number.to_bytes((number.bit_length() + 7) // 8, "big")
    return _head(kind, len(content)) + content


def _head(kind: int, size: int) -> bytes:
    """The control byte of a type and a size below 285; types above 7 take a second byte."""
    first, rest = (size, b"") if size < 29 else (29, bytes([size - 29]))
    return (bytes([kind << 5 | first]) if kind <= 7 else bytes([first, kind - 7])) + rest
