"""Three collectors behind nginx, over one database on two shards: whatever dies, everything is there once."""

from __future__ import annotations

import contextlib
import functools
import http.client
import json
import os
import re
import shutil
import signal
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from collector.query import connect
from collector.store import Store
from tests.cluster.servers import CLUSTER
from tests.support import CHROME, SITES_YML, Server, batch, free_port, ids, serving, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.cluster.servers import Shards

BALANCER = Path(__file__).resolve().parents[2] / "deploy" / "nginx" / "footpath-balancer.conf"
NGINX = """daemon off; {user} pid {folder}/nginx.pid; error_log {folder}/error.log; worker_processes 1;
events {{}}
http {{
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi; access_log off;
    {upstream}
    server {{
        listen 127.0.0.1:{port};
        location / {{
            proxy_pass http://footpath; proxy_http_version 1.1; proxy_set_header Connection "";
            proxy_set_header X-Forwarded-For $remote_addr; proxy_read_timeout 15s;
        }}
    }}
}}
"""


@contextlib.contextmanager
def balanced(folder: Path, ports: list[int]) -> Iterator[int]:
    """nginx with the upstream of deploy/, in front of these ports; its own port."""
    folder.mkdir()
    text, places = BALANCER.read_text(), iter(ports)
    upstream, replaced = re.subn(r"10\.0\.0\.\d:8400", lambda _: f"127.0.0.1:{next(places)}", text)
    assert replaced == len(ports)
    port = free_port()
    user = "" if os.geteuid() else "user root;"
    (folder / "nginx.conf").write_text(NGINX.format(folder=folder, upstream=upstream, port=port, user=user))
    nginx = subprocess.Popen(
        [str(shutil.which("nginx")), "-e", str(folder / "error.log"), "-c", str(folder / "nginx.conf")]
    )
    try:
        wait_until(lambda: nginx.poll() is not None or listens(port), what="nginx")
        assert nginx.poll() is None, (folder / "error.log").read_text()
        yield port
    finally:
        nginx.terminate()
        nginx.wait(20)


def listens(port: int) -> bool:
    with contextlib.suppress(OSError):
        http.client.HTTPConnection("127.0.0.1", port, timeout=1).connect()
        return True
    return False


def post(port: int, client: int, sent: dict[str, Any]) -> int:
    """Send a batch through the balancer as the client 127.0.1.`client`; the status."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=15, source_address=(f"127.0.1.{client}", 0))
    with contextlib.closing(connection):
        connection.request("POST", "/v1/events", json.dumps(sent), {"Content-Type": "text/plain", "User-Agent": CHROME})
        answer = connection.getresponse()
        answer.read()
        return answer.status


def kill(server: Server) -> None:
    """SIGKILL the whole collector, as a machine that loses its power."""
    below = list(server.descendants())
    for pid in (server.process.pid, *below):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    server.process.wait()


def freeze_loader(server: Server) -> None:
    """The loader stands still; what is acknowledged from now on waits in the spool."""
    lock = server.folder / "data" / "spool" / "loader.lock"
    os.kill(int(lock.read_text()), signal.SIGSTOP)


def stored(store: Store) -> list[tuple[int, int]]:
    """(page id, n) of every stored event, as often as it is stored."""
    return store.execute("SELECT page_id, n FROM events ORDER BY 1, 2")  # type: ignore[return-value]


@pytest.mark.skipif(not shutil.which("nginx"), reason="nginx is not installed; on Debian: apt-get install nginx")
def test_three_collectors_and_one_of_them_dies(shards: Shards, tmp_path: Path) -> None:
    """Each has visitors of its own; what a dead one had acknowledged, and browsers sent again, is counted once."""
    config = tmp_path / "config"
    config.mkdir()
    (config / "sites.yml").write_text(SITES_YML)
    (config / "secret.key").write_bytes(bytes(range(32)))
    ports = [free_port() for _ in range(3)]
    shared = {
        "FOOTPATH_CLICKHOUSE_URL": shards.url("balanced"), "FOOTPATH_CLICKHOUSE_CLUSTER": CLUSTER,
        "FOOTPATH_CONFIG_DIR": str(config), "FOOTPATH_WORKERS": "1", "FOOTPATH_TRUSTED_PROXIES": "127.0.0.1/32",
    }  # fmt: skip

    def collector(place: int) -> contextlib.AbstractContextManager[Server]:
        return serving(tmp_path / f"collector-{place}", FOOTPATH_PORT=str(ports[place]), **shared)

    with contextlib.ExitStack() as stack:
        servers = [stack.enter_context(collector(place)) for place in range(3)]
        port = stack.enter_context(balanced(tmp_path / "nginx", ports))
        sent = {client: [batch()] for client in range(1, 31)}
        for client, batches in sent.items():
            assert post(port, client, batches[0]) == 202
        taken = [server.metrics()["accepted"] for server in servers]
        assert sum(taken) == 300
        assert min(taken) > 0

        for client, batches in sent.items():
            assert post(port, client, batches[0] | {"attempt": 1}) == 202
        wait_until(lambda: sum(server.metrics()["duplicate"] for server in servers) == 300, what="the copies")
        # A visitor stays on its collector: copies meet the first ones.
        assert [server.metrics()["duplicate"] for server in servers] == taken

        freeze_loader(servers[0])
        for client, batches in sent.items():
            batches.append(batch(visitor=batches[0]["visitor"], session=batches[0]["session"]))
            assert post(port, client, batches[1]) == 202
        wait_until(lambda: all(server.metrics()["spooled"] == 0 for server in servers[1:]), what="the load")
        kill(servers[0])
        for client, batches in sent.items():  # whose answers got lost, as far as the browsers know
            again = functools.partial(post, port, client, batches[1] | {"attempt": 1})
            # The first to meet the dead one may hear 502, as browsers do; they try again.
            wait_until(lambda again=again: again() == 202, what="another collector")
        wait_until(lambda: all(server.metrics()["spooled"] == 0 for server in servers[1:]), what="the load")
        again = stack.enter_context(collector(0))
        wait_until(lambda: again.metrics()["spooled"] == 0, what="the load of what the dead one had")
        assert again.metrics()["duplicate"] == taken[0] * 2

        store = Store(shards.url("balanced"))
        expected = sorted(event for batches in sent.values() for each in batches for event in ids(each))
        assert stored(store) == expected
        assert store.execute("SELECT sum(clicks) FROM heat_cells") == [(9 * 60,)]
        assert store.execute("SELECT uniqExact(session_id), sum(page_views) FROM sessions") == [(30, 60)]
        site = connect(shards.url("balanced")).site("demo-shop")
        assert len(site.sessions("2d", limit=100).rows) == 30
