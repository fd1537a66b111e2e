"""Cheating with letters: a code tells nothing, opens nothing, and works once for the one account it starts."""

import re
import zlib
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import qrcode
from django.db import connection
from django.test.utils import CaptureQueriesContext

from rollbook.kernel.refusals import AccessDenied, InputRefused, UseRefused
from rollbook.records.models.accounts import Account
from rollbook.records.models.control import Audit
from rollbook.records.models.identity import Access, Letter
from rollbook.records.models.log import LogEntry
from rollbook.services.accounts.access import open_records
from rollbook.services.accounts.codes import code_hash
from rollbook.services.accounts.letter_page import LetterText, as_pdf
from rollbook.services.accounts.letters import give_slip, issue_letter, record_responsibility
from rollbook.services.accounts.stops import stop
from rollbook.services.platform import clock
from rollbook.services.platform.actors import Actor, operator
from rollbook.services.platform.tries import PER_CONNECTION
from tests.letters import at, clerk, letter_code, recorded, start, waiting_names
from tests.people import CUSTODIAN, DPO, OTHER_PARENT, PARENT, PUPIL, RESEARCHER, actor_of
from tests.rolls import UPN, a_pupil, a_school

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _pupil() -> None:
    a_pupil()


def accounts() -> list[str]:
    return sorted(Account.objects.filter(role__in=("parent", "pupil")).values_list("email", flat=True))


def test_the_letter_names_the_adult_and_neither_child_nor_school() -> None:
    letter = issue_letter(by=actor_of(CUSTODIAN), responsibility=recorded(PARENT))
    assert PARENT.name in letter.text
    for word in ("Ivo", "Quillmere Primary", UPN, "9331001"):
        assert word not in letter.text
    assert letter.pdf.startswith(b"%PDF-1.7")
    assert b"pdfuaid" in letter.pdf


