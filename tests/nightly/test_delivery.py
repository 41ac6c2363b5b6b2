"""Mail and webhook against servers on this machine."""

from __future__ import annotations

import json
import socket
import ssl
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
import trustme
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from analyser.nightly import delivery
from analyser.nightly.config import Email, Webhook
from analyser.nightly.delivery import DeliveryError, mail, post, send_mail, signature
from tests.nightly.servers import MailServer, Postman, Receiver, free_port


def settings(port: int, **given: Any) -> Email:
    values = {
        "host": "localhost",
        "port": port,
        "tls": "none",
        "from": "Analyser <a@example.org>",
        "to": ["qa@example.org", "ops@example.org"],
        "timeout": 5,
    }
    return Email.model_validate(values | given)


def message(to: Email) -> EmailMessage:
    return mail("Calls of today: 3 analysed", "plain café", "<p>page café</p>", to, run_id="run-1")


class Pauses(list[float]):
    def __call__(self, seconds: float) -> None:
        self.append(seconds)


def test_a_mail_has_a_plain_and_an_html_form() -> None:
    postman = Postman()
    with MailServer(postman) as server:
        assert send_mail(message(settings(server.port)), settings(server.port)) == ()
    (got,) = postman.mails
    assert got["Subject"] == "Calls of today: 3 analysed"
    assert got["To"] == "qa@example.org, ops@example.org"
    assert got["Auto-Submitted"] == "auto-generated"
    assert [p.get_content_type() for p in got.iter_parts()] == ["text/plain", "text/html"]
    assert "plain café" in got.get_body(("plain",)).get_content()
    assert "<p>page café</p>" in got.get_body(("html",)).get_content()


def test_the_same_run_gives_the_same_message_id() -> None:
    to = settings(25)
    assert message(to)["Message-ID"] == message(to)["Message-ID"]
    assert message(to)["Message-ID"] != mail("s", "t", "p", to, run_id="run-2")["Message-ID"]


def test_a_busy_server_is_tried_again_with_growing_pauses() -> None:
    postman, pauses = Postman(busy=2), Pauses()
    with MailServer(postman) as server:
        send_mail(message(settings(server.port)), settings(server.port), pause=pauses)
    assert len(postman.mails) == 1
    assert pauses == [delivery.FIRST_PAUSE_S, 2 * delivery.FIRST_PAUSE_S]


def test_a_server_that_stays_busy_is_given_up() -> None:
    postman, pauses = Postman(busy=99), Pauses()
    with MailServer(postman) as server, pytest.raises(DeliveryError, match=r"tried 3 times: the server answers 451"):
        send_mail(message(settings(server.port)), settings(server.port), pause=pauses)
    assert len(pauses) == 2


def test_one_refused_recipient_is_told_and_the_other_gets_the_mail() -> None:
    postman = Postman(refused=("ops@example.org",))
    with MailServer(postman) as server:
        assert send_mail(message(settings(server.port)), settings(server.port)) == ("ops@example.org",)
    assert len(postman.mails) == 1


def test_refusal_of_all_is_not_tried_again() -> None:
    pauses = Pauses()
    with (
        MailServer(Postman(refused=("ops@example.org", "qa@example.org"))) as server,
        pytest.raises(DeliveryError, match="refuses all recipients"),
    ):
        send_mail(message(settings(server.port)), settings(server.port), pause=pauses)
    assert not pauses


def test_no_server() -> None:
    pauses, to = Pauses(), settings(free_port(), attempts=2)
    with pytest.raises(DeliveryError, match="tried 2 times: connection refused"):
        send_mail(message(to), to, pause=pauses)
    assert len(pauses) == 1


def test_a_server_that_never_answers_is_left_in_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        to = settings(silent.getsockname()[1], host="127.0.0.1", timeout=0.2, attempts=1)
        with pytest.raises(DeliveryError, match="tried once: no answer in time"):
            send_mail(message(to), to)


@pytest.fixture
def tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(context)
    return context


