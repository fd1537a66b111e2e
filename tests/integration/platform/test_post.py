"""Notices by electronic mail, to a real server on this machine: a link, no data, and failing mail stops no deed."""

import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from django.db import OperationalError, connection, transaction

from rollbook.kernel.refusals import SetupFailed
from rollbook.services.accounts import messages, post
from rollbook.services.outputs import outputs, releases
from rollbook.services.platform import jobs
from rollbook.services.platform.config import Smtp, load
from rollbook.services.work import tasks
from tests import run_ground as ground
from tests.people import CHECKER, RESEARCHER, SECOND_CHECKER, account_of, actor_of

pytestmark = pytest.mark.django_db


class Server:
    """What a mail server took, and whom it does not know or cannot take now."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, str]] = []
        self.answers: dict[str, str] = {}

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:
        if address in self.answers:
            return self.answers[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        self.taken.append((envelope.rcpt_tos[0], envelope.content.decode()))
        return "250 OK"


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@pytest.fixture
def server(settings: Any, tmp_path: Path) -> Iterator[Server]:
    handler, port = Server(), free_port()
    controller = Controller(handler, hostname="127.0.0.1", port=port)
    controller.start()
    smtp = Smtp("smtp", "127.0.0.1", port, "", "rollbook@authority.invalid", None)
    settings.ROLLBOOK = replace(settings.ROLLBOOK, data=tmp_path, smtp=smtp)
    yield handler
    controller.stop()


def waiting(folder: Path) -> int:
    return len(list((folder / "outbox").glob("*.eml")))


def write(*emails: str) -> None:
    for email in emails:
        messages._write_notice(email, messages.WORK_NOTICE)


def test_a_notice_is_a_link_and_goes_once(server: Server, tmp_path: Path) -> None:
    write(CHECKER.email)
    assert (post.send_waiting(), post.send_waiting(), waiting(tmp_path)) == (1, 0, 0)
    ((to, text),) = server.taken
    assert to == CHECKER.email
    head, _, body = text.partition("\r\n\r\n")
    assert "From: rollbook@authority.invalid" in head
    assert "Auto-Submitted: auto-generated" in head
    assert body.strip() == "Sign in to see it: http://127.0.0.1:8000/casework/"


def test_who_is_unknown_is_put_aside_and_who_is_busy_waits(server: Server, tmp_path: Path) -> None:
    server.answers = {RESEARCHER.email: "550 No such person", CHECKER.email: "451 Later"}
    write(RESEARCHER.email, CHECKER.email, SECOND_CHECKER.email)
    assert post.send_waiting() == 1
    assert (waiting(tmp_path), len(list((tmp_path / "outbox" / post.REFUSED).iterdir()))) == (1, 1)
    server.answers = {}
    assert (post.send_waiting(), waiting(tmp_path)) == (1, 0)


def test_a_server_that_is_down_or_offers_no_secrecy_gets_nothing_and_nothing_is_lost(
    server: Server, tmp_path: Path, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    write(CHECKER.email, SECOND_CHECKER.email)
    smtp = settings.ROLLBOOK.smtp
    for other in (replace(smtp, port=free_port()), replace(smtp, security="starttls"), replace(smtp, user="somebody"),
                  replace(smtp, security="smtps"), None):  # fmt: skip
        settings.ROLLBOOK = replace(settings.ROLLBOOK, smtp=other)
        assert (post.send_waiting(), waiting(tmp_path)) == (0, 2)
    assert server.taken == []
    assert CHECKER.email not in caplog.text


@pytest.mark.django_db
def test_the_whole_way_of_a_table_tells_author_and_checkers_and_says_nothing(
    server: Server,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Any,
    settings: Any,
) -> None:
    settings.ROLLBOOK, mine = replace(settings.ROLLBOOK, data=load().data), settings.ROLLBOOK
    ground.clean_folders()
    ground.pupils()
    log = ground.log_of_its_own(monkeypatch)
    ground.accounts()
    project = ground.project(log)
    monkeypatch.setattr(post, "outbox", lambda: made(tmp_path))
    monkeypatch.setattr(messages, "outbox", lambda: made(tmp_path))
    with django_capture_on_commit_callbacks(execute=True):
        output = ground.executed(ground.study(project)).outputs.get()
        outputs.give_verdict(
            by=actor_of(CHECKER), reference=output.reference, verdict="return", comment="A secret word."
        )
        outputs.return_early(by=actor_of(SECOND_CHECKER), reference=output.reference, comment="Who is counted?")
    settings.ROLLBOOK = mine
    assert post.send_waiting() >= 4
    assert {to for to, _ in server.taken} == {RESEARCHER.email, CHECKER.email, SECOND_CHECKER.email}
    said = " ".join(text for _, text in server.taken)
    for secret in (output.reference, output.title, project, "secret", "counted", RESEARCHER.name):
        assert secret not in said

    # A folder that cannot be written: the deed stands, and nobody is shown a fault.
    monkeypatch.setattr(messages, "outbox", lambda: Path("/proc/nowhere"))
    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
        messages.notify(account_of(CHECKER))
        ground.submitted(output.reference)
    output.refresh_from_db()
    assert output.state == "checking"
    assert releases.released_tables() == ()


def made(folder: Path) -> Path:
    (folder / "outbox").mkdir(exist_ok=True)
    return folder / "outbox"


@pytest.mark.parametrize(
    ("value", "sender"),
    [
        ("mail.example:25", "a@b.example"),
        ("smtp://mail.example:25", "a@b.example"),
        ("starttls://mail.example", "a@b.example"),
        ("starttls://mail.example:none", "a@b.example"),
        ("starttls://mail.example:587", ""),
        ("starttls://mail.example:587", "a@b.example\nBcc: c@d.example"),
    ],
)
def test_a_setting_that_would_send_in_the_clear_or_from_nobody_is_refused(value: str, sender: str) -> None:
    with pytest.raises(SetupFailed):
        load({"ROLLBOOK_SMTP": value, "ROLLBOOK_SMTP_FROM": sender})
    found = load({"ROLLBOOK_SMTP": "smtps://me@mail.example:465", "ROLLBOOK_SMTP_FROM": "a@b.example"}).smtp
    assert found == Smtp("smtps", "mail.example", 465, "me", "a@b.example", None)


def waiting_jobs() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT task_name FROM procrastinate_jobs WHERE status = 'todo'")
        return [name for (name,) in cursor.fetchall()]


@pytest.mark.django_db(transaction=True)
def test_notices_of_a_deed_go_by_one_job_as_soon_as_it_stands(server: Server, tmp_path: Path, settings: Any) -> None:
    with transaction.atomic():
        for person in (CHECKER, SECOND_CHECKER):
            messages.notify(account_of(person))
        assert (waiting_jobs(), waiting(tmp_path)) == ([], 0)
    assert waiting_jobs() == ["send_notices"]
    tasks.perform("send_notices")
    assert sorted(to for to, _ in server.taken) == sorted([CHECKER.email, SECOND_CHECKER.email])
    settings.ROLLBOOK = replace(settings.ROLLBOOK, smtp=None)
    messages.notify(account_of(CHECKER))
    assert waiting_jobs() == ["send_notices"], "none is asked for where no server is set"


@pytest.mark.django_db(transaction=True)
def test_no_queue_no_lost_deed(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_job: str) -> None:
        raise OperationalError("gone")

    monkeypatch.setattr(jobs, "defer_once", broken)
    messages.notify(account_of(CHECKER))
    assert (waiting(tmp_path), post.send_waiting(), len(server.taken)) == (1, 1, 1)


def test_job_and_upkeep_together_send_each_notice_once(server: Server, tmp_path: Path) -> None:
    write(*[f"checker-{number}@rollbook.invalid" for number in range(6)])
    with ThreadPoolExecutor(3) as pool:
        sent = list(pool.map(lambda _: post.send_waiting(), range(3)))
    assert (sum(sent), len(server.taken), waiting(tmp_path)) == (6, 6, 0)
