"""The documentation says what the code does: names, tables, links, snippets and commands are compared, not trusted."""

from __future__ import annotations

import ast
import importlib
import re
import shlex
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest
import yaml
from click.testing import CliRunner

from collector import __version__, sites, telemetry
from collector.cli import main
from collector.config import SETTINGS
from collector.query.report import REPORTS

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent
OTHERS = {"node_modules", ".venv", ".git", "build", "dist"}
PAGES = sorted(path for path in ROOT.rglob("*.md") if not OTHERS & set(path.relative_to(ROOT).parts))
DOCS = ROOT / "docs"
OURS = [path for path in PAGES if path.parent in (ROOT, DOCS, DOCS / "decisions", DOCS / "operating")]
IMAGE = [ROOT / "Dockerfile", ROOT / "compose.yaml", ROOT / ".dockerignore"]
DEPLOY = sorted(path for path in (ROOT / "deploy").rglob("*") if path.is_file())
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
NAMES = {setting.name for setting in SETTINGS}


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def read(path: str) -> str:
    return (ROOT / path).read_text()


def between(text: str, mark: str) -> str:
    """What stands between <!-- mark … --> and <!-- /mark -->."""
    found = re.search(rf"<!-- {mark}: .*?-->\n(.*?)\n<!-- /{mark} -->", text, re.DOTALL)
    assert found, f"the marks of {mark} are missing"
    return found[1]


def first_cells(table: str) -> set[str]:
    """The code in the first cell of each row."""
    return set(re.findall(r"^\| `([^`]+)` \|", table, re.MULTILINE))


def section(page: str, heading: str) -> str:
    """A page from this heading to the next one of the same rank or a higher one."""
    text = read(page)
    start = text.index(f"\n{heading}\n") + 1
    rank = len(heading) - len(heading.lstrip("#"))
    begin = start + len(heading)
    end = re.search(rf"^#{{1,{rank}}} ", text[begin:], re.MULTILINE)
    return text[start : begin + end.start()] if end else text[start:]


def blocks(path: Path, *languages: str) -> list[str]:
    """The code blocks of these languages; a block without one has the language ""."""
    fenced = re.findall(r"^```(\w*)\n(.*?)^```$", path.read_text(), re.DOTALL | re.MULTILINE)
    return [code for language, code in fenced if language in languages]


def test_the_settings_table_is_that_of_the_code() -> None:
    """Every setting with its default and meaning, in order; this is what belongs between the marks."""
    rows = [f"| `{each.name}` | {f'`{each.default}`' if each.default else ''} | {each.meaning} |" for each in SETTINGS]
    assert between(read("README.md"), "settings") == "\n".join(
        ["| Setting | Default | Meaning |", "|---|---|---|", *rows]
    )


def test_help_lists_every_setting() -> None:
    """`footpath --help` is the manual."""
    shown = CliRunner().invoke(main, ["--help"]).output
    assert {each for each in NAMES if each in shown} == NAMES


def test_only_settings_that_exist_are_named() -> None:
    """A misspelt variable is ignored by every program; FOOTPATH_CHROMIUM and FOOTPATH_ENGINE belong to the tests."""
    for path in [*PAGES, *IMAGE, *DEPLOY]:
        named = set(re.findall(r"FOOTPATH_[A-Z_]+", path.read_text()))
        assert named <= NAMES | {"FOOTPATH_CHROMIUM", "FOOTPATH_ENGINE"}, name(path)


def test_every_command_has_its_line() -> None:
    """The README lists the commands that exist, and no other."""
    listed = {cell.split()[1] for cell in first_cells(read("README.md")) if cell.startswith("footpath ")}
    assert listed == set(main.list_commands(click.Context(main)))


def test_every_report_is_documented() -> None:
    """docs/querying.md has a line for each."""
    listed = {cell.partition("(")[0] for cell in first_cells(section("docs/querying.md", "## Reports"))}
    assert listed == {f"site.{each}" for each in REPORTS}


_CALLED = r"\$ |runuser .*/bin/|docker compose run .*?(?=footpath )|docker compose exec footpath "


def commands_shown() -> Iterator[tuple[str, str]]:
    """(page, command) for every line that calls footpath in a block of shell."""
    for path in OURS:
        for block in blocks(path, "", "sh"):
            for line in block.replace("\\\n", " ").splitlines():
                if found := re.match(rf"(?:{_CALLED})?(footpath .*)", line):
                    yield name(path), found[1].partition("#")[0]