def _login(password: bytes) -> Any:
    def check(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        return AuthResult(success=data.login == b"me" and data.password == password, handled=False)

    return check


@pytest.mark.parametrize(("password", "arrives"), [("right", True), ("wrong", False)])
def test_login_over_starttls(
    tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch, password: str, arrives: bool
) -> None:
    monkeypatch.setenv("MAIL_PASSWORD", password)
    postman, pauses = Postman(), Pauses()
    with MailServer(
        postman, tls_context=tls, require_starttls=True, authenticator=_login(b"right"), auth_required=True
    ) as server:
        to = settings(server.port, tls="starttls", user="me", password_env="MAIL_PASSWORD")
        if arrives:
            send_mail(message(to), to)
        else:
            with pytest.raises(DeliveryError, match="refuses the login") as caught:
                send_mail(message(to), to, pause=pauses)
            assert password not in str(caught.value)
    assert len(postman.mails) == arrives
    assert not pauses


def test_tls_from_the_start(tls: ssl.SSLContext) -> None:
    postman = Postman()
    with MailServer(postman, ssl_context=tls) as server:
        send_mail(message(settings(server.port, tls="ssl")), settings(server.port, tls="ssl"))
    assert len(postman.mails) == 1


def test_a_certificate_that_nobody_vouches_for_is_refused(
    tls: ssl.SSLContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trustme.CA().cert_pem.write_to_path(tmp_path / "other.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "other.pem"))
    postman = Postman()
    with MailServer(postman, tls_context=tls) as server, pytest.raises(DeliveryError, match="certificate"):
        send_mail(message(settings(server.port, tls="starttls")), settings(server.port, tls="starttls"))
    assert not postman.mails


def test_a_server_without_the_tls_that_was_asked_for_gets_nothing() -> None:
    postman = Postman()
    with MailServer(postman) as server, pytest.raises(DeliveryError, match="does not offer"):
        send_mail(message(settings(server.port, tls="starttls")), settings(server.port, tls="starttls"))
    assert not postman.mails


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as server:
        yield server


def test_a_webhook_is_signed(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOOK_SECRET", "s3cret")
    hook = Webhook.model_validate({"url": receiver.url, "secret_env": "HOOK_SECRET"})
    assert post({"calls": 3, "agent": "Zoë"}, hook, run_id="run-1") == 204
    ((headers, body),) = receiver.got
    assert json.loads(body) == {"calls": 3, "agent": "Zoë"}
    assert headers[delivery.DELIVERY] == "run-1"
    assert headers[delivery.SIGNATURE] == signature("s3cret", headers[delivery.TIMESTAMP], body)
    assert headers[delivery.SIGNATURE] != signature("other", headers[delivery.TIMESTAMP], body)
    assert headers[delivery.SIGNATURE] != signature("s3cret", headers[delivery.TIMESTAMP], body + b" ")


def test_the_signature_is_plain_hmac_sha256() -> None:
    # printf '1700000000.{"a":1}' | openssl dgst -sha256 -hmac key
    digest = "a438e398bfafc57e4396bb7fc2304422f0f768e965d073ca313cb52e22e6ad03"
    assert signature("key", "1700000000", b'{"a":1}') == f"sha256={digest}"


def test_without_a_secret_there_is_no_signature(receiver: Receiver) -> None:
    post({}, Webhook.model_validate({"url": receiver.url}), run_id="run-1")
    assert delivery.SIGNATURE not in receiver.got[0][0]


@pytest.mark.parametrize("status", [429, 500, 503])
def test_what_may_pass_is_tried_again(receiver: Receiver, status: int) -> None:
    receiver.statuses = [status, status]
    pauses = Pauses()
    post({}, Webhook.model_validate({"url": receiver.url}), run_id="run-1", pause=pauses)
    assert len(receiver.got) == 3
    assert pauses == [delivery.FIRST_PAUSE_S, 2 * delivery.FIRST_PAUSE_S]


@pytest.mark.parametrize("status", [302, 307, 400, 401, 404, 410])
def test_what_will_not_pass_is_told_at_once_and_hides_the_path(receiver: Receiver, status: int) -> None:
    receiver.statuses = [status] * 9
    with pytest.raises(DeliveryError, match=f"answers {status}") as caught:
        post({}, Webhook.model_validate({"url": receiver.url}), run_id="run-1", pause=Pauses())
    assert len(receiver.got) == 1
    assert "token-in-path" not in str(caught.value)


def test_no_receiver() -> None:
    hook = Webhook.model_validate({"url": f"http://127.0.0.1:{free_port()}/", "attempts": 2})
    with pytest.raises(DeliveryError, match="tried 2 times: connection refused"):
        post({}, hook, run_id="run-1", pause=Pauses())
