"""An explanation goes over to the next file exactly where rule, pupil and facts are the same, whatever else moved."""

from dataclasses import replace
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from rollbook.dataplane.census.catalogue import ITEMS
from rollbook.dataplane.census.formats.reading import read_any
from rollbook.dataplane.census.rules import RULES
from rollbook.dataplane.census.ruling import Severity
from rollbook.records.models.uploads import Query
from rollbook.services.platform.people_zone import people_zone
from rollbook.services.returns import query_facts, query_marks
from rollbook.services.returns.explaining import accept_explanation, explain
from rollbook.services.returns.explanation_desk import waiting_explanations
from rollbook.services.returns.query_facts import Asked
from rollbook.services.returns.query_marks import MarkMaker
from rollbook.services.returns.upload_pages import UploadPage, upload_page
from rollbook.services.returns.uploads import submit_upload
from tests import census_ground as census
from tests import school_ground as ground
from tests.people import CUSTODIAN, actor_of
from tests.school_ground import SECOND_WRONG_YEAR, WRONG_YEAR, YEAR_RULE

pytestmark = pytest.mark.django_db(transaction=True)
BOTH = (WRONG_YEAR, SECOND_WRONG_YEAR)


@pytest.fixture
def by() -> Any:
    return ground.open_school()


def explained(by: Any, *edits: str) -> str:
    handle = ground.send(by, census.a_file(*edits))
    explain(by=by, handle=handle, rule=YEAR_RULE, text="Moved up by agreement")
    return handle


def submitted(by: Any, *edits: str) -> None:
    submit_upload(by=by, handle=explained(by, *edits))
    ground.work()


def next_file(by: Any, data: bytes) -> UploadPage:
    return upload_page(by, ground.send(by, data))


def ended(page: UploadPage) -> list[tuple[str, str, int]]:
    return [(one.rule, one.why, one.count) for one in page.findings.ended]


def turned_round(data: bytes) -> bytes:
    """The same pupils in the other order, so that number and line of each change."""
    root = etree.fromstring(data)
    roll = root.find("Pupils/PupilsOnRoll")
    assert roll is not None
    roll[:] = list(roll)[::-1]
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True)


@pytest.mark.parametrize("before", [explained, submitted], ids=["from a file", "from a return"])
def test_order_and_serial_do_not_matter(by: Any, before: Any) -> None:
    before(by, *BOTH)
    page = next_file(by, turned_round(census.a_file(*BOTH, serial="002")))
    assert (page.findings.kept, ended(page), page.left) == (2, [], 0)


def test_a_value_that_has_nothing_to_do_with_it_does_not_matter(by: Any) -> None:
    submitted(by, *BOTH)
    page = next_file(by, census.a_file(*BOTH, "P1/PupilCharacteristics/Ethnicity = REFU", serial="002"))
    assert (page.findings.kept, ended(page)) == (2, [])


def test_a_changed_value_behind_it_ends_it(by: Any) -> None:
    submitted(by, *BOTH)
    page = next_file(by, census.a_file(ground.OTHER_WRONG_YEAR, SECOND_WRONG_YEAR, serial="002"))
    assert (page.findings.kept, page.left) == (1, 1)
    assert ended(page) == [(YEAR_RULE, "the facts behind it changed", 1)]


def test_a_pupil_who_is_gone_and_a_value_that_was_mended_are_told_apart(by: Any) -> None:
    submitted(by, *BOTH)
    page = next_file(by, census.a_file("- P1", serial="002"))
    assert page.findings.kept == 0
    assert ended(page) == [
        (YEAR_RULE, "the pupil is no longer in the file", 1),
        (YEAR_RULE, "this is no longer found", 1),
    ]


def test_another_pupil_in_the_same_place_with_the_same_values_has_no_explanation(by: Any) -> None:
    submitted(by, WRONG_YEAR)
    numbers = [census.upn(90), census.upn(91), census.upn(92), census.upn(93)]
    page = next_file(by, census.a_file(WRONG_YEAR, serial="002", upns=numbers))
    assert (page.findings.kept, page.left) == (0, 1)


