"""A collection opens only when a notice and an assessment, published and current, cover every item of it."""

from datetime import UTC, date, datetime

import pytest

from rollbook.dataplane.census.catalogue import items_of
from rollbook.kernel.refusals import AccessDenied, InputRefused, UseRefused
from rollbook.records.models.collections import Collection, IntakeDay, Return
from rollbook.records.models.identity import NoticeGiven, Sighting
from rollbook.records.models.log import LogSubmission
from rollbook.services.collections.collections import (
    ToldCounts,
    log_intake,
    open_collection,
    register_school,
    told_counts,
)
from rollbook.services.platform import clock
from rollbook.services.platform.people_zone import people_zone
from rollbook.services.returns.ingest import ingest
from tests import census_ground as ground
from tests.people import CUSTODIAN, OPERATOR, actor_of

ITEMS = [item.id for item in items_of(ground.SPRING)]
TODAY, YESTERDAY = date(2025, 1, 20), date(2025, 1, 19)


@pytest.fixture(autouse=True)
def frozen(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    ground.empty_store()
    set_day(monkeypatch, TODAY)


def set_day(monkeypatch: pytest.MonkeyPatch, day: date, hour: int = 9) -> None:
    monkeypatch.setattr(clock, "now", lambda: datetime(day.year, day.month, day.day, hour, tzinfo=UTC))


def open_spring() -> None:
    open_collection(by=OPERATOR, code=ground.SPRING, notice="n-1", assessment="a-1")


def codes(refused: pytest.ExceptionInfo[UseRefused]) -> set[str]:
    return {reason.code for reason in refused.value.reasons}


def test_it_opens_with_every_item_of_the_profile() -> None:
    ground.a_paper("notice", "n-1", ITEMS)
    ground.a_paper("assessment", "a-1", ITEMS)
    open_spring()
    opened = Collection.objects.get()
    assert opened.items == ITEMS
    assert (opened.name, opened.reference_date) == ("Spring school census 2025", date(2025, 1, 16))


@pytest.mark.parametrize(
    ("code", "name", "day"),
    [
        ("eyc-spr-2025", "Early years census 2025", date(2025, 1, 16)),
        ("sc-aut-2023", "Autumn school census 2023", date(2023, 10, 5)),
        ("sc-sum-2027", "Summer school census 2027", date(2027, 5, 20)),
    ],
)
def test_each_collection_of_the_catalogue_opens_under_its_own_name(code: str, name: str, day: date) -> None:
    asked = [item.id for item in items_of(code)]
    ground.a_paper("notice", "n-1", asked)
    ground.a_paper("assessment", "a-1", asked)
    open_collection(by=OPERATOR, code=code, notice="n-1", assessment="a-1")
    opened = Collection.objects.get()
    assert (opened.items, opened.name, opened.reference_date) == (asked, name, day)


@pytest.mark.parametrize("kind", ["notice", "assessment"])
@pytest.mark.parametrize("missing", ["ethnicity", "surname", "attendance-reason"])
def test_one_item_left_out_of_either_paper_keeps_it_closed_and_is_named(kind: str, missing: str) -> None:
    for paper, reference in (("notice", "n-1"), ("assessment", "a-1")):
        ground.a_paper(paper, reference, [item for item in ITEMS if paper != kind or item != missing])
    with pytest.raises(UseRefused, match=missing) as refused:
        open_spring()
    assert codes(refused) == {f"{kind}-items"}
    assert not Collection.objects.exists()


@pytest.mark.parametrize("item", ITEMS)
def test_no_item_is_forgotten_by_the_check(item: str) -> None:
    ground.a_paper("notice", "n-1", [one for one in ITEMS if one != item])
    ground.a_paper("assessment", "a-1", ITEMS)
    with pytest.raises(UseRefused, match=item):
        open_spring()


@pytest.mark.parametrize(
    ("kind", "wrong", "code"),
    [
        ("notice", {"logged": False}, "notice-not-logged"),
        ("assessment", {"logged": False}, "assessment-not-logged"),
        ("notice", {"starts": date(2025, 1, 21)}, "notice-not-in-force"),
        ("assessment", {"starts": date(2025, 1, 21)}, "assessment-not-in-force"),
        ("assessment", {"review_by": date(2025, 1, 19)}, "assessment-overdue"),
        ("notice", {"review_by": date(2025, 1, 19)}, "notice-overdue"),
    ],
)
def test_a_paper_that_is_not_in_force_keeps_it_closed(kind: str, wrong: dict[str, object], code: str) -> None:
    for paper, reference in (("notice", "n-1"), ("assessment", "a-1")):
        ground.a_paper(paper, reference, ITEMS, **(wrong if paper == kind else {}))
    with pytest.raises(UseRefused) as refused:
        open_spring()
    assert codes(refused) == {code}


def test_papers_that_do_not_exist_keep_it_closed_and_both_are_named() -> None:
    with pytest.raises(UseRefused) as refused:
        open_spring()
    assert codes(refused) == {"notice-missing", "assessment-missing"}


def test_a_superseded_notice_keeps_it_closed() -> None:
    old = ground.a_paper("notice", "n-1", ITEMS)
    ground.a_paper("notice", "n-2", ITEMS, supersedes=old)
    ground.a_paper("assessment", "a-1", ITEMS)
    with pytest.raises(UseRefused) as refused:
        open_spring()
    assert codes(refused) == {"notice-not-in-force"}


def test_it_opens_once_and_for_a_known_profile_only() -> None:
    ground.open_spring()
    with pytest.raises(UseRefused, match="opened already"):
        open_collection(by=OPERATOR, code=ground.SPRING, notice="notice-spring", assessment="assessment-spring")
    with pytest.raises(InputRefused):
        open_collection(by=OPERATOR, code="sc-spr-1999", notice="notice-spring", assessment="assessment-spring")


def test_only_the_operator_opens_registers_and_logs() -> None:
    someone = actor_of(CUSTODIAN)
    with pytest.raises(AccessDenied):
        open_collection(by=someone, code=ground.SPRING, notice="n", assessment="a")
    with pytest.raises(AccessDenied):
        register_school(by=someone, laestab=ground.SCHOOL, name="School", phase="PS")
    with pytest.raises(AccessDenied):
        log_intake(by=someone, day=TODAY)


@pytest.mark.parametrize("laestab", ["", "201399", "20139999", "201399X", "²013999"])
def test_a_school_number_of_another_form_is_refused(laestab: str) -> None:
    with pytest.raises(InputRefused):
        register_school(by=OPERATOR, laestab=laestab, name="School", phase="PS")


@pytest.mark.parametrize(
    "wrong", [{"name": ""}, {"name": "x" * 201}, {"phase": "Primary"}, {"urn": "12345"}, {"urn": "12345x"}]
)
def test_a_school_of_another_form_is_refused_with_the_field(wrong: dict[str, str]) -> None:
    with pytest.raises(InputRefused) as refused:
        register_school(by=OPERATOR, **{"laestab": ground.SCHOOL, "name": "School", "phase": "PS", **wrong})
    assert [reason.code for reason in refused.value.reasons] == [
        f"school-{one}" if one == "name" else one for one in wrong
    ]


def send(*edits: str, **how: str) -> None:
    ingest(by=OPERATOR, data=ground.a_file(*edits, **how), name="return.xml")


def logged() -> list[dict[str, object]]:
    rows = IntakeDay.objects.order_by("pk").values_list("submission__entry", flat=True)
    return [{name: row[name] for name in ("day", "returns", "accepted", "refused")} for row in rows]


def test_a_days_returns_are_counted_in_one_entry() -> None:
    ground.open_spring()
    send()
    send("P2/PupilIdentifiers/UPN = B801200005002", school=ground.OTHER_SCHOOL)
    (number,) = log_intake(by=OPERATOR, day=TODAY)
    assert logged() == [{"day": "2025-01-20", "returns": 2, "accepted": 1, "refused": 1}]
    entry = LogSubmission.objects.get(pk=number).entry
    assert set(entry) == {"type", "id", "collection", "day", "returns", "accepted", "refused"}


def test_every_return_is_counted_once_also_one_that_came_after_the_entry(monkeypatch: pytest.MonkeyPatch) -> None:
    ground.open_spring()
    send()
    log_intake(by=OPERATOR, day=TODAY)
    send(serial="002")
    assert log_intake(by=OPERATOR, day=TODAY) == ()
    set_day(monkeypatch, date(2025, 1, 21))
    send(serial="003")
    log_intake(by=OPERATOR, day=date(2025, 1, 21))
    assert [row["returns"] for row in logged()] == [1, 2]
    assert not Return.objects.filter(intake=None).exists()


def test_a_day_without_returns_has_no_entry_and_a_day_to_come_is_refused() -> None:
    ground.open_spring()
    send()
    assert log_intake(by=OPERATOR, day=YESTERDAY) == ()
    with pytest.raises(InputRefused):
        log_intake(by=OPERATOR, day=date(2025, 1, 21))


def test_told_and_not_told_are_counted_over_the_current_returns() -> None:
    ground.open_spring()
    send()
    assert told_counts(ground.SPRING) == ToldCounts(told=0, not_told=4)
    notice = Collection.objects.get().notice
    with people_zone():
        people = Sighting.objects.order_by("pupil_no").values_list("person_id", flat=True)
        for person, how in ((people[0], "post"), (people[0], "school"), (people[1], "post")):
            NoticeGiven.objects.create(person_id=person, publication=notice, given_on=TODAY, how=how)
    assert told_counts(ground.SPRING) == ToldCounts(told=2, not_told=2)
    send(serial="002", upns=[ground.upn(number) for number in range(1, 5)])
    assert told_counts(ground.SPRING) == ToldCounts(told=0, not_told=4)


def test_another_notice_does_not_count_as_told() -> None:
    ground.open_spring()
    send()
    other = ground.a_paper("notice", "n-other", ITEMS)
    with people_zone():
        NoticeGiven.objects.create(
            person_id=Sighting.objects.all()[0].person_id, publication=other, given_on=TODAY, how="post"
        )
    assert told_counts(ground.SPRING).told == 0
