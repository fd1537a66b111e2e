"""Two checkers, neither of whom sees the other's first verdict, and neither of whom is of the project."""

from typing import Any

import pytest

from rollbook.kernel.refusals import AccessDenied, InputRefused, UseRefused
from rollbook.records.models.studies import Claim, Output, Project, Study
from rollbook.services.accounts import messages
from rollbook.services.log import reader
from rollbook.services.outputs import check_pages, outputs, releases, submitting
from rollbook.services.platform import clock
from rollbook.services.studies.run_pages import run_page
from tests import run_ground as ground
from tests.people import CHECKER, RESEARCHER, SECOND_CHECKER, Person, account_of, actor_of, browser_of

pytestmark = pytest.mark.django_db
THIRD = Person("third-checker", "Orla Wendlequick", CHECKER.role)


@pytest.fixture
def log(db: None, monkeypatch: pytest.MonkeyPatch) -> ground.Writer:
    ground.clean_folders()
    ground.pupils()
    return ground.log_of_its_own(monkeypatch)


@pytest.fixture
def output(log: ground.Writer) -> Output:
    return Output.objects.get(run=ground.executed(ground.study(ground.project(log))))


def give(person: Person, output: Output, verdict: str, comment: str = "") -> None:
    outputs.give_verdict(by=actor_of(person), reference=output.reference, verdict=verdict, comment=comment)


def test_neither_sees_the_others_verdict_until_both_are_in(output: Output) -> None:
    second = actor_of(SECOND_CHECKER)
    before = check_pages.check_page(by=second, reference=output.reference)
    listed = check_pages.outputs_for(second)
    give(CHECKER, output, "return", "The label is unclear.")

    # After the first verdict everything the second can read is what it was before.
    assert check_pages.check_page(by=second, reference=output.reference) == before
    assert check_pages.outputs_for(second) == listed
    author = run_page(by=actor_of(RESEARCHER), run_id=output.run_id)
    assert "unclear" not in str(author)
    assert author.table is not None
    assert author.table.state == "checking"
    mine = check_pages.check_page(by=actor_of(CHECKER), reference=output.reference)
    assert [line.mine for line in mine.verdicts] == [True]

    give(SECOND_CHECKER, output, "approve", "Fine by me.")
    for checker in (CHECKER, SECOND_CHECKER):
        page = check_pages.check_page(by=actor_of(checker), reference=output.reference)
        assert {line.comment for line in page.verdicts} == {"The label is unclear.", "Fine by me."}
    consolidating = run_page(by=actor_of(RESEARCHER), run_id=output.run_id)
    assert consolidating.table is not None
    assert (consolidating.table.state, consolidating.table.comments) == ("consolidating", ())
    give(SECOND_CHECKER, output, "return", "Unclear indeed.")
    after = run_page(by=actor_of(RESEARCHER), run_id=output.run_id)
    assert after.table is not None
    assert after.table.comments == ("The label is unclear.", "Unclear indeed.")
    assert not any(name in str(after) for name in (CHECKER.name, SECOND_CHECKER.name))


def test_a_third_checker_ends_a_split(log: ground.Writer, output: Output) -> None:
    give(CHECKER, output, "approve")
    with pytest.raises(UseRefused, match="given your verdict"):
        give(CHECKER, output, "reject", "No.")
    give(SECOND_CHECKER, output, "reject", "Why two groups?")
    output.refresh_from_db()
    assert output.state == Output.CONSOLIDATING
    assert releases.released_tables() == ()
    give(THIRD, output, "reject", "It tells nothing.")
    output.refresh_from_db()
    assert output.state == Output.REJECTED
    log.write()
    assert [one.fields["result"] for one in reader.entries("outcome")] == ["rejected"]
    with pytest.raises(UseRefused):
        give(THIRD, output, "approve")