def test_a_new_number_with_the_old_one_named_is_the_same_pupil(by: Any) -> None:
    submitted(by, WRONG_YEAR)
    former = f"+ P1/PupilIdentifiers <FormerUPN>{census.ADA}</FormerUPN>"
    page = next_file(by, census.a_file(WRONG_YEAR, former, serial="002", upns=[census.upn(90)]))
    assert (page.findings.kept, page.left) == (1, 0)


def test_a_rule_with_other_words_asks_anew(by: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    submitted(by, WRONG_YEAR)
    changed = replace(RULES[YEAR_RULE], mend="Check the year group, and say which agreement allows it.")
    monkeypatch.setattr(query_marks, "RULES", MappingProxyType({**RULES, YEAR_RULE: changed}))
    page = next_file(by, census.a_file(WRONG_YEAR, serial="002"))
    assert (page.findings.kept, ended(page)) == (0, [(YEAR_RULE, "the rule changed", 1)])


def test_what_the_data_team_accepted_stays_accepted_and_what_it_returned_stays_open(by: Any) -> None:
    from rollbook.services.returns.explaining import return_explanation

    custodian = actor_of(CUSTODIAN)
    submitted(by, WRONG_YEAR)
    (line,) = waiting_explanations(custodian)
    accept_explanation(by=custodian, handle=line.handle)
    page = next_file(by, census.a_file(WRONG_YEAR, serial="002"))
    assert (page.left, page.ready) == (0, True)
    submit_upload(by=by, handle=page.handle)
    ground.work()
    assert waiting_explanations(custodian) == ()
    return_explanation(by=custodian, handle=line.handle, words="Which agreement?")
    page = next_file(by, census.a_file(WRONG_YEAR, serial="003"))
    assert (page.left, page.queries[0].returned, page.ready) == (1, 1, False)


def test_marks_hold_no_value_and_differ_between_schools_and_collections(by: Any) -> None:
    explained(by, WRONG_YEAR)
    with people_zone():
        kept = str(list(Query.objects.values("subject", "facts", "rule_mark")))
    assert census.ADA not in kept
    keys = FakeKeys()
    parsed = read_any(census.a_file(WRONG_YEAR), "a.xml")
    asked = [Asked(YEAR_RULE, RULES[YEAR_RULE].message, 1, "nc-year")]
    marks = [
        MarkMaker(parsed, scope, keys, {}).marks(asked)[0]  # type: ignore[arg-type]
        for scope in (("2013999", "a"), ("2013998", "a"), ("2013999", "b"))
    ]
    assert len({one.subject for one in marks}) == len({one.facts for one in marks}) == 3


class FakeKeys:
    """Marks that are the texts themselves, to see what goes into them."""

    def marks(self, texts: Any) -> list[str]:
        return [text.decode() for text in texts]


def test_every_query_rule_names_the_values_it_looks_at() -> None:
    known = {word for item in ITEMS.values() for word in (item.id, item.element.rpartition("/")[2])}
    queries = [one for one in RULES.values() if one.severity is Severity.QUERY]
    assert queries
    for one in queries:
        assert one.fields, one.id
        assert {*one.fields} <= known | {*query_facts.OF_SCHOOL}, one.id


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(order=st.permutations([0, 1, 2]), lines=st.integers(0, 5), year=st.sampled_from(["9", "10", "-1"]))
def test_marks_depend_on_pupil_and_facts_alone(order: list[int], lines: int, year: str) -> None:
    def marks(data: bytes) -> dict[str, str]:
        parsed = read_any(data, "a.xml")
        asked = [Asked(YEAR_RULE, "Year", number, "nc-year") for number in (1, 2, 3)]
        made = MarkMaker(parsed, ("2013999", "sc-spr-2025"), FakeKeys(), {}).marks(asked)  # type: ignore[arg-type]
        return {one.subject: one.facts for one in made}

    first = census.a_file(WRONG_YEAR)
    root = etree.fromstring(census.a_file(f"P1/PupilStatus/NCyearActual = {year}", serial="7"))
    roll = root.find("Pupils/PupilsOnRoll")
    assert roll is not None
    pupils = list(roll)
    roll[:] = [pupils[place] for place in order]
    roll.text = "\n" * lines
    before, after = marks(first), marks(etree.tostring(root, encoding="UTF-8", xml_declaration=True))
    assert before.keys() == after.keys()
    changed = [who for who in before if before[who] != after[who]]
    assert len(changed) == (year != "9")
