"""One row for each way to get a table out, or a verdict in, that the rules of checking forbid; over the pages."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import transaction

from rollbook.kernel.refusals import RollbookError
from rollbook.records.models.accounts import Account, Accreditation
from rollbook.records.models.governance import Request
from rollbook.records.models.studies import Output, Project, Study
from rollbook.services.outputs import outputs, releases, submitting
from rollbook.services.platform import clock
from rollbook.services.studies.run_pages import run_page
from tests import grounds
from tests import run_ground as ground
from tests.people import CHECKER, CUSTODIAN, RESEARCHER, SECOND_CHECKER, Person, account_of, actor_of, browser_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def output(db: None, monkeypatch: pytest.MonkeyPatch) -> Output:
    ground.clean_folders()
    ground.pupils()
    log = ground.log_of_its_own(monkeypatch)
    ground.accounts()
    return Output.objects.get(run=ground.executed(ground.study(ground.project(log))))


def approve(person: Person, output: Output, turn: int = 1, **also: str) -> int:
    """The verdict as the page sends it; gives the answer's status."""
    form = {"verdict": "approve", "turn": str(turn), **also}
    return int(browser_of(person).post(f"/casework/checking/{output.reference}/", form).status_code)


def state(output: Output) -> str:
    return str(Output.objects.get(id=output.id).state)


def by_the_author(output: Output) -> None:
    approve(CHECKER, output)
    assert approve(RESEARCHER, output) == 403


def by_the_author_made_a_checker(output: Output) -> None:
    Account.objects.filter(email=RESEARCHER.email).update(role="output-checker")
    approve(CHECKER, output)
    assert approve(Person("researcher", "", CHECKER.role), output) == 403


def by_a_checker_who_wrote_an_earlier_study_and_left_the_project(output: Output) -> None:
    study = Study.objects.get()
    Study.objects.create(
        project=study.project, author=account_of(CHECKER), title="An earlier one", digest="0" * 64, files=study.files,
        items=study.items, submitted_at=study.submitted_at,
    )  # fmt: skip
    Project.objects.get().members.clear()
    approve(SECOND_CHECKER, output)
    assert approve(CHECKER, output) == 403


def by_one_checker_twice(output: Output) -> None:
    approve(CHECKER, output)
    assert approve(CHECKER, output) == 409


def by_another_role(output: Output) -> None:
    approve(CHECKER, output)
    assert approve(CUSTODIAN, output) == 403


def without_a_second_factor(output: Output) -> None:
    approve(CHECKER, output)
    browser = browser_of(SECOND_CHECKER, second_factor=False)
    browser.post(f"/casework/checking/{output.reference}/", {"verdict": "approve", "turn": "1"})


def with_a_verdict_of_the_turn_before(output: Output) -> None:
    approve(CHECKER, output)
    outputs.return_early(by=actor_of(SECOND_CHECKER), reference=output.reference, comment="Who is counted?")
    ground.submitted(output.reference)
    approve(SECOND_CHECKER, output, turn=2)


def on_a_page_read_before_the_author_changed_what_it_says(output: Output) -> None:
    outputs.return_early(by=actor_of(CHECKER), reference=output.reference, comment="Who is counted?")
    submitting.submit_output(
        by=actor_of(RESEARCHER), reference=output.reference, context=dict.fromkeys(ground.CONTEXT, "Another story.")
    )
    assert approve(CHECKER, output, turn=1) == approve(SECOND_CHECKER, output, turn=1) == 409


def on_a_form_that_does_not_say_what_was_read(output: Output) -> None:
    for checker in (CHECKER, SECOND_CHECKER):
        browser = browser_of(checker)
        answer = browser.post(f"/casework/checking/{output.reference}/", {"verdict": "approve"})
        assert answer.status_code == 409


def after_the_author_lost_their_accreditation(output: Output) -> None:
    approve(CHECKER, output)
    Accreditation.objects.update(expires=grounds.days(-1))
    assert approve(SECOND_CHECKER, output) == 409


def after_the_project_was_closed(output: Output) -> None:
    approve(CHECKER, output)
    Project.objects.update(closed_at=clock.now())
    assert approve(SECOND_CHECKER, output) == 409


def after_the_purpose_became_direct_intervention(output: Output) -> None:
    approve(CHECKER, output)
    Request.objects.update(purpose="direct-intervention")
    assert approve(SECOND_CHECKER, output) == 409


def with_a_table_written_over_between_the_verdicts(output: Output) -> None:
    """Even where somebody could write to the row: the audit of what it was held against is asked for again."""
    approve(CHECKER, output)
    Output.objects.update(audited=[])
    other = ground.executed(ground.study(Project.objects.get().reference)).outputs.get()
    ground.approved_by_both(other.reference)
    approve(SECOND_CHECKER, output)


def by_releasing_what_nobody_agreed(output: Output) -> None:
    with pytest.raises(Exception, match="matching query does not exist"):
        releases.release(output.id)


def by_the_author_taking_it_back_and_in_again(output: Output) -> None:
    approve(CHECKER, output)
    for deed in (submitting.withdraw_output,):
        with pytest.raises(RollbookError):
            deed(by=actor_of(RESEARCHER), reference=output.reference)
    with pytest.raises(RollbookError):
        ground.submitted(output.reference)


CHEATS: tuple[Callable[[Output], None], ...] = (
    by_the_author,
    by_the_author_made_a_checker,
    by_a_checker_who_wrote_an_earlier_study_and_left_the_project,
    by_one_checker_twice,
    by_another_role,
    without_a_second_factor,
    with_a_verdict_of_the_turn_before,
    on_a_page_read_before_the_author_changed_what_it_says,
    on_a_form_that_does_not_say_what_was_read,
    after_the_author_lost_their_accreditation,
    after_the_project_was_closed,
    after_the_purpose_became_direct_intervention,
    by_releasing_what_nobody_agreed,
    by_the_author_taking_it_back_and_in_again,
    # The last, for it writes to the log, whose files no transaction takes back.
    with_a_table_written_over_between_the_verdicts,
)


def test_nothing_leaves(output: Output, client: Any) -> None:
    before = browser_of(RESEARCHER).get(f"/casework/runs/{output.run_id}/").content
    read = run_page(by=actor_of(RESEARCHER), run_id=output.run_id)
    with undone():
        approve(CHECKER, output, comment="A private word.", note="A note.")
        assert run_page(by=actor_of(RESEARCHER), run_id=output.run_id) == read
        assert len(browser_of(RESEARCHER).get(f"/casework/runs/{output.run_id}/").content) == len(before)
    for cheat in CHEATS:
        with undone():
            cheat(output)
            assert state(output) not in {Output.AGREED, Output.RELEASED}, cheat.__name__
            assert not hasattr(Output.objects.get(id=output.id), "release"), cheat.__name__
            assert client.get(f"/register/releases/{output.reference}.csv").status_code == 404, cheat.__name__


@contextmanager
def undone() -> Iterator[None]:
    """A way to cheat on ground that the one before it did not change."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