def test_a_returned_table_comes_back_without_its_votes_and_goes_out(log: ground.Writer, output: Output) -> None:
    for checker in (CHECKER, SECOND_CHECKER):
        give(checker, output, "return", "Who is counted?")
    output.refresh_from_db()
    assert output.state == Output.RETURNED
    with pytest.raises(UseRefused):
        give(CHECKER, output, "approve")
    ground.submitted(output.reference)
    assert check_pages.check_page(by=actor_of(CHECKER), reference=output.reference).line.mine == ""
    give(CHECKER, output, "approve")
    output.refresh_from_db()
    assert output.state == Output.CHECKING
    give(SECOND_CHECKER, output, "approve")
    releases.release(output.id)
    assert [table.reference for table in releases.released_tables()] == [output.reference]
    assert reader.entries("outcome") == ()


def test_an_early_return_wipes_the_turn(output: Output) -> None:
    give(CHECKER, output, "approve", "A secret word.")
    outputs.return_early(by=actor_of(SECOND_CHECKER), reference=output.reference, comment="Say who is counted.")
    author = run_page(by=actor_of(RESEARCHER), run_id=output.run_id)
    assert author.table is not None
    assert (author.table.state, author.table.comments) == (Output.RETURNED, ("Say who is counted.",))
    page = check_pages.check_page(by=actor_of(SECOND_CHECKER), reference=output.reference)
    assert "A secret word." not in str(page.verdicts)
    ground.submitted(output.reference)
    give(SECOND_CHECKER, output, "approve")
    output.refresh_from_db()
    assert output.state == Output.CHECKING


def test_a_note_is_for_checkers_alone(output: Output) -> None:
    by = actor_of(CHECKER)
    outputs.give_verdict(by=by, reference=output.reference, verdict="return", comment="Say more.", note="Third time.")
    give(SECOND_CHECKER, output, "return", "Say more.")
    assert "Third time." in str(check_pages.check_page(by=actor_of(SECOND_CHECKER), reference=output.reference))
    assert "Third time." not in str(run_page(by=actor_of(RESEARCHER), run_id=output.run_id))


def test_two_claims_fill_a_table_until_one_is_given_back(output: Output) -> None:
    for checker in (CHECKER, SECOND_CHECKER):
        outputs.claim(by=actor_of(checker), reference=output.reference)
    with pytest.raises(UseRefused, match="Enough checkers"):
        give(THIRD, output, "approve")
    outputs.unclaim(by=actor_of(CHECKER), reference=output.reference)
    give(THIRD, output, "approve")
    assert (Claim.objects.count(), output.verdicts.count()) == (1, 1)


def test_a_claim_that_nothing_came_of_is_anothers_after_two_days(output: Output) -> None:
    for checker in (CHECKER, SECOND_CHECKER):
        outputs.claim(by=actor_of(checker), reference=output.reference)
    Claim.objects.update(made_at=clock.now() - outputs.CLAIM_HOLDS)
    outputs.claim(by=actor_of(THIRD), reference=output.reference)


def test_without_a_word_on_what_it_shows_nobody_may_check_it(log: ground.Writer) -> None:
    run = ground.undeclared(ground.study(ground.project(log)))
    reference = f"table-{run.id}"
    with pytest.raises(AccessDenied):
        outputs.give_verdict(by=actor_of(CHECKER), reference=reference, verdict="approve")
    for missing in ground.CONTEXT:
        context = ground.CONTEXT | {missing: " "}
        with pytest.raises(InputRefused) as refused:
            submitting.submit_output(by=actor_of(RESEARCHER), reference=reference, context=context)
        assert [reason.where for reason in refused.value.reasons] == [missing]
    submitting.withdraw_output(by=actor_of(RESEARCHER), reference=reference)
    log.write()
    assert [one.fields["result"] for one in reader.entries("outcome")] == ["withdrawn"]
    with pytest.raises(UseRefused):
        ground.submitted(reference)


