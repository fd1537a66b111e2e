"""Whatever two people must do is not done by one human being with two accounts: a test for each such rule."""

from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from rollbook.kernel.refusals import AccessDenied, InputRefused, RollbookError
from rollbook.policy.gate import Refused
from rollbook.policy.roles import Role
from rollbook.records.models.accounts import Account
from rollbook.records.models.identity import Identifier
from rollbook.records.models.studies import Output, Turn, Verdict
from rollbook.services.accounts import accounts
from rollbook.services.gateway import gateway
from rollbook.services.outputs import outputs, releases, revoking
from rollbook.services.outputs.deeds_of_one import deeds_of_one
from rollbook.services.people import dividing, merging
from rollbook.services.platform import clock
from rollbook.services.platform.people_zone import people_zone
from rollbook.services.projects import requests
from rollbook.services.projects.gating import gate_for_case
from rollbook.services.register.turnaround import turnaround
from tests import case_ground, division_ground, grounds
from tests import run_ground as ground
from tests.people import (
    CHECKER,
    CUSTODIAN,
    OPERATOR,
    PANEL_MEMBER,
    PARENT,
    POLICE_OFFICER,
    RESEARCHER,
    SCHOOL_DATA_MANAGER,
    SECOND_CHECKER,
    SECOND_CUSTODIAN,
    Person,
    account_of,
    actor_of,
)

pytestmark = pytest.mark.django_db


def again(person: Person, role: Role | None = None) -> Person:
    """Another account of the same human being, under another address."""
    return replace(person, key=f"{person.key}-again", role=role or person.role, same_as=person.key)


def refused(deed: Any) -> set[str]:
    try:
        deed()
    except RollbookError as no:
        return {reason.code for reason in no.reasons}
    return set()


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> ground.Writer:
    ground.clean_folders()
    ground.pupils()
    return ground.log_of_its_own(monkeypatch)


def verdict(person: Person, reference: str, ruling: str = "approve") -> set[str]:
    return refused(
        lambda: outputs.give_verdict(by=actor_of(person), reference=reference, verdict=ruling, comment="So it is.")
    )


def test_a_table_is_checked_and_revoked_by_two_human_beings_neither_of_whom_asked_for_it(log: ground.Writer) -> None:
    ground.accounts()
    output = Output.objects.get(run=ground.executed(ground.study(ground.project(log))))
    author, colleague = again(RESEARCHER, Role.OUTPUT_CHECKER), Person("colleague", "Bryn Tallowmere", Role.RESEARCHER)
    grounds.organisation(grounds.UNIVERSITY, colleague)
    for own in (author, again(colleague, Role.OUTPUT_CHECKER)):
        assert verdict(own, output.reference) == {"output"}
        assert account_of(own) not in outputs.checkers_of(output)
    assert verdict(CHECKER, output.reference) == set()
    assert verdict(again(CHECKER), output.reference) == {"verdict-given"}
    output.refresh_from_db()
    assert output.state == Output.CHECKING
    # Where the two differ, the third who unblocks is no second account of one of them.
    assert verdict(SECOND_CHECKER, output.reference, "return") == set()
    assert verdict(again(CHECKER), output.reference) == set()
    output.refresh_from_db()
    assert output.state == Output.CONSOLIDATING
    assert verdict(SECOND_CHECKER, output.reference) == set()
    releases.release(output.id)

    def deed(person: Person, what: str) -> set[str]:
        facts = {"by": actor_of(person), "reference": output.reference}
        told = {"ground": "wrong-figures", "words": "Wrong."} if what == "ask_revoke" else {}
        return refused(lambda: getattr(revoking, what)(**facts, **told))

    assert deed(author, "ask_revoke") == {"output"}
    assert deed(CHECKER, "ask_revoke") == set()
    officer = again(CHECKER, Role.DATA_PROTECTION_OFFICER)
    assert deed(again(CHECKER), "confirm_revoke") == deed(officer, "confirm_revoke") == {"revoke-own"}
    assert deed(SECOND_CHECKER, "confirm_revoke") == set()


