"""Revoking a table that left: who may, how many it takes, what everybody sees at once, and that nothing undoes it."""

import json
from typing import Any

import pytest

from rollbook.kernel.refusals import AccessDenied, InputRefused, RollbookError, UseRefused
from rollbook.records.models.studies import Output, Project, Release
from rollbook.services.log import reader
from rollbook.services.log.history import audit_published
from rollbook.services.outputs import outputs, releases, revoking
from rollbook.services.portal import history
from rollbook.services.register.volumes import volumes
from tests import run_ground as ground
from tests.people import (
    CHECKER,
    CUSTODIAN,
    DPO,
    OPERATOR,
    PANEL_MEMBER,
    RESEARCHER,
    SECOND_CHECKER,
    Person,
    account_of,
    actor_of,
    browser_of,
)  # fmt: skip

pytestmark = pytest.mark.django_db
WORDS = "A group can be told apart with a table from elsewhere."


@pytest.fixture
def log(db: None, monkeypatch: pytest.MonkeyPatch) -> ground.Writer:
    ground.clean_folders()
    ground.pupils()
    return ground.log_of_its_own(monkeypatch)


@pytest.fixture
def output(log: ground.Writer) -> Output:
    found = Output.objects.get(run=ground.executed(ground.study(ground.project(log))))
    ground.approved_by_both(found.reference)
    releases.release(found.id)
    return found


def ask(person: Person, output: Output, ground_code: str = "could-identify", words: str = WORDS) -> bool:
    return revoking.ask_revoke(by=actor_of(person), reference=output.reference, ground=ground_code, words=words)


def test_one_person_stops_what_could_tell_of_somebody_and_everybody_sees_it_at_once(
    log: ground.Writer, output: Output, client: Any
) -> None:
    address = f"/register/releases/{output.reference}"
    figures = [line.split(",")[-1] for line in output.release.csv.splitlines()[1:]]
    log.running = False  # Nothing waits for the log to take a table down.
    assert ask(CHECKER, output)
    page = client.get(f"{address}/").content.decode()
    assert "This table was revoked on" in page
    assert WORDS in page
    assert "not yet in the log" in page
    for gone in (f"{address}.csv", f"{address}/record.json"):
        answer = client.get(gone)
        assert answer.status_code == 410
        assert not any(f">{figure}<" in answer.content.decode() for figure in figures)
    for listed in ("/register/releases.json", f"{address}.json"):
        (one,) = json.loads(client.get(listed).content)
        assert (one["csv"], one["record"], one["rows"], one["revoke_reason"]) == ("", "", [], WORDS)
    assert "revoked" in client.get("/register/releases/").content.decode()

    log.running = True
    log.write()
    (entry,) = reader.entries("correction")
    assert entry.fields["change"] == {"tables": 0}
    assert entry.fields["reason"] == "could-identify"
    assert entry.fields["of"] == output.release.submission.index
    assert audit_published().faults == ()
    assert json.loads(client.get("/register/uses.json").content)[0]["result"] == "revoked"
    assert "A release is revoked" in client.get("/register/log/").content.decode()
    found = volumes()
    assert found is not None
    counted = {row.kind: row.count for row in found.rows}
    assert (counted["output"], counted["revoked"]) == (1, 1)
    tables, words = history._result(output.run)
    assert (words, tables[0].why) == ("A table of counts came out. It was revoked later.", "It could tell of somebody")


def test_whatever_else_is_wrong_takes_two(output: Output, client: Any) -> None:
    assert not ask(CHECKER, output, "wrong-figures", "A group was counted twice.")
    assert client.get(f"/register/releases/{output.reference}.csv").status_code == 200
    assert "counted twice" not in client.get("/register/releases.json").content.decode()
    with pytest.raises(UseRefused, match="yourself"):
        revoking.confirm_revoke(by=actor_of(CHECKER), reference=output.reference)
    with pytest.raises(UseRefused, match="asked for this already"):
        ask(SECOND_CHECKER, output, "not-allowed")
    revoking.decline_revoke(by=actor_of(SECOND_CHECKER), reference=output.reference)
    with pytest.raises(UseRefused, match="Nobody has asked"):
        revoking.confirm_revoke(by=actor_of(SECOND_CHECKER), reference=output.reference)
    ask(DPO, output, "not-allowed")
    revoking.confirm_revoke(by=actor_of(SECOND_CHECKER), reference=output.reference)
    assert client.get(f"/register/releases/{output.reference}.csv").status_code == 410


