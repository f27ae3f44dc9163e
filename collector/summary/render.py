"""The letter as a page of its own, and as a mail with its pictures inside."""

from __future__ import annotations

import base64
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined

from collector.query.render import printable
from collector.summary.compose import percent, points

if TYPE_CHECKING:
    from collections.abc import Sequence

    from collector.summary.compose import Letter


def page(letter: Letter) -> str:
    """One HTML file that needs nothing else."""
    pictures = [f"data:image/png;base64,{base64.b64encode(each.png).decode()}" for each in letter.pictures]
    return _html(letter, pictures)


def mail(letter: Letter, sender: str, recipients: Sequence[str]) -> EmailMessage:
    """A mail: text, and HTML with the pictures inside."""
    message = EmailMessage()
    message["Subject"] = printable(letter.subject)
    message["From"] = sender
    message["To"] = ", ".join(recipients)
    message["Date"] = formatdate(localtime=False)
    message["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2].strip(" >") or "localhost")
    message.set_content(_environment(escaping=False).get_template("letter.txt").render(letter=letter))
    names = [make_msgid(domain="footpath.invalid") for _ in letter.pictures]
    message.add_alternative(_html(letter, [f"cid:{name[1:-1]}" for name in names]), subtype="html")
    body = message.get_payload(1)
    assert isinstance(body, EmailMessage)  # noqa: S101 - the alternative that was added
    for name, picture in zip(names, letter.pictures, strict=True):
        body.add_related(picture.png, "image", "png", cid=name)
    return message


def _html(letter: Letter, sources: Sequence[str]) -> str:
    return _environment(escaping=True).get_template("letter.html").render(letter=letter, sources=sources)


def _environment(*, escaping: bool) -> Environment:
    found = Environment(
        loader=PackageLoader("collector.summary", "."),
        autoescape=escaping,  # noqa: S701 - off for the part of a mail that is plain text
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
    )
    found.filters.update(percent=percent, points=points)
    return found
