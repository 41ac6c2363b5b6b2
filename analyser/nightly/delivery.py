"""The digest's ways out: mail by SMTP and a signed webhook. They carry no words of a call.

A delivery that fails is tried again with growing pauses, then given up with a clear reason; whatever it would have
carried stands in the reports' folder.
"""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import os
import smtplib
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from email.message import EmailMessage
from email.utils import formatdate
from typing import Any
from urllib.parse import urlsplit

from analyser import __version__
from analyser.errors import AnalyserError, ExitCode
from analyser.nightly.config import Email, Webhook

FIRST_PAUSE_S = 2.0  # doubled after each attempt
SIGNATURE, TIMESTAMP, DELIVERY = "X-Analyser-Signature", "X-Analyser-Timestamp", "X-Analyser-Delivery"
_TRY_LATER = frozenset({408, 425, 429, 500, 502, 503, 504})
Pause = Callable[[float], None]


class DeliveryError(AnalyserError):
    """A digest did not arrive."""

    exit_code = ExitCode.SOME_FAILED


class _Passing(Exception):
    """A fault that may pass by itself; says what it was."""


class NoRedirects(urllib.request.HTTPRedirectHandler):
    """A signed POST goes where the config says, or nowhere."""

    def redirect_request(self, *_: Any) -> None:
        """Follow nothing; the redirect then counts as an error."""


def _tried(attempt: Callable[[], None], attempts: int, pause: Pause, where: str, hint: str) -> None:
    wait = FIRST_PAUSE_S
    for left in range(attempts - 1, -1, -1):
        try:
            attempt()
            return
        except _Passing as fault:
            if not left:
                count = "once" if attempts == 1 else f"{attempts} times"
                raise DeliveryError(f"not delivered, tried {count}: {fault}", where=where, hint=hint) from None
        pause(wait)
        wait *= 2


def mail(subject: str, text: str, page: str, settings: Email, *, run_id: str) -> EmailMessage:
    """The digest as a message with a plain and an HTML form."""
    message = EmailMessage()
    message["Subject"] = subject
    message["From"] = settings.sender
    message["To"] = ", ".join(settings.recipients)
    message["Date"] = formatdate()
    # the same run always has the same id, so that a mail sent twice after a lost answer shows once
    domain = settings.sender.rpartition("@")[2].rstrip("> ") or "localhost"
    message["Message-ID"] = f"<analyser-{hashlib.sha256(run_id.encode()).hexdigest()[:24]}@{domain}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text, cte="quoted-printable")
    message.add_alternative(page, subtype="html", cte="quoted-printable")
    return message


def send_mail(message: EmailMessage, settings: Email, *, pause: Pause = time.sleep) -> tuple[str, ...]:
    """Send a message.

    Returns
    -------
    The recipients that the server refused, where it took others.

    Raises
    ------
    DeliveryError
        Where no recipient got it.
    """
    refused: dict[str, Any] = {}
    sent = False

    def attempt() -> None:
        nonlocal refused, sent
        try:
            with _connected(settings) as server:
                if settings.user is not None and settings.password_env is not None:
                    server.login(settings.user, os.environ[settings.password_env])
                refused = server.send_message(message)
                sent = True
        except (smtplib.SMTPException, OSError) as error:
            if not sent:  # a fault of the farewell must not send the mail twice
                raise _judged(error, settings) from None

    _tried(attempt, settings.attempts, pause, f"{settings.host}:{settings.port}", "check [email] and the mail server")
    return tuple(refused)


def _connected(settings: Email) -> smtplib.SMTP:
    if settings.tls == "ssl":
        context = ssl.create_default_context()
        return smtplib.SMTP_SSL(settings.host, settings.port, timeout=settings.timeout_s, context=context)
    server = smtplib.SMTP(settings.host, settings.port, timeout=settings.timeout_s)
    if settings.tls == "starttls":
        try:
            server.starttls(context=ssl.create_default_context())
        except BaseException:
            server.close()
            raise
    return server


def _judged(error: smtplib.SMTPException | OSError, settings: Email) -> DeliveryError | _Passing:
    """Whether it is worth another attempt: what a server refuses for good, or a config asks wrongly, is not."""
    passing = False
    if isinstance(error, smtplib.SMTPAuthenticationError):
        said = f"the server refuses the login ({error.smtp_code})"
    elif isinstance(error, smtplib.SMTPRecipientsRefused):
        codes = sorted({code for code, _ in error.recipients.values()})
        said = f"the server refuses all recipients ({', '.join(map(str, codes))})"
        passing = any(400 <= code < 500 for code in codes)
    elif isinstance(error, smtplib.SMTPResponseException):
        said = f"the server answers {error.smtp_code}"
        passing = error.smtp_code < 500
    elif isinstance(error, smtplib.SMTPNotSupportedError):
        said = "the server does not offer what [email] asks for (TLS or login)"
    elif isinstance(error, ssl.SSLCertVerificationError):
        said = "the server's certificate cannot be verified"
    else:
        said, passing = _fault(error), True
    if passing:
        return _Passing(said)
    return DeliveryError(f"not delivered: {said}", where=f"{settings.host}:{settings.port}", hint="check [email]")


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """What a receiver computes to know that the digest is ours: HMAC-SHA256 over ``timestamp.body``."""
    return "sha256=" + hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def post(payload: Mapping[str, Any], settings: Webhook, *, run_id: str, pause: Pause = time.sleep) -> int:
    """POST the digest as JSON.

    Returns
    -------
    The status that the receiver answered (2xx).

    Raises
    ------
    DeliveryError
        Where it was refused, or nothing answered.
    """
    body = json.dumps(payload, ensure_ascii=False, allow_nan=False).encode()
    opener = urllib.request.build_opener(NoRedirects)
    parts = urlsplit(settings.url)
    place = f"{parts.hostname}:{parts.port}" if parts.port else str(parts.hostname)
    status = 0

    def attempt() -> None:
        nonlocal status
        stamp = str(int(time.time()))
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": f"analyser/{__version__}",
            TIMESTAMP: stamp,
            DELIVERY: run_id,  # the same at every attempt, so that a receiver can tell a repeat
        }
        if settings.secret_env is not None:
            headers[SIGNATURE] = signature(os.environ[settings.secret_env], stamp, body)
        request = urllib.request.Request(settings.url, data=body, headers=headers, method="POST")
        try:
            with opener.open(request, timeout=settings.timeout_s) as answer:
                status = answer.status
        except urllib.error.HTTPError as error:
            error.close()
            if error.code in _TRY_LATER:
                raise _Passing(f"the receiver answers {error.code}") from None
            hint = "check [webhook] url and the receiver"
            raise DeliveryError(f"not delivered: the receiver answers {error.code}", where=place, hint=hint) from None
        except (OSError, http.client.HTTPException) as error:
            raise _Passing(_fault(error)) from None

    # the address may hold a token in its path, so that only the host is shown
    _tried(attempt, settings.attempts, pause, place, "check [webhook] and the receiver")
    return status


def _fault(error: BaseException) -> str:
    reason = getattr(error, "reason", None)
    if isinstance(reason, BaseException):
        error = reason
    elif isinstance(error, smtplib.SMTPServerDisconnected):
        if error.__context__ is None:
            return "the server closed the connection"
        error = error.__context__
    if isinstance(error, TimeoutError):
        return "no answer in time"
    text = getattr(error, "strerror", None)
    return str(text).lower() if text else type(error).__name__