@pytest.mark.parametrize(("page", "command"), sorted(set(commands_shown())))
def test_commands_shown_are_understood(page: str, command: str) -> None:
    """Commands, options and choices exist; nothing is run."""
    words = shlex.split(command)[1:]
    found: click.Command = main
    while isinstance(found, click.Group):
        inner = found.get_command(click.Context(found), words[0])
        assert inner is not None, f"{page}: {words[0]}"
        found, words = inner, words[1:]
    found.make_context("footpath", words)


def test_the_script_tag_is_what_init_prints(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The README's own command prints the README's own tag."""
    monkeypatch.chdir(tmp_path)
    for each in NAMES:
        monkeypatch.delenv(each, raising=False)
    (command,) = (line for line in read("README.md").splitlines() if line.startswith("footpath init"))
    printed = CliRunner().invoke(main, shlex.split(command)[1:]).output
    (tag,) = blocks(ROOT / "README.md", "html")
    assert tag.strip() in printed


def test_every_metric_is_explained() -> None:
    """What /metrics shows is what docs/operating/monitoring.md lists."""
    about = {"secret_key": "0", "version": "0"}
    text = telemetry.exposition({telemetry.REJECTED + "site": 1}, 0.0, "", about).decode()
    shown = {re.sub(r'="[^"]*"', "", line.rsplit(" ", 1)[0]) for line in text.splitlines() if not line.startswith("#")}
    assert first_cells(section("docs/operating/monitoring.md", "## Metrics")) == shown


def reasons(path: str) -> set[str]:
    """The words that a module gives as the reason of a refusal."""
    found = set()
    for node in ast.walk(ast.parse(read(path))):
        if isinstance(node, ast.Call):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            place = {"Refusal": 1, "refused": 1, "Rejected": 2}.get(called, 99)
            if len(node.args) > place and isinstance(word := node.args[place], ast.Constant):
                found.add(str(word.value))
        elif isinstance(node, ast.Return) and "/validate" in path:
            pairs = [inner for inner in ast.walk(node) if isinstance(inner, ast.Tuple) and len(inner.elts) == 2]
            words = [pair.elts[0] for pair in pairs]  # the validator's (reason, errors)
            found |= {word.value for word in words if isinstance(word, ast.Constant) and isinstance(word.value, str)}
    return found


def test_every_reason_is_explained() -> None:
    """Each word that Footpath-Reason, an answer or a counter may carry has its row; no row has another word."""
    answers = section("docs/operating/errors.md", "## What an answer means")
    refusals = set(re.findall(r"^\| \d{3} \| `([a-z_]+)` \|", answers, re.MULTILINE)) - {"rejected"}
    modules = (
        "app", "authorize", "body", "export", "publish", "receive", "receive_outcomes", "validate",
        "validate_outcomes", "visitors",
    )  # fmt: skip
    used = {word for module in modules for word in reasons(f"collector/{module}.py")}
    listed = refusals | first_cells(answers)
    assert listed == used


def test_every_key_of_a_site_is_explained() -> None:
    """The tables of docs/operating/sites.md have the keys of sites.yml."""
    listed = first_cells(read("docs/operating/sites.md"))
    inner = {*sites.Privacy.__slots__, *sites.Capture.__slots__}
    blocks = {"privacy", "capture"}
    assert listed - blocks == (set(sites.Site.__slots__) - {"key"} - blocks) | inner


def test_every_runtime_dependency_has_a_reason() -> None:
    """docs/decisions/dependencies.md has the packages of pyproject.toml, and no other."""
    wanted = {re.split(r"[^A-Za-z0-9_.-]", each)[0] for each in PROJECT["project"]["dependencies"]}
    assert first_cells(read("docs/decisions/dependencies.md")) == wanted


def test_the_layers_drawn_are_those_enforced() -> None:
    """CONTRIBUTING.md shows import-linter's contract."""
    contracts = PROJECT["tool"]["importlinter"]["contracts"]
    (layers,) = (each["layers"] for each in contracts if each["type"] == "layers")
    assert between(read("CONTRIBUTING.md"), "layers").strip("`\n").splitlines() == layers


def anchors(path: Path) -> set[str]:
    """The names that headings get."""
    text = re.sub(r"^```.*?^```", "", path.read_text(), flags=re.DOTALL | re.MULTILINE)
    heads = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_links_lead_somewhere(path: Path) -> None:
    """Relative links name files and headings that exist."""
    for target in re.findall(r"\]\(([^)\s]+)\)", path.read_text()):
        if re.match(r"[a-z]+:", target):
            continue
        file, _, anchor = target.partition("#")
        place = (path.parent / file).resolve() if file else path
        assert place.exists(), target
        assert not anchor or anchor in anchors(place), target


SNIPPETS = [(name(path), code) for path in OURS for code in blocks(path, "python")]


@pytest.mark.parametrize(("page", "code"), SNIPPETS)
def test_python_shown_compiles_and_its_imports_exist(page: str, code: str) -> None:
    """A snippet that is pasted starts; the tests of the reports say what it answers."""
    tree = ast.parse(code, page)
    bound = {alias.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            module = importlib.import_module(str(node.module))
            assert all(hasattr(module, alias.name) for alias in node.names)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            bound.add(node.id)
        elif isinstance(node, ast.arg):
            bound.add(node.arg)
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
    assert used <= bound | {"print"}


@pytest.mark.parametrize("path", [*PAGES, *IMAGE, *DEPLOY], ids=name)
def test_texts_name_no_machine_and_no_registry(path: Path) -> None:
    """Nothing of the place where a page was written, and nothing unfinished."""
    text = path.read_text()
    found = re.search(r"/(?:work|tmp|root|home)/|\bpypi\.org|\bnpmjs\.|files\.pythonhosted|@@|\bTODO\b|\bFIXME\b", text)
    assert found is None, found


def test_decisions_are_dated_listed_and_one_screen_long() -> None:
    """A decision is found from docs/README.md and read at one sitting."""
    index = read("docs/README.md")
    for path in (ROOT / "docs" / "decisions").glob("*.md"):
        text = path.read_text()
        assert re.search(r"^Decided \d{4}-\d{2}-\d{2}\.", text, re.MULTILINE), path.name
        assert f"decisions/{path.name}" in index
        assert len(text.splitlines()) <= 60, path.name


def test_the_changelog_has_this_version() -> None:
    """Released under its heading, or said to be coming."""
    assert __version__ in read("CHANGELOG.md")


def test_the_image_is_not_root_and_serves_on_its_port() -> None:
    """The last USER is a number, the command is `footpath serve`, and the data is a volume."""
    text = read("Dockerfile")
    assert re.findall(r"^USER (.+)$", text, re.MULTILINE)[-1].isdigit()
    assert 'ENTRYPOINT ["footpath"]\nCMD ["serve"]' in text
    port = next(each.default for each in SETTINGS if each.name == "FOOTPATH_PORT")
    assert f"EXPOSE {port}" in text
    volume = re.findall(r'^VOLUME \["(.+)"\]$', text, re.MULTILINE)[0]
    places = dict(re.findall(r"(FOOTPATH_\w+_DIR)=(\S+)", text))
    assert places.keys() == {"FOOTPATH_DATA_DIR", "FOOTPATH_CONFIG_DIR"}
    assert all(place.startswith(f"{volume}/") for place in places.values())


def test_everything_that_the_wheel_is_built_from_is_in_the_image() -> None:
    """What the Dockerfile copies exists, and .dockerignore lets it through."""
    copied = [
        word for line in re.findall(r"^COPY (.+)$", read("Dockerfile"), re.MULTILINE) for word in line.split()[:-1]
    ]
    let_through = re.findall(r"^!(.+)$", read(".dockerignore"), re.MULTILINE)
    assert set(copied) <= set(let_through)
    assert all((ROOT / each).exists() for each in copied)
    shipped = ast.literal_eval(re.findall(r"^SHIPPED = (.+)$", read("hatch_build.py"), re.MULTILINE)[0])
    assert set(shipped) <= set(copied)


def test_compose_publishes_the_collector_on_this_machine_only() -> None:
    """No other port is open, and no password stands in the file."""
    services = yaml.safe_load(read("compose.yaml"))["services"]
    assert {key for key, service in services.items() if "ports" in service} == {"footpath"}
    assert all(port.startswith("127.0.0.1:") for port in services["footpath"]["ports"])
    assert all("${CLICKHOUSE_PASSWORD:?" in str(service["environment"]) for service in services.values())
