"""A project that asks for a sample gets it, the same at each run, and nobody more; the log tells how it was drawn."""

from datetime import timedelta
from typing import Any

import pyarrow.parquet as pq
import pytest
from pyroaring import BitMap

from rollbook.kernel.refusals import InputRefused
from rollbook.records.models.governance import Publication, Request
from rollbook.records.models.identity import Choice, Person
from rollbook.records.models.studies import Draw, Project, Run
from rollbook.services.log import reader
from rollbook.services.platform import clock
from rollbook.services.projects.samples import SampleAsked, band
from rollbook.services.returns import ingest
from rollbook.services.studies import run_inside, runs
from rollbook.services.uses import populations
from tests import census_ground, grounds
from tests import run_ground as ground
from tests.people import OPERATOR, PARENT, RESEARCHER, account_of

pytestmark = pytest.mark.django_db
WHY = "Power of 0.8 to see a difference of a tenth."


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> ground.Writer:
    ground.clean_folders()
    ground.pupils()
    return ground.log_of_its_own(monkeypatch)


def asked(size: int | None = 20, **change: Any) -> SampleAsked:
    return SampleAsked(size, WHY, **change)


def people_of(run: Run) -> BitMap:
    assert run.state == Run.DONE, run.reasons
    return populations.read(run.population_file, run.epoch)


def a_larger_roll(count: int) -> None:
    """The school's return anew, with as many pupils."""
    data = census_ground.a_large_file(count).replace(b"<SerialNo>001<", b"<SerialNo>002<")
    receipt = ingest.ingest(by=OPERATOR, data=data, name="return.xml")
    assert receipt.state == "accepted", receipt


