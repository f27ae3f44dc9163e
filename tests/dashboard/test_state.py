"""What is kept of users, links and tokens, and how."""

from __future__ import annotations

import sqlite3
import stat
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from collector.state import State, StateError, file

if TYPE_CHECKING:
    from pathlib import Path

PASSWORD = "correct horse battery"


@pytest.fixture
def state(tmp_path: Path) -> State:
    return State(tmp_path / "data" / "state.db")


def test_no_secret_is_in_the_file(state: State, tmp_path: Path) -> None:
    """Neither passwords nor links, sessions and tokens; the file is for its owner alone."""
    user = state.add_user("ann", {"*": "owner"}, PASSWORD)
    secrets = [PASSWORD, state.invite(user.id), state.open_session(user.id), state.add_token(user.id, "t")]
    secrets.append(state.share("s", "overview", "", name="x", by="ann", seconds=60))
    state.close()
    content = b"".join(each.read_bytes() for each in (tmp_path / "data").iterdir())
    assert b"ann" in content
    assert b"$argon2id$" in content
    assert not [secret for secret in secrets if secret.encode() in content]
    assert stat.S_IMODE((tmp_path / "data" / "state.db").stat().st_mode) == 0o600


def test_passwords(state: State) -> None:
    """The right one is let in, also under another case of the name; a user without one never."""
    user = state.add_user("Ann", {"s": "viewer"}, PASSWORD)
    state.add_user("bob", {"s": "viewer"})
    assert state.by_password("ann", PASSWORD) == user
    assert state.by_password("Ann", PASSWORD + " ") is None
    assert state.by_password("bob", "") is None
    assert state.by_password("nobody", PASSWORD) is None
    for short in ("", "123456789", "x" * 1025):
        with pytest.raises(StateError, match="10 to 1,024"):
            state.set_password(user.id, short)


def test_a_new_password_ends_sessions_and_invitations(state: State) -> None:
    """Whoever was logged in with the old one is out."""
    user = state.add_user("ann", {"s": "viewer"}, PASSWORD)
    session, invitation = state.open_session(user.id), state.invite(user.id)
    assert state.session_user(session) == user
    assert state.invited(invitation) == user
    state.set_password(user.id, PASSWORD + "2")
    assert state.session_user(session) is None
    assert state.invited(invitation) is None


def test_a_newer_invitation_replaces_the_older(state: State) -> None:
    """And one for a password lets nobody in without one."""
    user = state.add_user("ann", {"s": "viewer"})
    first, second = state.invite(user.id), state.invite(user.id)
    assert state.invited(first) is None
    assert state.invited(second) == user
    assert state.invited(second, "enter") is None


def test_roles(state: State) -> None:
    """The higher of the site's and of all sites'; none where nothing was given."""
    user = state.add_user("ann", {"a": "analyst", "*": "viewer"})
    assert [user.role(site) for site in ("a", "b")] == ["analyst", "viewer"]
    assert state.add_user("bob", {"a": "viewer"}).role("b") is None
    with pytest.raises(StateError, match="one of viewer, analyst, owner"):
        state.set_role(user.id, "a", "king")
    with pytest.raises(StateError, match="one of all sites"):
        state.set_role(user.id, "a", "owner")


def test_a_refused_user_leaves_nothing(state: State) -> None:
    """A wrong role, a taken name: no half of a user."""
    state.add_user("ann", {"a": "viewer"})
    for name, role in (("Ann", "viewer"), ("bob", "king"), ("", "viewer"), ("a\nb", "viewer")):
        with pytest.raises(StateError):
            state.add_user(name, {"a": role})
    assert [each.name for each in state.users()] == ["ann"]


def test_removing_a_user_removes_what_was_theirs(state: State) -> None:
    """Sessions and tokens end; saved questions stay for the others."""
    state.add_user("owner", {"*": "owner"})
    user = state.add_user("ann", {"a": "analyst"})
    session, token = state.open_session(user.id), state.add_token(user.id, "t")
    state.save("a", "funnel", "checkout", "step=page:/", "ann")
    state.remove_user(user.id)
    assert state.session_user(session) is None
    assert state.token_user(token) is None
    assert [each.name for each in state.saved("a", "funnel")] == ["checkout"]


def test_saving_twice_keeps_the_later(state: State) -> None:
    """By site, page and name."""
    for query in ("a=1", "a=2"):
        state.save("s", "funnel", "checkout", query, "ann")
    state.save("other", "funnel", "checkout", "a=3", "ann")
    (kept,) = state.saved("s", "funnel")
    assert kept.query == "a=2"
    state.forget("other", kept.id)
    assert state.saved("s", "funnel") == [kept]
    state.forget("s", kept.id)
    assert state.saved("s", "funnel") == []


def test_migrations_go_forward(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An older file gets what it lacks and keeps what it has; a newer one is left alone, with a sentence."""
    path = tmp_path / "state.db"
    first = State(path)
    first.add_user("ann", {"a": "viewer"})
    first.close()
    monkeypatch.setattr(file, "MIGRATIONS", (*file.MIGRATIONS, "CREATE TABLE more (id INTEGER) STRICT;"))
    second = State(path)
    assert [each.name for each in second.users()] == ["ann"]
    second.close()
    monkeypatch.undo()
    with pytest.raises(StateError, match="later version"):
        State(path)
    with sqlite3.connect(path) as database:
        assert database.execute("SELECT count(*) FROM more").fetchone() == (0,)


def test_several_processes_may_open_a_new_file_at_once(tmp_path: Path) -> None:
    """The dashboard and the terminal do so at the first start."""
    script = (
        "import sys, pathlib; from collector.state import State; "
        "state = State(pathlib.Path(sys.argv[1])); state.add_user(sys.argv[2], {'*': 'viewer'})"
    )
    path = str(tmp_path / "new" / "state.db")
    started = [subprocess.Popen([sys.executable, "-c", script, path, f"user {each}"]) for each in range(6)]
    assert [each.wait(60) for each in started] == [0] * 6
    assert len(State(tmp_path / "new" / "state.db").users()) == 6


def test_a_broken_file_is_said(tmp_path: Path) -> None:
    """Not a traceback of SQLite."""
    (tmp_path / "state.db").write_bytes(b"no database at all" * 100)
    with pytest.raises(StateError, match="cannot be used"):
        State(tmp_path / "state.db")
