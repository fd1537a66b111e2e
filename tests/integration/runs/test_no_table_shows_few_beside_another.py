"""No table leaves that shows too few people beside a table that left, of this project or another."""

import pytest
from django.conf import settings

from rollbook.kernel.refusals import StateBroken
from rollbook.records.models.studies import Output, Project, Release
from rollbook.services.log import reader
from rollbook.services.outputs import differencing, outputs, releases
from rollbook.services.studies.run_pages import run_page
from tests import grounds
from tests import run_ground as ground
from tests.integration.runs.test_choices_and_the_gate import objecting
from tests.people import CHECKER, OPERATOR, RESEARCHER, SECOND_CHECKER, actor_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def log(db: None, monkeypatch: pytest.MonkeyPatch) -> ground.Writer:
    ground.clean_folders()
    ground.pupils()
    return ground.log_of_its_own(monkeypatch)


@pytest.fixture
def project(log: ground.Writer) -> str:
    return ground.project(log)


def made(study: int) -> Output:
    return Output.objects.get(run=ground.executed(study))


def released(study: int) -> Output:
    output = made(study)
    ground.approved_by_both(output.reference)
    releases.release(output.id)
    output.refresh_from_db()
    assert output.state == Output.RELEASED
    return output


def refusal(output: Output) -> tuple[str, str]:
    assert output.state == Output.STOPPED
    table = run_page(by=actor_of(RESEARCHER), run_id=output.run_id).table
    assert table is not None
    (reason,) = table.refused
    return reason.code, reason.where


def halves(low: int = 35, dimension: str = "half") -> dict[str, bytes]:
    """Pupils in two parts by the order of their pseudonyms, so many in the first."""
    expression = f"CASE WHEN dense_rank() OVER (ORDER BY ppid) <= {low} THEN 'low' ELSE 'high' END"
    return ground.study_by(expression, dimension=dimension)


def test_the_same_table_again_shows_nobody(project: str) -> None:
    released(ground.study(project, halves()))
    assert made(ground.study(project, halves())).state == Output.CHECKING
    assert made(ground.study(project, halves(35, "moiety"))).state == Output.CHECKING


def test_a_table_that_differs_by_few_pupils_is_refused_whatever_it_is_called(project: str) -> None:
    first = released(ground.study(project, halves()))
    for name in ("half", "moiety"):
        code, where = refusal(made(ground.study(project, halves(37, name))))
        assert code == "differencing"
        assert where.startswith(first.reference)


def test_another_project_is_held_against_it_too(log: ground.Writer, project: str) -> None:
    """The two projects have pseudonyms of their own; the people are the same."""
    from rollbook.services.projects import projects

    first = released(ground.study(project))
    request = grounds.ask()
    grounds.approve(request)
    log.write()
    other = projects.open_project(by=OPERATOR, request_ref=request)
    objecting()
    code, where = refusal(made(ground.study(other)))
    assert code == "differencing"
    assert where.startswith(first.reference)


def test_a_run_after_one_child_left_is_refused(project: str) -> None:
    """The same study, a refresh apart: what differs is one child."""
    study = ground.study(project, halves())
    released(study)
    objecting()
    assert refusal(made(study))[0] == "differencing"


def test_of_two_tables_in_checking_the_second_to_be_agreed_is_refused(project: str) -> None:
    first, second = made(ground.study(project, halves())), made(ground.study(project, halves(37)))
    assert (first.state, second.state) == (Output.CHECKING, Output.CHECKING)
    ground.approved_by_both(first.reference)
    # The first is agreed and not yet released: that is enough to stop the second.
    ground.approved_by_both(second.reference)
    second.refresh_from_db()
    assert refusal(second) == ("differencing-not-audited", first.reference)
    assert [row.output_id for row in Release.objects.all()] == [first.id]
    releases.recover()
    assert len(reader.entries("output")) == 1


def test_who_was_in_a_released_table_is_kept_sealed_and_a_stray_file_is_removed(project: str) -> None:
    output = released(ground.study(project, halves()))
    folder = settings.ROLLBOOK.data / "memberships"
    differencing.forget_unnamed()
    assert {path.name for path in folder.iterdir()} == {output.membership_file}
    assert b"PAR1" not in (folder / output.membership_file).read_bytes()
    (folder / "left-by-a-dead-process").write_bytes(b"x")
    (folder / ".half").write_bytes(b"x")
    assert differencing.forget_unnamed() == 2
    assert {path.name for path in folder.iterdir()} == {output.membership_file}


def test_who_was_in_a_table_that_cannot_leave_is_forgotten(project: str) -> None:
    kept = released(ground.study(project, halves()))
    stopped = made(ground.study(project, halves(37)))
    assert stopped.state == Output.STOPPED
    differencing.forget_unnamed()
    folder = settings.ROLLBOOK.data / "memberships"
    assert (folder / kept.membership_file).exists()
    assert not (folder / stopped.membership_file).exists()


def test_a_membership_that_cannot_be_read_stops_later_tables(project: str) -> None:
    output = released(ground.study(project, halves()))
    path = settings.ROLLBOOK.data / "memberships" / output.membership_file
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(StateBroken):
        made(ground.study(project, halves()))


def test_nothing_comes_out_of_a_project_whose_approval_was_taken_back(project: str) -> None:
    output = made(ground.study(project))
    outputs.give_verdict(by=actor_of(CHECKER), reference=output.reference, verdict="approve")
    grounds.refuse(Project.objects.get().request.reference, "The study was not what was asked for.")
    outputs.give_verdict(by=actor_of(SECOND_CHECKER), reference=output.reference, verdict="approve")
    output.refresh_from_db()
    assert output.state == Output.STOPPED
    assert [reason["code"] for reason in output.rules["refused"]] == ["approval-taken-back"]
    assert not Release.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_tables_agreed_at_one_moment_do_not_both_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    import threading

    from django.db import connection

    ground.clean_folders()
    ground.pupils()
    project = ground.project(ground.log_of_its_own(monkeypatch))
    study = ground.study(project, halves())
    tables = [made(study), made(study)]
    for table in tables:
        outputs.give_verdict(by=actor_of(CHECKER), reference=table.reference, verdict="approve")
    second, gate = actor_of(SECOND_CHECKER), threading.Barrier(2)

    def agree(reference: str) -> None:
        gate.wait()
        outputs.give_verdict(by=second, reference=reference, verdict="approve")
        connection.close()

    threads = [threading.Thread(target=agree, args=(table.reference,)) for table in tables]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(Output.objects.values_list("state", flat=True)) == [Output.AGREED, Output.STOPPED]
    assert Release.objects.count() == 1
