"""The mail adapter against a real server in this loop."""

from __future__ import annotations

import shutil
import ssl
import subprocess
import time
from pathlib import Path

import pytest

from core.config import ConfigurationError, Settings
from core.domain.mail import Mail, MailFailed, sign_up_mail
from core.domain.telemetry import OutboundCall
from core.integrations.mail import LogMailer, NoMailer, SmtpMailer, SmtpServer, build_mailer, read_smtp_url
from core.ports import Mailer
from tests.factories.clocks import HeldClock
from tests.world.mail import DrippingServer, MailServer, mail_server

LINK = "http://sightline.test:8080/verify/" + "x" * 43
MAIL = sign_up_mail("ann@example.org", LINK)


def mailer_for(url: str, calls: list[OutboundCall] | None = None, **settings: object) -> Mailer:
    made = Settings(smtp_url=url, mail_from="Sightline <hello@sightline.test>", **settings)
    return build_mailer(made, HeldClock(), (calls if calls is not None else []).append)


async def send_to(
    server: MailServer, mail: Mail = MAIL, *, user: str = "", calls: list[OutboundCall] | None = None
) -> None:
    await mailer_for(f"smtp://{user}127.0.0.1:{server.port}", calls).send(mail)


async def test_a_mail_arrives_with_its_link_in_one_piece() -> None:
    calls: list[OutboundCall] = []
    async with mail_server() as server:
        await send_to(server, calls=calls)
    [mail] = server.mails
    assert (mail["To"], mail["From"]) == ("ann@example.org", "Sightline <hello@sightline.test>")
    assert mail["Subject"] == "Finish your Sightline account"
    assert mail["Date"].datetime == HeldClock().now()
    assert LINK.encode() in server.raw[0]
    assert LINK in mail.get_content()
    assert [(call.vendor, call.operation, call.outcome) for call in calls] == [("smtp", "send", "ok")]


async def test_an_address_in_another_script_reaches_a_domain_as_dns_has_it() -> None:
    async with mail_server() as server:
        await send_to(server, sign_up_mail("ann@müller.example", LINK))
    assert server.recipients == ["ann@xn--mller-kva.example"]


async def test_an_address_that_is_not_ascii_before_its_at_sign_reaches_a_server_that_takes_it() -> None:
    async with mail_server() as server:
        await send_to(server, sign_up_mail("jürgen@müller.example", LINK))
        assert server.recipients == ["jürgen@xn--mller-kva.example"]
        server.takes_utf8 = False
        with pytest.raises(MailFailed) as failed:
            await send_to(server, sign_up_mail("jürgen@müller.example", LINK))
    assert not failed.value.retryable


@pytest.mark.parametrize(("answer", "retryable"), [("451 Later", True), ("554 Never", False)])
async def test_a_refusal_says_whether_another_try_can_help(answer: str, retryable: bool) -> None:
    calls: list[OutboundCall] = []
    async with mail_server() as server:
        server.answers = [answer]
        with pytest.raises(MailFailed) as failed:
            await send_to(server, calls=calls)
    assert failed.value.retryable is retryable
    assert "ann" not in failed.value.message
    assert [call.outcome for call in calls] == ["failed"]


async def test_a_mail_that_was_taken_is_not_sent_again_because_the_server_hung_up_without_a_word() -> None:
    async with mail_server() as server:
        server.is_curt = True
        await send_to(server)
    assert len(server.mails) == 1


