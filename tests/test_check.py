"""`footpath check`: each common mistake, made for real, is found and told with its remedy."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from collector import check, migrate, mounts
from collector.config import Settings
from collector.spool import Spool
from collector.store import Store
from tests.support import SITES_YML, Server, batch, click, now_ms, serving, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from collector.engine import Connection


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A configuration directory with one site, and room for data."""
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "sites.yml").write_text(SITES_YML)
    return tmp_path


def found(folder: Path, *others: str, **changed: str) -> dict[str, check.Finding]:
    """What check says, by what it looked at."""
    settings = {"FOOTPATH_DATA_DIR": str(folder / "data"), "FOOTPATH_CONFIG_DIR": str(folder / "config"), **changed}
    return {each.what: each for each in check.findings(Settings.from_environment(settings), others)}


def is_wrong(finding: check.Finding, *told: str) -> bool:
    return not finding.well and all(each in finding.told for each in told)


def is_hint(finding: check.Finding, *told: str) -> bool:
    return finding.well and finding.hint and all(each in finding.told for each in told)


@contextlib.contextmanager
def somebody_else() -> Iterator[None]:
    """Not root, who may read everything."""
    if os.geteuid():
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.parametrize("closed", ["config", "config/sites.yml"])
def test_a_configuration_that_another_user_may_not_read(folder: Path, closed: str) -> None:
    """The usual end of `sudo footpath init`."""
    assert found(folder)["sites"].well
    (folder / closed).chmod(0)
    try:
        with somebody_else():
            finding = found(folder)["sites"]
    finally:
        (folder / closed).chmod(0o700)
    assert is_wrong(finding, "may not be read by user", "run this command as that user")


@pytest.mark.parametrize(
    ("file", "text", "told"),
    [
        ("sites.yml", SITES_YML.replace("time_zone", "timezone"), "timezone"),
        ("goals.yml", "goals:\n  demo-shoop: {}\n", "demo-shoop"),
    ],
)
def test_a_mistake_in_a_file(folder: Path, file: str, text: str, told: str) -> None:
    """Told on the line of that file, as the program itself would say it."""
    (folder / "config" / file).write_text(text)
    assert is_wrong(found(folder)[file.partition(".")[0]], file, told)


def test_a_data_directory_that_is_not_writable(folder: Path) -> None:
    """Once it may be read alone."""
    with tempfile.TemporaryDirectory() as made:  # pytest's own folders are closed to everybody else
        settings = Settings.from_environment({"FOOTPATH_DATA_DIR": made, "FOOTPATH_CONFIG_DIR": str(folder / "config")})
        for mode, well in ((0o777, True), (0o555, False)):
            Path(made).chmod(mode)
            with somebody_else():
                finding = next(each for each in check.findings(settings) if each.what == "data directory")
            assert finding.well is well, finding.told
        assert made in finding.told
        Path(made).chmod(0o700)


def test_more_workers_than_cores(folder: Path) -> None:
    """A hint, as they may be meant."""
    assert not found(folder)["settings"].hint
    assert is_hint(found(folder, FOOTPATH_WORKERS="64")["settings"], "set FOOTPATH_WORKERS=")


@pytest.mark.parametrize("setting", ["FOOTPATH_EVENTS_PATH", "FOOTPATH_SCRIPT_PATH"])
def test_a_path_that_block_lists_match(folder: Path, setting: str) -> None:
    """As a whole word: `soundtrack` is none."""
    assert is_hint(found(folder, **{setting: "/v2/track"})["settings"], f"{setting}=/v2/track", "block lists")
    assert not found(folder, **{setting: "/soundtrack"})["settings"].hint


def test_a_data_directory_over_the_network(tmp_path: Path) -> None:
    """By the nearest mount above it; mounting NFS is nothing that a test may do, so its table is written."""
    table = tmp_path / "mountinfo"
    table.write_text(
        "21 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n"
        f"22 21 0:50 / {tmp_path} rw shared:2 - nfs4 server:/data rw\n"
        f"23 22 0:51 / {tmp_path}/local\\040disk rw - xfs /dev/sdb1 rw\n"
    )
    (tmp_path / "local disk").mkdir()
    assert mounts.kind_of(tmp_path, table) in mounts.REMOTE
    assert mounts.kind_of(tmp_path / "local disk", table) == "xfs"
    assert mounts.kind_of(Path("/"), table) == "ext4"
    assert mounts.kind_of(tmp_path, tmp_path / "none") == ""


@pytest.mark.skipif(not mounts.kind_of(Path("/")), reason="this system has no /proc/self/mountinfo")
def test_the_real_table_of_mounts_is_understood(folder: Path) -> None:
    """/proc is what it says."""
    assert mounts.kind_of(Path("/proc/self")) == "proc"
    assert mounts.kind_of(Path("/")) in found(folder)["data directory"].told or found(folder)["data directory"].well


