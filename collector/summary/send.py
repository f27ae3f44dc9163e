"""Handing a mail to a server."""

from __future__ import annotations

import smtplib
import ssl
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from email.message import EmailMessage

_SECONDS: Final = 30
_PORTS: Final = {"smtp": 587, "smtps": 465}
_NEAR: Final = ("localhost", "127.0.0.1", "::1")


class MailError(RuntimeError):
    """The mail was not sent; the message says why."""


def send(message: EmailMessage, url: str) -> None:
    """Hand the mail to the server of `url` (smtp:// with STARTTLS, smtps:// with TLS from the beginning).

    A server on this machine may go without TLS.

    Raises:
        MailError: the server is not there, has no TLS, or refuses the sender, a recipient or the password.
    """
    where = urlsplit(url)
    host, port = where.hostname or "", where.port or _PORTS[where.scheme]
    try:
        with _connected(where.scheme, host, port) as server:
            if where.username:
                server.login(unquote(where.username), unquote(where.password or ""))
            refused = server.send_message(message)
    except smtplib.SMTPNotSupportedError as error:
        raise MailError(f"{host}:{port} offers neither TLS nor the login that is needed ({error})") from error
    except (smtplib.SMTPException, OSError) as error:
        raise MailError(f"{host}:{port} did not take the mail: {error}") from error
    if refused:
        raise MailError(f"{host}:{port} refused {', '.join(sorted(refused))}; others have it")


def _connected(scheme: str, host: str, port: int) -> smtplib.SMTP:
    if scheme == "smtps":
        return smtplib.SMTP_SSL(host, port, timeout=_SECONDS, context=ssl.create_default_context())
    server = smtplib.SMTP(host, port, timeout=_SECONDS)
    server.ehlo_or_helo_if_needed()
    if server.has_extn("starttls") or host not in _NEAR:
        server.starttls(context=ssl.create_default_context())
    return server