def test_nothing_brings_it_back_and_it_still_counts_in_every_audit(output: Output) -> None:
    ask(CHECKER, output)
    reference = output.reference
    for deed in (
        lambda: ask(SECOND_CHECKER, output),
        lambda: revoking.decline_revoke(by=actor_of(CHECKER), reference=reference),
        lambda: ground.submitted(reference),
        lambda: outputs.give_verdict(by=actor_of(CHECKER), reference=reference, verdict="approve"),
    ):
        with pytest.raises(RollbookError):
            deed()
    releases.release(output.id)
    releases.recover()
    output.refresh_from_db()
    assert output.state == Output.REVOKED
    # A table that shows five people less than the revoked one: whoever read that one still knows it.
    fewer = "CASE WHEN ppid IN (SELECT ppid FROM pupil ORDER BY ppid LIMIT 5) THEN 'low' WHEN ppid < '8' THEN 'low'"
    run = ground.undeclared(
        ground.study(output.run.study.project.reference, ground.study_by(f"{fewer} ELSE 'high' END"))
    )
    later = run.outputs.get()
    assert later.audited == [output.id] or later.rules["refused"]


@pytest.mark.parametrize("person", [RESEARCHER, CUSTODIAN, PANEL_MEMBER])
def test_no_other_role_may(output: Output, person: Person) -> None:
    with pytest.raises(AccessDenied):
        ask(person, output)
    page = browser_of(person).get(f"/casework/left/{output.reference}/")
    assert page.status_code == 403


def test_neither_a_command_nor_the_projects_own_people_may(output: Output) -> None:
    with pytest.raises(AccessDenied):
        revoking.ask_revoke(by=OPERATOR, reference=output.reference, ground="could-identify", words=WORDS)
    Project.objects.get().members.add(account_of(CHECKER))
    with pytest.raises(AccessDenied):
        ask(CHECKER, output)
    assert browser_of(CHECKER).get(f"/casework/left/{output.reference}/").status_code == 404


def test_what_has_not_left_cannot_be_revoked(log: ground.Writer) -> None:
    found = Output.objects.get(run=ground.executed(ground.study(ground.project(log))))
    with pytest.raises(AccessDenied):
        ask(CHECKER, found)
    ground.approved_by_both(found.reference)
    with pytest.raises(AccessDenied):
        ask(CHECKER, found)


@pytest.mark.parametrize(
    ("ground_code", "words"),
    [("whim", WORDS), ("could-identify", " "), ("could-identify", "x" * 1001), ("could-identify", "ask a@b.example")],
)
def test_a_reason_is_needed_that_anybody_may_read(output: Output, ground_code: str, words: str) -> None:
    with pytest.raises(InputRefused):
        ask(CHECKER, output, ground_code, words)
    assert Release.objects.get().revoke_ground == ""


def test_the_page_asks_and_another_person_confirms(output: Output, client: Any) -> None:
    address = f"/casework/left/{output.reference}/"
    first, second = browser_of(CHECKER), browser_of(DPO)
    assert first.post(address, {"ground": "wrong-figures"}).status_code == 422
    answer = first.post(address, {"ground": "wrong-figures", "words": "Counted twice."}, follow=True)
    assert "Somebody else must confirm" in answer.content.decode()
    assert "somebody asks to revoke it" in second.get("/casework/left/").content.decode()
    answer = second.post(f"{address}settle/", {"confirm": "yes"}, follow=True)
    assert answer.status_code == 200
    assert "Counted twice." in client.get(f"/register/releases/{output.reference}/").content.decode()