@pytest.mark.parametrize(("size", "mark"), [("900m", "NOT disk"), ("1500m", "hint disk"), ("2500m", "ok  disk")])
def test_a_disk_that_is_nearly_full(folder: Path, size: str, mark: str) -> None:
    """A small file system of its own, where the system lets an ordinary user mount one."""
    mount = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c"]
    (folder / "data").mkdir()
    command = f'mount -t tmpfs -o size={size} tmpfs "{folder}/data"'
    if subprocess.run([*mount, command], capture_output=True, check=False).returncode:
        pytest.skip("mounting in a user namespace is not allowed here")
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(sys.path)}
    environment |= {"FOOTPATH_DATA_DIR": str(folder / "data"), "FOOTPATH_CONFIG_DIR": str(folder / "config")}
    told = subprocess.run(
        [*mount, f'{command} && exec "{sys.executable}" -m collector.cli check'],
        capture_output=True, check=False, text=True, env=environment,
    )  # fmt: skip
    assert mark in told.stdout, told.stderr


def test_events_that_wait_for_a_loader_that_does_not_run(folder: Path) -> None:
    """Older than a minute."""
    spool = Spool(folder / "data" / "spool")
    spool.put(b"x", 1, now_ms() - 120_000)
    spool.close()
    assert is_wrong(found(folder)["spool"], "the oldest for 1", "does `footpath serve` or `footpath load` run?")


def test_a_spool_file_that_cannot_be_read(folder: Path) -> None:
    """What waits in it waits for a person."""
    (folder / "data" / "spool").mkdir(parents=True)
    (folder / "data" / "spool" / "slot-000.sqlite").write_bytes(b"x" * 5000)
    assert is_wrong(found(folder)["spool"], "1 files of", "cannot be read")


def test_a_database_that_does_not_answer(folder: Path) -> None:
    """On the line of ClickHouse, and, once something waits for it, on that of the loader."""
    url = "clickhouse://loader@127.0.0.1:1/footpath"
    assert is_wrong(
        found(folder, FOOTPATH_CLICKHOUSE_URL=url)["ClickHouse"], "ClickHouse at 127.0.0.1:1 does not answer"
    )
    with serving(folder, FOOTPATH_CLICKHOUSE_URL=url) as server:
        assert server.post(batch())[0] == 202
        wait_until(
            lambda: is_wrong(found(folder)["loader"], "127.0.0.1:1 does not answer"), what="the loader's trouble"
        )


def test_a_missing_migration(folder: Path, engine: Connection) -> None:
    """A database as an older version left it."""
    url = engine.loader_url.replace("/footpath", "/older")
    migrate.migrate(url, known=migrate.migrations()[:-1])
    assert is_wrong(found(folder, FOOTPATH_CLICKHOUSE_URL=url)["ClickHouse"], "1 migrations are pending", "migrate`")
    migrate.migrate(url)
    assert found(folder, FOOTPATH_CLICKHOUSE_URL=url)["ClickHouse"].well
    server = Store(engine.loader_url.replace("/footpath", "/default"))
    server.execute("DROP DATABASE older SYNC")
    server.close()


@pytest.mark.parametrize(
    ("version", "old"), [("26.9.2.1", False), ("26.3.1.884", False), ("26.2.4.23", True), ("25.12.1.1", True)]
)
def test_an_old_database_is_told_by_its_version(version: str, *, old: bool) -> None:
    """26.3 is the oldest that answers every report."""
    assert check.is_before(version, check.OLDEST) is old