def test_the_letter_says_who_writes_where_to_type_the_code_and_who_helps(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[str] = []
    monkeypatch.setattr(qrcode.QRCode, "add_data", lambda self, data: drawn.append(data))
    phone, short = "0300 555 0100, Monday to Friday 9 to 5", "records.example/start"
    settings.ROLLBOOK = replace(
        settings.ROLLBOOK, help_phone=phone, short_url=short, public_url="https://records.example"
    )
    LogEntry.objects.create(
        index=0, type="genesis", entry_id="LOG", at=clock.now(), body={"operator": "A made-up authority"}
    )
    letter = issue_letter(by=actor_of(CUSTODIAN), responsibility=recorded(PARENT))
    assert letter.text.startswith("A made-up authority\n")
    assert f"go to {short} and type the code" in letter.text
    assert f"Or phone {phone}." in letter.text
    # The square for the camera: an address that is the same in every letter, and no code.
    assert set(drawn) == {"https://records.example/start/"}


def test_without_a_phone_number_the_letter_names_the_school_office_alone() -> None:
    letter = issue_letter(by=actor_of(CUSTODIAN), responsibility=recorded(PARENT))
    assert "The school office can do all of this with you.\n" in letter.text
    assert "Or phone" not in letter.text


def test_a_long_name_and_address_are_printed_over_nothing() -> None:
    name, lines = "Wilhelmina " * 10, ", ".join(["Upper Quillmere-under-the-Hill"] * 9)
    today = clock.today()
    text = LetterText(name, lines, "AAAA-BBBB-CCCC-DDDD", today, today, "B " * 40, "https://b.example/", "b.example/s")
    # The slip goes to a page of its own.
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", as_pdf(text), re.DOTALL)
    opened = b"".join(zlib.decompress(one) for one in streams if one.startswith(b"x"))
    assert len(re.findall(rb"/Type\s*/Page\b", opened + as_pdf(text))) == 2


def test_only_the_hash_of_the_code_is_kept_anywhere() -> None:
    code = letter_code(recorded(PARENT))
    kept = Letter.objects.get()
    assert kept.code_hash == code_hash(code)
    with connection.cursor() as cursor:
        for table in ('"identity"."letter"', '"identity"."responsibility"', "records_audit", "records_message"):
            cursor.execute(f"SELECT t::text FROM {table} t")
            rows = " ".join(row[0] for row in cursor.fetchall())
            assert code not in rows
            assert code.replace("-", "") not in rows


def test_a_code_starts_an_account_that_sees_nothing() -> None:
    start(letter_code(recorded(PARENT)), PARENT)
    access = Access.objects.get()
    assert (access.state, access.account.role, access.account.email) == (Access.ASKED, "parent", PARENT.email)
    assert open_records(actor_of(PARENT)) == ()


@pytest.mark.parametrize("typed", ["{code}", "{code} ", "{lower}", "{plain}", "{spaced}"])
def test_a_code_may_be_typed_in_any_usual_way(typed: str) -> None:
    code = letter_code(recorded(PARENT))
    forms = {"code": code, "lower": code.lower(), "plain": code.replace("-", ""), "spaced": code.replace("-", " ")}
    start(typed.format(**forms), PARENT)
    assert accounts() == [PARENT.email]


def spent(monkeypatch: Any) -> str:
    code = letter_code(recorded(PARENT))
    start(code, PARENT)
    return code


def expired(monkeypatch: Any) -> str:
    code = letter_code(recorded(PARENT))
    at(monkeypatch, clock.now() + timedelta(days=28))
    return code


def stopped(monkeypatch: Any) -> str:
    responsibility = recorded(PARENT)
    code = letter_code(responsibility)
    stop(by=actor_of(DPO), responsibility=responsibility, why="ROLE_DEACTIVATED_SAFEGUARDING")
    return code


def replaced(monkeypatch: Any) -> str:
    responsibility = recorded(PARENT)
    code = letter_code(responsibility)
    letter_code(responsibility)
    return code


def ended(monkeypatch: Any) -> str:
    code = letter_code(recorded(PARENT, ends=clock.today()))
    at(monkeypatch, clock.now() + timedelta(days=1))
    return code


def wrong(monkeypatch: Any) -> str:
    return "0000-0000-0000-0000"


DEAD = (wrong, spent, expired, stopped, replaced, ended)


@pytest.mark.parametrize("make", DEAD)
def test_a_dead_code_starts_nothing_and_says_nothing(make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    code = make(monkeypatch)
    before = accounts()
    start(code, OTHER_PARENT)
    assert accounts() == before
    assert not Audit.objects.filter(deed="start-account", target__contains=OTHER_PARENT.email).exists()


@pytest.mark.parametrize("make", DEAD)
def test_every_dead_code_costs_the_same_queries_and_one_password_hash(
    make: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed: list[str] = []
    code = make(monkeypatch)
    from rollbook.services.accounts import starting

    monkeypatch.setattr(starting, "make_password", lambda password: hashed.append(password) or "!")
    with CaptureQueriesContext(
        connection,
    ) as caught:
        start(code, OTHER_PARENT)
    statements = [query["sql"].split()[0] for query in caught.captured_queries]
    assert hashed == [OTHER_PARENT.password]
    with CaptureQueriesContext(connection) as unknown:
        start("1111-1111-1111-1111", OTHER_PARENT, connection="192.0.2.1")
    assert statements.count("SELECT") == [q["sql"].split()[0] for q in unknown.captured_queries].count("SELECT")


def test_a_known_address_is_added_to_only_with_its_own_password() -> None:
    start(letter_code(recorded(PARENT)), PARENT)
    a_pupil("H933000125002", forename="Wren", key=7002)
    code = letter_code(recorded(PARENT, "H933000125002"))
    start(code, PARENT, password="another-long-password")
    assert Access.objects.count() == 1
    start(code, PARENT)
    assert Access.objects.filter(account__email=PARENT.email, state=Access.ASKED).count() == 2


def test_a_letter_does_not_turn_an_officers_account_into_a_parents() -> None:
    account = actor_of(RESEARCHER)
    row = Account.objects.get(pk=account.account_id)
    row.set_password(RESEARCHER.password)
    row.save()
    start(letter_code(recorded(PARENT)), RESEARCHER)
    assert not Access.objects.exists()


def test_a_new_letter_ends_what_an_earlier_one_started() -> None:
    responsibility = recorded(PARENT)
    start(letter_code(responsibility), OTHER_PARENT)
    assert waiting_names() == [PARENT.name]
    start(letter_code(responsibility), PARENT)
    waiting = Access.objects.get(state=Access.ASKED)
    assert waiting.account.email == PARENT.email
    assert Access.objects.get(account__email=OTHER_PARENT.email).state == Access.ENDED


@pytest.mark.parametrize(("email", "password", "field"), [
    ("no-address", "a-long-enough-password", "email"),
    ("a@b.example", "short", "password"),
    ("a@b.example", "password1234", "password"),
])  # fmt: skip
def test_address_and_password_are_judged_before_the_code_is_looked_at(email: str, password: str, field: str) -> None:
    from rollbook.services.accounts.starting import start_account

    code = letter_code(recorded(PARENT))
    answers = []
    for one in (code, "0000-0000-0000-0000"):
        with pytest.raises(InputRefused) as refused:
            start_account(by=actor_of(PARENT), code=one, email=email, password=password, connection="x")
        answers.append(refused.value.reasons)
    assert answers[0] == answers[1]
    assert {reason.where for reason in answers[0]} == {field}
    assert Letter.objects.get().used_at is None


def test_tries_are_counted_by_connection_and_a_right_code_is_not_looked_at_after_too_many() -> None:
    code = letter_code(recorded(PARENT))
    for _ in range(PER_CONNECTION):
        start("0000-0000-0000-0000", PARENT)
    with pytest.raises(AccessDenied) as refused:
        start(code, PARENT)
    assert refused.value.reasons[0].code == "too-many-tries"
    assert accounts() == []
    start(code, PARENT, connection="192.0.2.2")
    assert accounts() == [PARENT.email]


def test_tries_are_forgotten_the_next_hour(monkeypatch: pytest.MonkeyPatch) -> None:
    code = letter_code(recorded(PARENT))
    for _ in range(PER_CONNECTION):
        start("0000-0000-0000-0000", PARENT)
    at(monkeypatch, clock.now() + timedelta(hours=1))
    start(code, PARENT)
    assert accounts() == [PARENT.email]


@pytest.mark.parametrize("by", [operator(), Actor(role=None, channel="web")])
def test_no_command_and_no_visitor_issues_a_letter(by: Actor) -> None:
    responsibility = recorded(PARENT)
    with pytest.raises(AccessDenied):
        issue_letter(by=by, responsibility=responsibility)
    with pytest.raises(AccessDenied):
        issue_letter(by=actor_of(CUSTODIAN, second_factor=False), responsibility=responsibility)


@pytest.mark.parametrize(("changes", "field"), [
    ({"basis": "UNK"}, "basis"),
    ({"evidence": "signed-authority"}, "evidence"),
    ({"basis": "consent", "evidence": "signed-authority"}, "ends"),
    ({"ends": date(2024, 9, 1)}, "ends"),
    ({"evidence_on": date(2090, 1, 1)}, "evidence_on"),
    ({"adult_name": "X"}, "adult_name"),
    ({"address": " "}, "address"),
])  # fmt: skip
def test_a_responsibility_without_ground_evidence_or_dates_is_refused(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(InputRefused) as refused:
        recorded(PARENT, **changes)
    assert field in {reason.where for reason in refused.value.reasons}


def test_a_responsibility_that_has_ended_gets_no_letter() -> None:
    responsibility = recorded(PARENT, starts=date(2020, 1, 1), ends=date(2021, 1, 1))
    with pytest.raises(UseRefused, match="allows nothing today"):
        issue_letter(by=actor_of(CUSTODIAN), responsibility=responsibility)


def test_a_stopped_adult_is_not_recorded_anew_under_another_ground() -> None:
    responsibility = recorded(PARENT)
    stop(by=actor_of(DPO), responsibility=responsibility, why="ROLE_DEACTIVATED_SAFEGUARDING")
    with pytest.raises(UseRefused) as refused:
        recorded(PARENT, adult_name=PARENT.name.upper(), basis="education-law-parent", evidence="signed-statement")
    assert refused.value.reasons[0].code == "stopped"


def test_a_school_records_and_vouches_for_its_own_pupils_only() -> None:
    other = a_school("9331002", "Fennick Junior")
    a_pupil("H933000125002", key=7002, school=other)
    facts = {"adult_name": PARENT.name, "address": PARENT.address, "basis": "parental-responsibility"}
    facts |= {"evidence": "birth-certificate", "evidence_on": date(2024, 9, 2), "starts": date(2024, 9, 2)}
    messages = set()
    for upn in ("H933000125002", "Z999999999999"):
        for deed in (lambda u: record_responsibility(by=clerk(), upn=u, **facts),
                     lambda u: give_slip(by=clerk(), upn=u, ground="assessed-able")):  # fmt: skip
            with pytest.raises(UseRefused) as refused:
                deed(upn)
            messages.add(refused.value.reasons)
    assert len(messages) == 1
    assert record_responsibility(by=clerk(), upn=UPN, **facts)


def test_understanding_is_presumed_from_twelve_and_else_assessed(monkeypatch: pytest.MonkeyPatch) -> None:
    at(monkeypatch, datetime(2027, 5, 13, 12, tzinfo=UTC))
    with pytest.raises(UseRefused):
        give_slip(by=clerk(), upn=UPN, ground="presumed-able")
    assert give_slip(by=clerk(), upn=UPN, ground="assessed-able").code
    at(monkeypatch, datetime(2027, 5, 14, 12, tzinfo=UTC))
    slip = give_slip(by=clerk(), upn=UPN, ground="presumed-able")
    start(slip.code, PUPIL)
    account = Account.objects.get(email=PUPIL.email)
    assert (account.role, account.name) == ("pupil", "Pupil")