@pytest.mark.parametrize("greets", [False, True])
async def test_a_server_that_drips_holds_neither_the_loop_nor_the_thread(
    greets: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.integrations.mail._TOTAL_TIMEOUT_S", 0.1)
    with DrippingServer(greets=greets) as server:
        began_s = time.perf_counter()
        with pytest.raises(MailFailed, match="too long") as failed:
            await mailer_for(f"smtp://127.0.0.1:{server.port}").send(MAIL)
        took_s = time.perf_counter() - began_s
    assert failed.value.retryable
    assert took_s < 1
    assert server.hung_up.is_set()


async def test_a_server_that_is_not_there_may_be_there_later() -> None:
    with pytest.raises(MailFailed) as failed:
        await mailer_for("smtp://127.0.0.1:1").send(MAIL)
    assert failed.value.retryable


async def test_the_password_of_the_address_is_shown_unescaped() -> None:
    async with mail_server(logs_in=True) as server:
        await send_to(server, user="ann:s3cret%2F%40@")
    assert server.logins == [(b"ann", b"s3cret/@")]
    assert len(server.mails) == 1


@pytest.mark.parametrize(
    ("refusal", "code", "retryable"),
    [(None, "535", False), ("454 4.7.0 Temporary authentication failure", "454", True)],
)
async def test_a_refused_login_names_the_setting_and_not_what_stands_in_it(
    refusal: str | None, code: str, retryable: bool
) -> None:
    async with mail_server(logs_in=True) as server:
        server.refusal = refusal
        with pytest.raises(MailFailed, match=f"SMTP_URL.*{code}") as failed:
            await send_to(server, user="ann:wrong@")
    assert failed.value.retryable is retryable
    assert "wrong" not in failed.value.message
    assert server.mails == []


async def test_a_login_that_the_server_does_not_know_is_said_once() -> None:
    async with mail_server() as server:
        with pytest.raises(MailFailed, match="login") as failed:
            await send_to(server, user="ann:s3cret%2F%40@")
    assert not failed.value.retryable
    assert server.mails == []


async def test_a_password_never_goes_to_another_machine_in_the_clear() -> None:
    async with mail_server(host="127.0.0.2", logs_in=True) as server:
        elsewhere = SmtpServer(host="127.0.0.2", port=server.port, is_tls=False, user="ann", password="s3cret/@")
        with pytest.raises(MailFailed, match="no encryption"):
            await SmtpMailer(elsewhere, sender="a@b.test", clock=HeldClock(), on_call=lambda _: None).send(MAIL)
    assert server.logins == []


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    """Certificate and key of "localhost", made for this test."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("there is no openssl to make a certificate with")
    made, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-days", "2"]
    kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    command = [openssl, "req", "-x509", *kind, *subject, "-keyout", str(key), "-out", str(made)]
    subprocess.run(command, check=True, capture_output=True)
    return made, key


async def test_encryption_is_used_where_it_is_offered_and_only_with_a_certificate_that_is_trusted(
    certificate: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*certificate)
    async with mail_server(host="localhost", tls=context) as server:
        with pytest.raises(MailFailed):
            await mailer_for(f"smtp://localhost:{server.port}").send(MAIL)
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
        await mailer_for(f"smtp://localhost:{server.port}").send(MAIL)
    assert server.were_encrypted == [True]


async def test_smtps_is_encrypted_from_the_first_byte_and_only_with_a_certificate_that_is_trusted(
    certificate: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*certificate)
    async with mail_server(host="localhost", tls=context, is_tls_at_once=True, logs_in=True) as server:
        url = f"smtps://ann:s3cret%2F%40@localhost:{server.port}"
        with pytest.raises(MailFailed) as failed:
            await mailer_for(url).send(MAIL)
        assert failed.value.retryable
        assert server.logins == []
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
        await mailer_for(url).send(MAIL)
    assert server.were_encrypted == [True]
    assert server.logins == [(b"ann", b"s3cret/@")]


async def test_smtps_to_a_server_that_does_not_speak_it_is_a_failure_like_any_other() -> None:
    async with mail_server() as server:
        with pytest.raises(MailFailed) as failed:
            await mailer_for(f"smtps://127.0.0.1:{server.port}").send(MAIL)
    assert failed.value.retryable
    assert server.mails == []


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://mail.example", ("mail.example", 25, False, None, None)),
        ("smtp://ann:a%40b@mail.example", ("mail.example", 587, False, "ann", "a@b")),
        ("smtps://ann@mail.example", ("mail.example", 465, True, "ann", "")),
        ("smtps://mail.example:2465", ("mail.example", 2465, True, None, None)),
    ],
)
def test_an_smtp_address_says_it_all(url: str, expected: tuple[object, ...]) -> None:
    server = read_smtp_url(url)
    assert (server.host, server.port, server.is_tls, server.user, server.password) == expected


@pytest.mark.parametrize("url", ["", "mail.example", "http://mail.example", "smtp://", "smtp://mail.example:x"])
def test_what_is_no_smtp_address_names_the_setting(url: str) -> None:
    with pytest.raises(ConfigurationError, match="SMTP_URL"):
        read_smtp_url(url)


@pytest.mark.parametrize("sender", ["", "Sightline", "Sightline <hello@>", "hello..@sightline.test"])
def test_a_sender_that_is_no_address_names_the_setting(sender: str) -> None:
    with pytest.raises(ConfigurationError, match="MAIL_FROM"):
        build_mailer(Settings(smtp_url="smtp://mail.example", mail_from=sender), HeldClock(), lambda _: None)


async def test_without_a_server_the_link_stands_in_the_log_but_not_whom_it_is_for(
    caplog: pytest.LogCaptureFixture,
) -> None:
    mailer = build_mailer(Settings(), HeldClock(), lambda _: None)
    assert isinstance(mailer, LogMailer)
    with caplog.at_level("INFO", logger="core.integrations.mail"):
        await mailer.send(MAIL)
    [record] = caplog.records
    assert record.event_fields["link"] == LINK
    assert "ann@" not in str(record.event_fields)


async def test_a_public_service_without_a_server_sends_nothing_and_logs_no_link(
    caplog: pytest.LogCaptureFixture,
) -> None:
    mailer = build_mailer(Settings(public_origin="https://sightline.test"), HeldClock(), lambda _: None)
    assert isinstance(mailer, NoMailer)
    with pytest.raises(MailFailed, match="SMTP_URL") as failed:
        await mailer.send(MAIL)
    assert not failed.value.retryable
    assert LINK not in caplog.text + failed.value.message