def test_a_database_that_is_too_old_is_named(folder: Path, engine: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    """With what to do. The one at hand is made to look old by asking for one that is newer than all."""
    monkeypatch.setattr(check, "OLDEST", "99.1")
    url = engine.loader_url.replace("/footpath", "/too_old")
    assert is_wrong(found(folder, FOOTPATH_CLICKHOUSE_URL=url)["ClickHouse"], "is ClickHouse 26.", "update it to 99.1")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A running program with a site of one origin."""
    folder = tmp_path_factory.mktemp("check")
    (folder / "config").mkdir()
    (folder / "config" / "sites.yml").write_text(SITES_YML.replace('"*"', '"https://shop.example"'))
    with serving(folder) as running:
        wait_until(lambda: found(running.folder)["ClickHouse"].well, what="the tables")
        yield running


def test_a_site_that_sends_nothing(server: Server) -> None:
    """The first thing to see after an installation."""
    assert is_hint(found(server.folder)["arrivals"], "demo-shop sent nothing for a day", "footpath snippet")


def test_a_proxy_that_is_not_trusted(server: Server) -> None:
    """Found by what it sends; no address is kept."""
    assert found(server.folder)["proxy"].well
    assert server.post(batch(), {"X-Forwarded-For": "203.0.113.9"})[0] == 202
    wait_until(lambda: not found(server.folder)["proxy"].well, what="the finding")
    finding = found(server.folder)["proxy"]
    assert is_wrong(finding, "outside FOOTPATH_TRUSTED_PROXIES (none)", "name the proxy's network")
    assert "203.0.113" not in finding.told
    other = found(server.folder, FOOTPATH_TRUSTED_PROXIES="10.0.0.0/8")["proxy"]
    assert is_hint(other, "if that was a proxy of yours, add its network")


def test_a_proxy_that_is_trusted_is_no_finding(tmp_path: Path) -> None:
    """Also when it forwards."""
    with serving(tmp_path, FOOTPATH_TRUSTED_PROXIES="127.0.0.0/8") as server:
        assert server.post(batch(), {"X-Forwarded-For": "203.0.113.9"})[0] == 202
        wait_until(lambda: server.metrics()["accepted"] == 10, what="the commit")
        assert found(tmp_path)["proxy"].well


def test_a_proxy_that_does_not_say_who_sends(tmp_path: Path) -> None:
    """The collector speaks no TLS, so a page on https comes through a proxy; on this machine it need not."""
    origin = {"Origin": "https://shop.example"}
    with serving(tmp_path, FOOTPATH_TRUSTED_PROXIES="127.0.0.0/8") as server:
        for silent in (
            {},
            {"Origin": "http://shop.example", "Host": "data.shop.example"},
            origin | {"Host": "localhost:8400"},
            origin | {"Host": "127.0.0.1:8400"},
            origin | {"Host": "data.shop.example", "X-Forwarded-For": "203.0.113.9"},
        ):
            assert server.post(batch(), silent)[0] == 202
        wait_until(lambda: server.metrics()["accepted"] == 50, what="the commit")
        assert found(tmp_path)["proxy"].well
        assert server.post(batch(), origin | {"Host": "data.shop.example"})[0] == 202
        wait_until(lambda: not found(tmp_path)["proxy"].well, what="the finding")
        assert is_wrong(found(tmp_path)["proxy"], "without X-Forwarded-For", "let it send the header")


@pytest.mark.parametrize(
    ("trusted", "wide"),
    [
        ("0.0.0.0/0", "0.0.0.0/0"), ("10.0.0.0/8,128.0.0.0/1", "128.0.0.0/1"), ("10.0.0.0/7", "10.0.0.0/7"),
        ("::/0", "::/0"), ("2000::/15", "2000::/15"),
        ("", None), ("10.0.0.0/8,172.16.0.0/12", None), ("fd00::/16", None),
    ],
)  # fmt: skip
def test_a_network_of_proxies_that_is_nearly_everybody(folder: Path, trusted: str, wide: str | None) -> None:
    """A hint: it may be meant where nobody but a proxy reaches the collector."""
    finding = found(folder, FOOTPATH_TRUSTED_PROXIES=trusted)["proxy"]
    assert finding.hint is (wide is not None)
    assert wide is None or is_hint(finding, f"has {wide}, which is nearly everybody", "chooses the address")


@pytest.mark.parametrize(
    ("sent", "headers", "told"),
    [
        ({}, {"Origin": "https://www.shop.example"}, "origin 'https://www.shop.example' is not allowed for demo-shop"),
        ({"site": "demo-shoop"}, {}, "site 'demo-shoop' is not in sites.yml"),
    ],
)
def test_a_page_that_is_refused(tmp_path: Path, sent: dict[str, str], headers: dict[str, str], told: str) -> None:
    """An origin without its www, a misspelt key."""
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "sites.yml").write_text(SITES_YML.replace('"*"', '"https://shop.example"'))
    with serving(tmp_path) as server:
        assert server.post(batch(**sent), headers)[0] == 403
        wait_until(lambda: is_hint(found(tmp_path)["origins"], told, "if that page is yours"), what="the finding")


def test_collectors_with_different_keys(server: Server, tmp_path: Path) -> None:
    """Compared by fingerprints; the same key is well, somebody else's page is not a collector."""
    here = f"http://127.0.0.1:{server.port}"
    assert found(server.folder, here)["secret key"].well
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "sites.yml").write_text(SITES_YML)
    (tmp_path / "config" / "secret.key").write_bytes(bytes(32))
    assert is_wrong(found(tmp_path, here)["secret key"], "copy one secret.key to all")
    assert is_wrong(found(server.folder, f"{here}/healthz#")["secret key"], "is not that of a collector")
    assert is_wrong(found(server.folder, "http://127.0.0.1:1")["secret key"], "does not answer")


def test_a_clock_that_is_wrong(server: Server) -> None:
    """Most visitors have another time than this machine."""
    hour = 3_600_000
    before = server.metrics()["inserted"]
    for _ in range(30):
        late = batch([click(1)], sent_at=now_ms() - hour, offset=hour)
        late["page"]["started_at"] -= hour
        assert server.post(late)[0] == 202
    wait_until(lambda: server.metrics()["inserted"] == before + 30, what="loading")
    assert is_wrong(found(server.folder)["clock"], "visitors of the last day have another time", "NTP")


def test_a_site_that_only_bots_visit(server: Server) -> None:
    """A proxy that drops User-Agent, or a load test."""
    before = server.metrics()["inserted"]
    assert not is_hint(found(server.folder)["arrivals"], "are bots")
    for _ in range(400):
        assert server.post(batch([click(1)]), {"User-Agent": "curl/8.0"})[0] == 202
    wait_until(lambda: server.metrics()["inserted"] == before + 400, what="loading")
    assert is_hint(found(server.folder)["arrivals"], "visitors of demo-shop in the last day are bots", "User-Agent")
