"""What a goal's name means on a site: the events of goals.yml, of the micro steps that need no file, or of the wire."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from collector import goals as file
from collector.config import ConfigError
from collector.query.errors import BadQuestion, QueryError, unknown
from collector.query.steps import Step

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from collector.goals import Goal

CLASS = "class:"


@dataclass(frozen=True)
class Goals:
    """The goals of a site. `version` is the hash of goals.yml as it was published; empty: there is none."""

    listed: Mapping[str, Goal] = field(default_factory=dict)
    version: str = ""

    @property
    def known(self) -> Mapping[str, Goal]:
        """By name: those of goals.yml, and the micro steps that it does not say otherwise."""
        return MappingProxyType({**file.DETECTED, **self.listed})

    def find(self, name: str) -> tuple[Goal, ...]:
        """The goals of this name, pattern or class (`class:macro`); none: only conversion events can have it.

        A pattern means goals of goals.yml that are not negative: `*` is success, and no page view.
        """
        if name.startswith(CLASS):
            wanted = name.removeprefix(CLASS)
            if wanted not in file.CLASSES:
                raise unknown("class of goals", wanted, file.CLASSES)
            return tuple(goal for goal in self.known.values() if goal.kind == wanted)
        if "*" not in name:
            return (self.known[name],) if name in self.known else ()
        return tuple(
            goal for goal in self.listed.values() if goal.kind != "negative" and _matches(goal.name, name)
        )  # fmt: skip

    def kind(self, name: str) -> str:
        """The class of a goal by its name; a conversion event that no file names is macro, since a page said so."""
        if name.startswith(CLASS):
            return name.removeprefix(CLASS)
        return self.known[name].kind if name in self.known else "macro"

    def explains(self, conversion: str) -> bool:
        """Whether conversion events of this name are explained: by a goal of that name, or by a match of goals.yml."""
        steps = (each.step for goal in self.listed.values() for each in goal.match if isinstance(each, file.Happening))
        matched = (str(step["goal"]) for step in steps if step["what"] == "conversion")
        return conversion in self.known or any(
            _matches(conversion, each) if "*" in each else conversion == each for each in matched
        )

    def steps(self, name: str) -> tuple[Step, ...]:
        """The sorts of events that are a conversion of this name or pattern, goals by session left out."""
        found = [
            Step.from_dict(match.step)
            for goal in self.find(name)
            for match in goal.match
            if isinstance(match, file.Happening)
        ]
        if name == f"{CLASS}macro" and not self.listed:
            # Where no file says what success is, pages do.
            return (Step("conversion", (("goal", "*"),), unless=tuple(file.DETECTED)),)
        if name in self.known or name.startswith(CLASS):
            return tuple(found)
        hidden = tuple(each for each in self.listed if "*" in name and _matches(each, name))
        return (Step("conversion", (("goal", name),), unless=hidden), *found)

    def resolve(self, step: Step) -> Step:
        """The step with what it means here: only conversions have names that a file explains.

        Raises:
            BadQuestion: the goal takes a whole session to judge, and is no event.
        """
        if step.step != "conversion":
            return step
        name = step.get("goal") or ""
        for goal in self.find(name):
            if goal.by_session and "*" not in name:
                raise BadQuestion(
                    f"goal {goal.name!r} is judged by a whole session or by what did not happen, so that it is no step "
                    "of a funnel and no did(…); ask for it with conversion_rate, or use the events that it is about"
                )
        return replace(step, any_of=self.steps(name))


def published(text: str, version: str) -> Goals:
    """The goals of a site as the table `goals` has them.

    Raises:
        QueryError: they are of a later version.
    """
    try:
        return Goals(file.goals_of(json.loads(text or "{}"), "goals"), version if text not in ("", "{}") else "")
    except ConfigError as error:
        raise QueryError(f"the site's goals cannot be read by this version of footpath: {error}") from None


def of_file(path: str | Path, sites: Collection[str]) -> dict[str, Goals]:
    """The goals of a file by site, to try before they are published.

    Raises:
        BadQuestion: the file is wrong; names the site, the goal and the key.
    """
    try:
        found = file.read_file(Path(path), sites)
    except ConfigError as error:
        raise BadQuestion(str(error)) from None
    return {key: Goals(goals, file.published(goals.values()).version) for key, goals in found.items()}


def _matches(name: str, pattern: str) -> bool:
    first, *rest = pattern.split("*")
    if not name.startswith(first) or not name.endswith(rest[-1]):
        return False
    at = len(first)
    for part in rest[:-1]:
        at = name.find(part, at)
        if at < 0:
            return False
        at += len(part)
    return at <= len(name) - len(rest[-1])
