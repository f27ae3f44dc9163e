"""The command `footpath`: which commands there are, and where."""

from __future__ import annotations

from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING

import click

from collector import __version__
from collector.config import SETTINGS

if TYPE_CHECKING:
    from collections.abc import Mapping

_COMMANDS: Mapping[str, str] = MappingProxyType(
    {
        "check": "commands.watching:check",
        "demo": "commands.running:demo",
        "enrich": "commands.tables:enrich",
        "erase": "commands.visitors:erase",
        "export": "commands.visitors:export",
        "import": "imports:group",
        "init": "commands.installing:init",
        "invite": "commands.running:invite",
        "load": "commands.running:load",
        "migrate": "commands.tables:migrate",
        "query": "questions:group",
        "relink": "commands.visitors:relink",
        "serve": "commands.running:serve",
        "snippet": "commands.installing:snippet",
        "summary": "summary.command:command",
        "tail": "commands.watching:tail",
        "truth": "commands.judging:truth",
        "unlink": "commands.visitors:unlink",
    }
)
"""The commands, each with its module and what it is called there."""
_EPILOG = "\b\nSettings are read from the environment:\n" + "\n".join(
    f"  {setting.name:<25} {setting.meaning}{f' [{setting.default}]' if setting.default else ''}"
    for setting in SETTINGS
)
_CONTEXT = {"max_content_width": 120, "help_option_names": ["-h", "--help"]}


class _Commands(click.Group):
    """A command is imported when it is used: `query` has libraries that take longer to load than `serve`."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module, _, name = _COMMANDS[cmd_name].partition(":")
        found: click.Command = getattr(import_module(f"collector.{module}"), name)
        return found


@click.group(cls=_Commands, epilog=_EPILOG, context_settings=_CONTEXT)
@click.version_option(__version__, prog_name="footpath")
def main() -> None:
    """Footpath: where visitors walk, where they stumble, and what it costs."""


if __name__ == "__main__":
    main()
