"""When a parameter changes, every table that left is judged again from what was kept, and nothing changes by itself."""

import json
from collections.abc import Sequence

import pytest
from typer.testing import CliRunner

from rollbook.cli.recheck import recheck as command
from rollbook.kernel.refusals import AccessDenied, InputRefused, UseRefused
from rollbook.records.models.studies import Output, Project, RecheckTask, Release
from rollbook.services.outputs import recheck, releases, revoking
from rollbook.services.outputs.differencing import memberships_of
from tests import run_ground as ground
from tests.people import CHECKER, OPERATOR, RESEARCHER, account_of, actor_of, browser_of

pytestmark = pytest.mark.django_db
MOVED = (
    "CASE WHEN ppid IN (SELECT ppid FROM (SELECT DISTINCT ppid FROM pupil) ORDER BY ppid LIMIT 12) THEN 'high'"
    " WHEN ppid < '8' THEN 'low' ELSE 'high' END"
)


@pytest.fixture
def project(db: None, monkeypatch: pytest.MonkeyPatch) -> str:
    ground.clean_folders()
    ground.pupils()
    return ground.project(ground.log_of_its_own(monkeypatch))


def released(project: str, files: dict[str, bytes] | None = None) -> Output:
    output = Output.objects.get(run=ground.executed(ground.study(project, files)))
    ground.approved_by_both(output.reference)
    releases.release(output.id)
    output.refresh_from_db()
    assert output.state == Output.RELEASED
    return output


def again(**changes: str) -> Sequence[recheck.Fallen]:
    return recheck.recheck(by=OPERATOR, parameters=recheck.parameters_with(changes)).fallen


def test_a_table_falls_exactly_when_its_smallest_cell_is_below(project: str) -> None:
    output = released(project)
    before = (output.release.csv, output.release.record, output.state, output.rules)
    smallest = min(int(line.split(",")[1]) for line in output.release.csv.splitlines()[1:])
    assert again() == again(threshold=str(smallest)) == ()
    assert not RecheckTask.objects.exists()
    (fallen,) = again(threshold=str(smallest + 1))
    assert fallen.reference == output.reference
    assert {reason.code for reason in fallen.reasons} == {"SDC-THRESHOLD"}
    assert str(smallest) not in fallen.reasons[0].message.replace(str(smallest + 1), "")
    # The same question again leaves no second task, and the table is as it was.
    again(threshold=str(smallest + 1))
    assert RecheckTask.objects.count() == 1
    output = Output.objects.select_related("release").get(id=output.id)
    assert (output.release.csv, output.release.record, output.state, output.rules) == before


def test_two_tables_that_were_far_enough_apart_are_held_against_each_other_again(project: str) -> None:
    first = released(project)
    second = released(project, ground.study_by(MOVED, dimension="sex"))
    # The signed record of each says beside which tables it passed.
    told = [json.loads(one.release.record)["differencing"] for one in (first, second)]
    assert [one["held_against"] for one in told] == [[], [first.reference]]
    assert told[1]["fewest_people"] == 10
    assert again(threshold="12") == ()
    (fallen,) = again(threshold="13")
    assert fallen.reference == second.reference
    assert [(reason.code, reason.where) for reason in fallen.reasons] == [("differencing", first.reference)]
    # A revoked table is known to whoever read it: the one that stands falls beside it, whichever came first.
    words = {"ground": "could-identify", "words": "Too close to another."}
    revoking.ask_revoke(by=actor_of(CHECKER), reference=second.reference, **words)
    assert RecheckTask.objects.get(release__output=second).result == RecheckTask.REVOKED
    (fallen,) = again(threshold="13")
    assert fallen.reference == first.reference


def test_what_cannot_be_read_any_more_is_told_and_not_passed(project: str) -> None:
    first, second = released(project), released(project, ground.study_by(MOVED, dimension="sex"))
    from rollbook.services.outputs.differencing import _folder

    (_folder() / first.membership_file).unlink()
    with pytest.raises(OSError, match=first.membership_file):
        memberships_of(first)
    (fallen,) = again(threshold="11")
    assert (fallen.reference, fallen.reasons[0].code) == (second.reference, "differencing-unread")


def test_the_command_lists_and_the_page_settles(project: str) -> None:
    from typer import Typer

    output = released(project)
    app = Typer()
    app.command()(command)
    told = json.loads(CliRunner().invoke(app, ["--threshold", "60", "--set", "dominant_k=0.8", "--json"]).stdout)
    assert (told["judged"], told["made"], told["parameters"]["dominant_k"]) == (1, 1, 0.8)
    assert told["fallen"][0]["reference"] == output.reference
    words = CliRunner().invoke(app, ["--threshold", "60"]).stdout
    assert "1 would not leave today" in words
    assert "0 tasks" not in words

    browser = browser_of(CHECKER)
    assert "threshold: 60" in browser.get("/casework/rechecks/").content.decode()
    task = RecheckTask.objects.order_by("id").first()
    assert task is not None
    address = f"/casework/rechecks/{task.id}/"
    assert browser.post(address, {"note": " "}).status_code == 422
    assert "Old rule." in browser.post(address, {"note": "Old rule."}, follow=True).content.decode()
    with pytest.raises(UseRefused):
        recheck.settle(by=actor_of(CHECKER), task=task.id, note="Again.")
    assert Release.objects.get().revoked_at is None


def test_who_may_not(project: str) -> None:
    released(project)
    again(threshold="60")
    task = RecheckTask.objects.get()
    with pytest.raises(AccessDenied):
        recheck.recheck(by=actor_of(CHECKER), parameters=recheck.parameters_with({}))
    with pytest.raises(AccessDenied):
        recheck.settle(by=actor_of(RESEARCHER), task=task.id, note="Mine.")
    Project.objects.get().members.add(account_of(CHECKER))
    with pytest.raises(AccessDenied):
        recheck.settle(by=actor_of(CHECKER), task=task.id, note="Mine.")


@pytest.mark.parametrize("changes", [{"limit": "3"}, {"threshold": "many"}, {"threshold": "0"}, {"dominant_k": "2"},
                                     {"refuse_alike_groups": "perhaps"}])  # fmt: skip
def test_only_parameters_of_the_rules_can_be_changed(changes: dict[str, str]) -> None:
    with pytest.raises(InputRefused):
        recheck.parameters_with(changes)
