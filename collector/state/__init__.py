"""What people create in the dashboard: users, roles, links, tokens, saved reports, notes. One SQLite file, no event.

Secrets are never stored: passwords as argon2id, everything else (sessions, links, tokens: 256 random bits) as SHA-256.
"""

from __future__ import annotations

from collector.state.annotations import Annotation, Annotations
from collector.state.file import StateError
from collector.state.links import Share, Shares
from collector.state.log import Line, Log
from collector.state.overlays import Overlay, Overlays
from collector.state.questions import Questions, Saved
from collector.state.tokens import Token, Tokens
from collector.state.users import EVERY_SITE, INVITATION_SECONDS, ROLES, SESSION_SECONDS, User

__all__ = [
    "EVERY_SITE",
    "INVITATION_SECONDS",
    "ROLES",
    "SESSION_SECONDS",
    "Annotation",
    "Line",
    "Overlay",
    "Saved",
    "Share",
    "State",
    "StateError",
    "Token",
    "User",
]


class State(Tokens, Shares, Overlays, Questions, Annotations, Log):
    """An open state.db: what each part says of itself, over one file."""
