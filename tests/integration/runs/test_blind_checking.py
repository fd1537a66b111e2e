"""Two checkers, neither of whom sees the other's first verdict, and neither of whom is of the project."""

import pytest

from rollbook.kernel.refusals import AccessDenied, InputRefused, UseRefused
from rollbook.records.models.studies import Output, Project, Study
from rollbook.services import outputs, releases
from rollbook.services.log import reader
from rollbook.services.run_pages import run_page
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
    before = outputs.check_page(by=second, reference=output.reference)
    listed = outputs.outputs_for(second)
    give(CHECKER, output, "return", "The label is unclear.")

    # After the first verdict everything the second can read is what it was before.
    assert outputs.check_page(by=second, reference=output.reference) == before
    assert outputs.outputs_for(second) == listed
    author = run_page(by=actor_of(RESEARCHER), run_id=output.run_id)
    assert "unclear" not in str(author)
    assert author.table is not None
    assert author.table.state == "checking"
    mine = outputs.check_page(by=actor_of(CHECKER), reference=output.reference)
    assert [line.mine for line in mine.verdicts] == [True]

    give(SECOND_CHECKER, output, "approve", "Fine by me.")
    for checker in (CHECKER, SECOND_CHECKER):
        page = outputs.check_page(by=actor_of(checker), reference=output.reference)
        assert {line.comment for line in page.verdicts} == {"The label is unclear.", "Fine by me."}
    after = run_page(by=actor_of(RESEARCHER), run_id=output.run_id)
    assert after.table is not None
    assert after.table.comments == ("The label is unclear.", "Fine by me.")
    assert not any(name in str(after) for name in (CHECKER.name, SECOND_CHECKER.name))


def test_a_split_returns_the_table_and_the_log_says_so(log: ground.Writer, output: Output) -> None:
    give(CHECKER, output, "approve")
    give(SECOND_CHECKER, output, "return", "Why two groups?")
    output.refresh_from_db()
    assert output.state == Output.RETURNED
    log.write()
    assert [one.fields["result"] for one in reader.entries("outcome")] == ["returned"]
    with pytest.raises(AccessDenied):
        give(THIRD, output, "approve")
    assert releases.released_tables() == ()


def test_a_verdict_is_given_once_and_two_are_two_people(output: Output) -> None:
    give(CHECKER, output, "approve")
    for verdict, comment in (("approve", ""), ("return", "On second thoughts.")):
        with pytest.raises(UseRefused, match="given your verdict"):
            give(CHECKER, output, verdict, comment)
    output.refresh_from_db()
    assert output.state == Output.CHECKING


def test_a_verdict_is_one_of_two_and_a_return_has_a_comment(output: Output) -> None:
    for verdict, comment in (("perhaps", ""), ("return", "  "), ("return", "x" * 2001)):
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
    assert outputs.outputs_for(actor_of(CHECKER)) == ()
    with pytest.raises(AccessDenied):
        outputs.check_page(by=actor_of(CHECKER), reference=output.reference)
    with pytest.raises(AccessDenied):
        give(CHECKER, output, "approve")


def test_checkers_read_the_table_the_rules_and_what_ran(output: Output) -> None:
    page = outputs.check_page(by=actor_of(CHECKER), reference=output.reference)
    assert page.dimensions == ("sex",)
    assert sum(int(cell.figure) for cell in page.cells) == ground.PUPILS
    assert all(cell.rules == () for cell in page.cells)
    assert page.threshold == 10
    assert dict(page.files)["people.sql"] == ground.STUDY["people.sql"].decode()


def test_a_label_made_from_the_data_is_pointed_out_to_the_checker(log: ground.Writer) -> None:
    half = "CASE WHEN ppid < '8' THEN 'low' ELSE (SELECT 'said ' || min(sex) FROM pupil) END"
    run = ground.executed(ground.study(ground.project(log), ground.study_by(half)))
    page = outputs.check_page(by=actor_of(CHECKER), reference=f"table-{run.id}")
    (label,) = page.made_labels
    assert label.startswith("said ")
    shown = browser_of(CHECKER).get(f"/casework/checking/table-{run.id}/").content.decode()
    assert f"tells of somebody: {label}" in shown


def test_a_table_that_was_stopped_is_shown_to_no_checker(log: ground.Writer) -> None:
    apart = "CASE WHEN ppid = (SELECT min(ppid) FROM pupil) THEN 'the one' ELSE 'others' END"
    run = ground.executed(ground.study(ground.project(log), ground.study_by(apart)))
    assert outputs.outputs_for(actor_of(CHECKER)) == ()
    with pytest.raises(AccessDenied):
        outputs.check_page(by=actor_of(CHECKER), reference=f"table-{run.id}")
