"""The links that a terminal shows: for the first owner, for one who lost the password, and for the demo."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Final

from collector.state import EVERY_SITE, State

if TYPE_CHECKING:
    from collector.config import Settings

OWNER: Final = "owner"
_DEMO: Final = "demo"
_A_WEEK: Final = 7 * 86_400


def first(settings: Settings) -> str | None:
    """The link by which the first owner chooses a password; None where there is an owner who has one.

    Raises:
        StateError: state.db cannot be used.
    """
    with contextlib.closing(State(settings.state_path)) as state:
        if any(user.is_owner and not user.invited for user in state.users()):
            return None
    return again(settings, OWNER)


def again(settings: Settings, name: str) -> str:
    """A link by which a user chooses a (new) password; a name that is not there becomes an owner.

    Raises:
        StateError: state.db cannot be used.
    """
    return f"{settings.dashboard_here}/invitation/{_invite(settings, name, 'password')}"


def demo(settings: Settings) -> str:
    """A link that is in already, as often as it is clicked, for a week or until the demo is started again.

    Raises:
        StateError: state.db cannot be used.
    """
    return f"{settings.dashboard_here}/enter/{_invite(settings, _DEMO, 'enter')}"


def _invite(settings: Settings, name: str, purpose: str) -> str:
    with contextlib.closing(State(settings.state_path)) as state:
        known = {user.name.casefold(): user for user in state.users()}
        user = known.get(name.casefold()) or state.add_user(name, {EVERY_SITE: "owner"})
        state.note("the terminal", "invited" if purpose == "password" else "the demo's link", about=user.name)
        return state.invite(user.id, purpose, *([_A_WEEK] if purpose == "enter" else []))