def test_the_public_figures_of_checking_rest_on_four_human_beings(log: ground.Writer) -> None:
    output = Output.objects.get(run=ground.undeclared(ground.study(ground.project(log))))
    two_of_two = [CHECKER, again(CHECKER), SECOND_CHECKER, again(SECOND_CHECKER)]
    for number in range(12):
        turn = Turn.objects.create(
            output=output, number=number, context={}, submitted_by=account_of(RESEARCHER), submitted_at=clock.now(),
            decided_at=clock.now(), result="returned",
        )  # fmt: skip
        for person in two_of_two:
            Verdict.objects.create(
                output=output, turn=turn, checker=account_of(person), verdict="return", made_at=clock.now()
            )
    assert {line.median_hours for line in turnaround()} == {None}


def test_a_case_is_asked_matched_and_confirmed_by_three_human_beings(log: ground.Writer) -> None:
    agreement = case_ground.police(log)
    reference = case_ground.matched(agreement)
    officer = again(POLICE_OFFICER, Role.CUSTODIAN)
    for one in (again(CUSTODIAN), officer):
        assert refused(partial(gateway.confirm_case, by=actor_of(one), reference=reference)) == {"case-people"}
        # The gate alone would say no too, whatever the deed before it does.
        answer = gate_for_case(case_id=case_ground.row_of(reference).id, confirmed_by=account_of(one).id)
        assert isinstance(answer, Refused)
        assert "case-people" in {reason.code for reason in answer.reasons}
    other = case_ground.asked(agreement)
    assert refused(lambda: gateway.match_case(by=actor_of(officer), reference=other)) == {"case-people"}
    assert refused(lambda: gateway.confirm_case(by=actor_of(SECOND_CUSTODIAN), reference=reference)) == set()


def test_records_are_joined_by_two_human_beings(log: ground.Writer) -> None:
    with people_zone():
        one, other = Identifier.objects.order_by("person_id").values_list("value", flat=True)[:2]
    pair = merging.report_double(by=actor_of(CUSTODIAN), upn=str(one), other_upn=str(other))
    merging.propose(by=actor_of(CUSTODIAN), pair=pair)
    assert refused(lambda: merging.join(by=actor_of(again(CUSTODIAN)), pair=pair)) == {"second-person"}


def test_a_record_of_two_children_is_divided_and_undone_by_two_human_beings() -> None:
    division_ground.begin()
    handle = division_ground.proposed()
    assert refused(lambda: dividing.divide(by=actor_of(again(CUSTODIAN)), division=handle)) == {"second-person"}
    dividing.divide(by=actor_of(SECOND_CUSTODIAN), division=handle)
    division_ground.lifted()
    dividing.propose_undoing(by=actor_of(SECOND_CUSTODIAN), division=handle)
    assert refused(lambda: dividing.undo(by=actor_of(again(SECOND_CUSTODIAN)), division=handle)) == {"second-person"}


def test_nobody_of_the_panel_decides_on_what_they_or_theirs_asked_for(log: ground.Writer) -> None:
    grounds.organisation(grounds.UNIVERSITY, RESEARCHER, Person("colleague", "Bryn Tallowmere", Role.RESEARCHER))
    reference = grounds.ask()

    def decided(person: Person) -> set[str]:
        facts = {"result": "approve", "reasons": "Useful.", "expires": grounds.days(30)}
        return refused(lambda: requests.decide(by=actor_of(person), reference=reference, **facts))

    for one in (RESEARCHER, Person("colleague", "Bryn Tallowmere", Role.RESEARCHER)):
        assert decided(again(one, Role.PANEL_MEMBER)) == {"own-organisation"}
    # Nor by an account kept from before they left the organisation's own.
    Account.objects.filter(id=account_of(RESEARCHER).id).update(organisation=None)
    assert decided(again(RESEARCHER, Role.PANEL_MEMBER)) == {"own-organisation"}
    assert decided(PANEL_MEMBER) == set()


def opened(person: Person, **change: Any) -> set[str]:
    facts = {"email": person.email, "name": person.name, "role": person.role, "holder": person.holder, **change}
    return refused(lambda: accounts.open_account(by=OPERATOR, password="a long sentence of nobody's", **facts))