def test_everybody_concerned_is_told_and_nothing_is_said(
    log: ground.Writer, django_capture_on_commit_callbacks: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr(messages, "_write_notice", lambda email, words: told.append(email))
    ground.accounts()
    run = ground.undeclared(ground.study(ground.project(log)))
    with django_capture_on_commit_callbacks(execute=True):
        ground.submitted(f"table-{run.id}")
    assert set(told) >= {CHECKER.email, SECOND_CHECKER.email}
    assert RESEARCHER.email not in told
    told.clear()
    with django_capture_on_commit_callbacks(execute=True):
        ground.approved_by_both(f"table-{run.id}")
    assert told == [RESEARCHER.email]
    assert "table" not in messages.WORK_NOTICE


def test_a_verdict_is_given_once_and_two_are_two_people(output: Output) -> None:
    give(CHECKER, output, "approve")
    for verdict, comment in (("approve", ""), ("return", "On second thoughts.")):
        with pytest.raises(UseRefused, match="given your verdict"):
            give(CHECKER, output, verdict, comment)
    output.refresh_from_db()
    assert output.state == Output.CHECKING


def test_a_verdict_is_one_of_two_and_a_return_has_a_comment(output: Output) -> None:
    for verdict, comment in (("perhaps", ""), ("", ""), ("return", "  "), ("reject", ""), ("return", "x" * 2001)):
        with pytest.raises(InputRefused):
            give(CHECKER, output, verdict, comment)
    assert output.verdicts.count() == 0


@pytest.mark.parametrize("tie", ["author", "asker", "member", "organisation"])
def test_nobody_checks_their_own_projects_table(output: Output, tie: str) -> None:
    checker = account_of(CHECKER)
    if tie == "author":
        Study.objects.update(author=checker)
    elif tie == "asker":
        type(output.run).objects.update(asked_by=checker)
    elif tie == "organisation":
        checker.organisation = Project.objects.get().request.organisation
        checker.save()
    else:
        Project.objects.get().members.add(checker)
    assert check_pages.outputs_for(actor_of(CHECKER)) == ()
    with pytest.raises(AccessDenied):
        check_pages.check_page(by=actor_of(CHECKER), reference=output.reference)
    with pytest.raises(AccessDenied):
        give(CHECKER, output, "approve")


def test_checkers_read_the_table_the_rules_and_what_ran(output: Output) -> None:
    page = check_pages.check_page(by=actor_of(CHECKER), reference=output.reference)
    assert page.tables[0].dimensions == ("sex",)
    assert sum(int(cell.figure) for cell in page.cells) == ground.PUPILS
    assert all(cell.rules == () for cell in page.cells)
    assert page.threshold == 10
    assert dict(page.files)["people.sql"] == ground.STUDY["people.sql"].decode()


def test_a_label_made_from_the_data_is_pointed_out_to_the_checker(log: ground.Writer) -> None:
    half = "CASE WHEN ppid < '8' THEN 'low' ELSE (SELECT 'said ' || min(sex) FROM pupil) END"
    run = ground.executed(ground.study(ground.project(log), ground.study_by(half)))
    page = check_pages.check_page(by=actor_of(CHECKER), reference=f"table-{run.id}")
    (label,) = page.tables[0].made_labels
    assert label.startswith("said ")
    shown = browser_of(CHECKER).get(f"/casework/checking/table-{run.id}/").content.decode()
    assert f"tells of somebody: {label}" in shown


def test_a_table_that_was_stopped_is_shown_to_no_checker(log: ground.Writer) -> None:
    apart = "CASE WHEN ppid = (SELECT min(ppid) FROM pupil) THEN 'the one' ELSE 'others' END"
    run = ground.executed(ground.study(ground.project(log), ground.study_by(apart)))
    assert check_pages.outputs_for(actor_of(CHECKER)) == ()
    with pytest.raises(AccessDenied):
        check_pages.check_page(by=actor_of(CHECKER), reference=f"table-{run.id}")