def test_nobody_more_than_the_sample_is_ever_in_an_extract(log: ground.Writer, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    inner = run_inside.run_study

    def watched(study: Any, folder: Any, limits: Any) -> Any:
        seen.append(len(set(pq.read_table(folder / "pupil.parquet", columns=["ppid"])["ppid"].to_pylist())))
        return inner(study, folder, limits)

    monkeypatch.setattr(run_inside, "run_study", watched)
    run = ground.executed(ground.study(ground.project(log, sample=asked())))
    assert (len(people_of(run)), run.people, seen) == (20, 20, [20])


def test_the_same_people_are_drawn_at_the_next_run(log: ground.Writer) -> None:
    study = ground.study(ground.project(log, sample=asked()))
    assert people_of(ground.executed(study)) == people_of(ground.executed(study))
    assert Draw.objects.count() == 1


def test_newcomers_join_and_nobody_leaves(log: ground.Writer) -> None:
    study = ground.study(ground.project(log, sample=asked(60)))
    first = people_of(ground.executed(study))
    a_larger_roll(ground.PUPILS + 4)
    second = people_of(ground.executed(study))
    assert first <= second
    assert len(second) <= 60 + 4


def test_a_sample_that_outgrew_its_need_is_refused(log: ground.Writer) -> None:
    study = ground.study(ground.project(log, sample=asked(60)))
    ground.executed(study)
    a_larger_roll(3 * ground.PUPILS)
    run = ground.executed(study)
    assert (run.state, [one["code"] for one in run.reasons]) == (Run.REFUSED, ["sample-beyond-need"])


def test_who_objects_leaves_and_nobody_takes_their_place(log: ground.Writer) -> None:
    study = ground.study(ground.project(log, sample=asked()))
    first = people_of(ground.executed(study))
    leaving = first[3]
    Choice.objects.create(person_id=leaving, kind="object-research", made_by=account_of(PARENT), made_at=clock.now())
    assert people_of(ground.executed(study)) == first - BitMap([leaving])
    # Who takes it back is in again, by the same lot, and the limits have not moved meanwhile.
    Choice.objects.update(withdrawn_at=clock.now())
    assert people_of(ground.executed(study)) == first


def test_who_objects_after_the_draw_and_before_the_data_is_opened_keeps_it_shut(
    log: ground.Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sample is stored with the entry: somebody of it who objects while the log writes is not opened."""
    number = ground.run(ground.study(ground.project(log, sample=asked())))
    inner = runs.published

    def late(*given: Any, **named: Any) -> Any:
        found = inner(*given, **named)
        run = Run.objects.get(id=number)
        person = populations.read(run.population_file, run.epoch)[0]
        Choice.objects.create(person_id=person, kind="object-research", made_by=account_of(PARENT), made_at=clock.now())
        return found

    monkeypatch.setattr(runs, "published", late)
    runs.execute(number)
    run = Run.objects.get(id=number)
    assert (run.state, [one["code"] for one in run.reasons]) == (Run.FAILED, ["choices-ignored"])
    monkeypatch.setattr(runs, "published", inner)
    assert len(people_of(ground.executed(run.study_id))) == 19


def test_two_first_runs_at_once_draw_one_sample(log: ground.Writer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second has drawn before the first is recorded: it ends, and the next run takes the sample that stands."""
    project = ground.project(log, sample=asked())
    first, second = ground.run(ground.study(project)), ground.run(ground.study(project))
    inner = runs.make_set

    def slow(**named: Any) -> Any:
        monkeypatch.setattr(runs, "make_set", inner)
        runs.execute(second)
        return inner(**named)

    monkeypatch.setattr(runs, "make_set", slow)
    runs.execute(first)
    run = Run.objects.get(id=first)
    assert (run.state, [one["code"] for one in run.reasons]) == (Run.REFUSED, ["sample-drawn"])
    assert Draw.objects.count() == 1
    drawn = people_of(Run.objects.get(id=second))
    assert people_of(ground.executed(run.study_id)) == drawn


def test_the_draw_stands_in_the_log_and_names_nobody(log: ground.Writer) -> None:
    project = ground.project(log, sample=asked(by="year-group", share="equal"))
    run = ground.executed(ground.study(project))
    log.write()
    draw = Draw.objects.get()
    text = draw.publication.body
    for words in (
        "A sample of 20 people drawn by lot, the same number from each year group.", WHY,
        "People who could be drawn: 10 to 99", "People drawn: 20", "Commitment to the key",
    ):  # fmt: skip
        assert words in text
    entry = next(one for one in reader.entries("publication") if one.fields["id"] == draw.publication.reference)
    assert entry.fields["document"] == draw.publication.document
    # Told no later than the use itself.
    (use,) = reader.entries("disclosure")
    assert entry.index < use.index
    for key in people_of(run):
        assert str(key) not in text
    for limit in draw.limits["of"].values():
        assert limit not in text


def test_no_run_no_draw(log: ground.Writer) -> None:
    study = ground.study(ground.project(log, sample=asked()))
    number = ground.run(study)
    later = clock.now() + timedelta(days=500)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clock, "now", lambda: later)
        runs.execute(number)
    assert Run.objects.get(id=number).state == Run.REFUSED
    assert not Draw.objects.exists()
    assert not Publication.objects.filter(kind="rules").exists()


def test_two_projects_draw_by_keys_of_their_own(log: ground.Writer) -> None:
    first = ground.project(log, sample=asked(35))
    second = ground.project(log, sample=asked(35), title="Another question")
    assert first != second
    drawn = [people_of(ground.executed(ground.study(one))) for one in (first, second)]
    assert drawn[0] != drawn[1]
    assert 5 <= len(drawn[0] & drawn[1]) <= 30  # hypergeometric: 17.5 expected, standard deviation 2.1


def test_a_person_with_two_keys_is_drawn_as_one(log: ground.Writer) -> None:
    keys = list(Person.objects.order_by("key").values_list("key", flat=True))
    Person.objects.filter(key=keys[1]).update(superseded_by=keys[0])
    people = people_of(ground.executed(ground.study(ground.project(log, sample=asked(ground.PUPILS - 1)))))
    assert len(people) == Person.objects.filter(key__in=people).count()
    assert {keys[0], keys[1]} <= set(people) or not {keys[0], keys[1]} & set(people)


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        (asked(0), "sample-size"),
        (asked(-3), "sample-size"),
        (asked(100_000_001), "sample-size"),
        (SampleAsked(20, "  "), "sample-why"),
        (SampleAsked(None, ""), "sample-why"),
        (asked(by="surname"), "sample-strata"),
        (asked(share="most"), "sample-share"),
        (SampleAsked(20, "Ask pell@example.org"), "text-email"),
    ],
)
def test_a_sample_of_another_form_is_not_asked_for(log: ground.Writer, wrong: SampleAsked, code: str) -> None:
    grounds.organisation(grounds.UNIVERSITY, RESEARCHER)
    with pytest.raises(InputRefused) as refused:
        grounds.ask(sample=wrong)
    assert [reason.code for reason in refused.value.reasons] == [code]
    assert not Request.objects.exists()


def test_everybody_may_be_asked_for_with_a_reason(log: ground.Writer) -> None:
    run = ground.executed(ground.study(ground.project(log, sample=asked(None))))
    assert len(people_of(run)) == ground.PUPILS
    assert not Draw.objects.exists()
    assert Project.objects.get().request.sample["why"] == WHY


@pytest.mark.parametrize(("count", "words"), [(0, "fewer than 10"), (9, "fewer than 10"), (10, "10 to 99"),
                                              (70, "10 to 99"), (9_000_000, "1,000,000 to 9,999,999")])  # fmt: skip
def test_bands(count: int, words: str) -> None:
    assert band(count) == words