def test_no_account_of_such_a_role_without_who_is_behind_it() -> None:
    assert opened(CHECKER, holder=" - ") == opened(CHECKER, holder="a-1") == {"holder-missing"}
    assert opened(CHECKER, holder="AB 12-34") == set()
    assert opened(again(CHECKER), holder="ab1234") == {"holder-role"}
    assert opened(again(CHECKER, Role.CUSTODIAN), holder="ab.12.34") == set()
    assert Account.objects.values("holder").distinct().count() == 1
    # The same name under another number is one human being until the operator says otherwise.
    twin = replace(SECOND_CHECKER, name="Orrélquay TAMSIN")
    assert opened(twin) == {"holder-namesake"}
    assert opened(twin, namesake=True) == set()
    assert opened(SCHOOL_DATA_MANAGER, holder="") == set()
    with pytest.raises(IntegrityError), transaction.atomic():
        Account.objects.filter(email=CHECKER.email).update(holder=None)
    Account.objects.create_user(PARENT.email, None, name=PARENT.name, role=Role.PARENT)


def test_what_one_did_for_two_is_found_when_it_is_put_right_who_they_are(log: ground.Writer) -> None:
    output = Output.objects.get(run=ground.executed(ground.study(ground.project(log))))
    ground.approved_by_both(output.reference)
    releases.release(output.id)
    facts = {"reference": output.reference, "ground": "wrong-figures", "words": "Wrong."}
    revoking.ask_revoke(by=actor_of(CHECKER), **facts)
    revoking.confirm_revoke(by=actor_of(SECOND_CHECKER), reference=output.reference)
    case = case_ground.confirmed(case_ground.police(log)).reference
    with people_zone():
        one, other = Identifier.objects.order_by("person_id").values_list("value", flat=True)[:2]
    pair = merging.report_double(by=actor_of(CUSTODIAN), upn=str(one), other_upn=str(other))
    merging.propose(by=actor_of(CUSTODIAN), pair=pair)
    merging.join(by=actor_of(SECOND_CUSTODIAN), pair=pair)
    assert deeds_of_one(account_of(CHECKER).id) == deeds_of_one(account_of(CUSTODIAN).id) == ()

    def same(person: Person, as_person: Person) -> list[str]:
        accounts.record_holder(by=OPERATOR, account_id=account_of(person).id, holder=as_person.holder)
        return [deed.partition(": ")[2] for deed in deeds_of_one(account_of(person).id)]

    assert same(SECOND_CUSTODIAN, CUSTODIAN) == ["confirmed what they asked or matched", "proposed and joined"]
    assert case in deeds_of_one(account_of(CUSTODIAN).id)[0]
    told = ["more than one checker's verdict", "asked for and confirmed its revocation"]
    assert same(SECOND_CHECKER, CHECKER) == told
    assert same(RESEARCHER, CHECKER) == [told[0], "a verdict on their own table", told[1]]


def test_who_is_behind_an_account_can_be_put_right_and_an_account_closed(log: ground.Writer) -> None:
    ground.accounts()
    output = Output.objects.get(run=ground.executed(ground.study(ground.project(log))))
    assert verdict(CHECKER, output.reference) == set()
    accounts.record_holder(by=OPERATOR, account_id=account_of(SECOND_CHECKER).id, holder=CHECKER.holder)
    assert verdict(SECOND_CHECKER, output.reference) == {"verdict-given"}
    with pytest.raises(InputRefused, match="not recorded"):
        accounts.record_holder(by=OPERATOR, account_id=account_of(SECOND_CHECKER).id, holder="")
    with pytest.raises(AccessDenied):
        accounts.close_account(by=actor_of(CHECKER), account_id=1)
    accounts.close_account(by=OPERATOR, account_id=account_of(SECOND_CHECKER).id)
    assert account_of(SECOND_CHECKER) not in outputs.checkers_of(output)
    assert refused(lambda: accounts.close_account(by=OPERATOR, account_id=account_of(SECOND_CHECKER).id)) == {
        "account-unknown"
    }
