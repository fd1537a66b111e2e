"""Two real data sets come in by the mappings the repository ships, and hold what the literature says they hold.

Published: the help pages of Exam and Chem97 (R package mlmRev); counts of scores, sexes and authorities of Chem97 as
printed with the models of Yang, Fielding and Goldstein; repeated numbers of Exam and the school count of Chem97 are
known defects.
"""

from collections import Counter
from typing import Any

import pyarrow.parquet as pq
import pytest
from django.conf import settings
from django.test import Client

from rollbook.dataplane.store.tables import files_of
from rollbook.kernel.refusals import AccessDenied, InputRefused, UseRefused
from rollbook.records.models.collections import Load
from rollbook.records.models.control import Audit
from rollbook.records.models.identity import Identifier, ListedPupil, Person, Sighting
from rollbook.records.models.log import LogSubmission
from rollbook.services.catalogue.dictionary import code_lines, dictionary, dictionary_page
from rollbook.services.collections.loading import load_file
from rollbook.services.platform.people_zone import people_zone
from rollbook.services.register.collections import collection
from rollbook.services.returns import returns
from tests import collection_ground as ground
from tests.census_ground import empty_store
from tests.people import CUSTODIAN, actor_of


@pytest.fixture(autouse=True)
def store(db: None) -> None:
    empty_store()


def column(table: str, name: str) -> list[Any]:
    """Every value of a column of a study table."""
    files = [one.path for one in files_of(settings.ROLLBOOK.study, table)]
    tables = [pq.read_table(path, columns=[name], partitioning=None) for path in files]
    return [value for one in tables for value in one[name].to_pylist()]


def test_exam_holds_its_published_totals_and_its_four_repeated_numbers() -> None:
    ground.opened(ground.mapping("exam"))
    receipt = ground.loaded(ground.mapping("exam"), ground.as_csv("exam"))
    assert (receipt.state, receipt.rows, receipt.pupils, receipt.new_pupils) == ("accepted", 4059, 4059, 4059)
    assert receipt.issues == ()
    assert {(one.name, one.published, one.found, one.standing) for one in receipt.totals} == {
        ("rows", 4059, 4059, "as published"),
        ("distinct school", 65, 65, "as published"),
        ("distinct school, student", 4059, 4055, "known defect"),
    }
    assert [(one.lines, one.standing) for one in receipt.repeated] == [
        ((2759, 2760), "known defect"), ((3228, 3229), "known defect"),
        ((3315, 3317), "known defect"), ((3350, 3352), "known defect"),
    ]  # fmt: skip
    assert all({"normexam", "standLRT"} <= {*one.differ} for one in receipt.repeated)
    # Two pupils of one number are two people all the same, and nobody of the register.
    assert len({*column("exam", "person_key")}) == 4059
    assert Counter(column("exam", "exam_verbal_reasoning")) == {"low": 640, "mid": 2263, "top": 1156}
    assert column("pupil", "sex").count("F") == 2436
    with people_zone():
        assert (Person.objects.count(), ListedPupil.objects.count()) == (4059, 4059)
        assert not Identifier.objects.exists()
        assert not Sighting.objects.exists()


def test_chem97_holds_its_published_totals_and_its_school_count_differs_as_known() -> None:
    ground.opened(ground.mapping("chem97"))
    receipt = ground.loaded(ground.mapping("chem97"), ground.as_parquet("chem97"), "chem97.parquet")
    assert (receipt.state, receipt.rows, receipt.pupils, receipt.issues) == ("accepted", 31022, 31022, ())
    assert receipt.repeated == ()
    totals = {one.name: (one.published, one.found, one.standing) for one in receipt.totals}
    assert totals["distinct school"] == (2280, 2410, "known defect")
    assert totals["distinct lea"] == (131, 131, "as published")
    assert round(totals["mean score"][1], 4) == 5.8126
    points = Counter(column("chem", "chem_points"))
    assert points == {0: 3688, 2: 3627, 4: 4619, 6: 5739, 8: 6668, 10: 6681}
    assert Counter(column("pupil", "sex")) == {"M": 17262, "F": 13760}
    text = receipt.text()
    assert "distinct school: 2,280, 2,410: known defect. The help page says 2,280 schools" in text


def test_csv_and_parquet_of_the_same_data_become_the_same_rows() -> None:
    ground.opened(ground.mapping("exam"))
    ground.loaded(ground.mapping("exam"), ground.as_csv("exam"))
    first = Load.objects.get()
    again = ground.loaded(ground.mapping("exam"), ground.as_parquet("exam"), "exam.parquet")
    # The same pupils keep their keys, for life.
    assert (again.new_pupils, again.supersedes) == (0, str(first.pk))
    rows = list(zip(*(column("exam", name) for name in ("person_key", "exam_score", "exam_intake_band")), strict=True))
    assert set(Counter(rows).values()) == {2}


def test_the_same_file_again_is_refused_and_a_corrected_one_replaces_it() -> None:
    made = ground.opened(ground.mapping("exam"))
    data = ground.as_csv("exam")
    ground.loaded(ground.mapping("exam"), data)
    with pytest.raises(InputRefused) as refused:
        ground.loaded(ground.mapping("exam"), data)
    assert [one.code for one in refused.value.reasons] == ["already-received"]
    assert len(column("exam", "line")) == 4059

    corrected = data.replace(b"1,1,0.2613242,", b"1,1,0.2613243,", 1)
    assert corrected != data
    ground.loaded(ground.mapping("exam"), corrected)
    assert [one.state for one in Load.objects.order_by("received_at", "supersedes")] == ["superseded", "accepted"]
    (current,) = returns.current_return_ids([made.code])
    assert current == str(Load.objects.get(state=Load.ACCEPTED).pk)
    assert len(returns.people_in([current])) == 4059


def test_a_file_with_anything_the_mapping_does_not_expect_is_refused_whole_and_remembered() -> None:
    ground.opened(ground.mapping("exam"))
    data = ground.as_csv("exam").replace(b",mixed,", b",boarding,", 1).replace(b"\n3,1,-1.7", b"\n3,1,x-1.7", 1)
    lines = data.split(b"\n")
    lines[10] = lines[11]
    receipt = ground.loaded(ground.mapping("exam"), b"\n".join(lines))
    assert receipt.state == "refused"
    found = {(one.code, one.field, one.line) for one in receipt.issues}
    assert {("value", "schgend", 2), ("value", "normexam", 4), ("key-repeated", "school, student", 11)} <= found
    (same,) = [one for one in receipt.repeated if one.lines == (11, 12)]
    # Only the number that the package gave to the row is another, and that is dropped.
    assert (same.differ, same.standing) == ((), "differs")
    assert not (settings.ROLLBOOK.study / "exam").exists()
    row = Load.objects.get()
    assert (row.state, row.report["rows"]) == ("refused", 4059)
    assert "boarding" not in str(row.report)
    assert Audit.objects.filter(deed="refuse-load").count() == 1
    with people_zone():
        assert not Person.objects.exists()


def test_a_defect_that_is_gone_is_told_and_a_total_that_moved_refuses() -> None:
    ground.opened(ground.mapping("exam"))
    lines = ground.as_csv("exam").split(b"\n")
    assert lines[2759].endswith(b",86")
    lines[2759] = lines[2759].removesuffix(b"86") + b"991"
    receipt = ground.loaded(ground.mapping("exam"), b"\n".join(lines))
    assert {one.code: one.refuses for one in receipt.issues} == {"key-mended": False, "total": True}
    # Four repeated numbers are published as a defect of 4,055: three are another file, and somebody has to look.
    assert receipt.state == "refused"


def test_nothing_is_loaded_before_families_can_read_of_it() -> None:
    ground.defined(ground.mapping("exam"))
    with pytest.raises(UseRefused, match="not open"):
        ground.loaded(ground.mapping("exam"), ground.as_csv("exam"))


def test_only_the_mapping_that_was_defined_loads_and_only_by_the_operator() -> None:
    ground.opened(ground.mapping("exam"))
    other = ground.mapping("exam").replace(b"value = 65", b"value = 66")
    with pytest.raises(UseRefused, match="not defined"):
        ground.loaded(other, ground.as_csv("exam"))
    with pytest.raises(AccessDenied):
        load_file(by=actor_of(CUSTODIAN), mapping=other, mapping_name="m", data=b"", name="d")
    ground.defined(other)
    receipt = ground.loaded(other, ground.as_csv("exam"))
    assert [(one.code, one.field) for one in receipt.issues if one.refuses] == [("total", "distinct school")]


def test_what_families_were_told_cannot_be_changed_once_it_is_open() -> None:
    ground.opened(ground.mapping("exam"))
    for change in ((b'risk = "3E"', b'risk = "5E"'), (b'by = "opaque"', b'by = "none"')):
        with pytest.raises((UseRefused, InputRefused)):
            ground.defined(ground.mapping("exam").replace(*change, 1))


def test_its_items_stand_in_the_dictionary_and_the_collection_in_the_register() -> None:
    ground.opened(ground.mapping("exam"))
    ground.loaded(ground.mapping("exam"), ground.as_csv("exam"))
    assert {"exam-score", "sex"} <= {one.code for one in dictionary()}
    page = dictionary_page("exam-school-gender")
    assert page is not None
    assert "notice-exam-london" in page.notices
    assert "exam-score" in {one.code for one in dictionary("exam-london")}
    assert (page.line.group, page.line.risk) == ("Examination results in inner London", "5E")
    line = collection("exam-london")
    assert line is not None
    assert (line.accepted, line.refused) == (1, 0)
    assert "exam-school-gender" in line.items
    entry = LogSubmission.objects.get(entry_id="intake-exam-london-load-1").entry
    assert (entry["returns"], entry["accepted"], entry["refused"]) == (1, 1, 0)


def test_the_page_of_the_collection_says_what_the_file_held_and_that_nobody_can_find_themselves() -> None:
    ground.opened(ground.mapping("exam"))
    address = "/register/collections/exam-london/"
    before = Client().get(address).content.decode()
    assert "What the file held" not in before
    ground.loaded(ground.mapping("exam"), ground.as_csv("exam"))
    page = " ".join(Client().get(address).content.decode().split())
    assert "4,059 rows of 4,059 pupils" in page
    assert "distinct school, student" in page
    assert "4,055" in page
    assert "known defect. The help page calls it a student id within the school" in page
    assert "Keys that stand on several rows: 4" in page
    assert "names nobody: nobody can look themselves up" in page
    # Lines of the file are for whoever loads it.
    assert "2759" not in page
    line = collection("exam-london")
    assert line is not None
    assert (line.told, line.not_told, line.unnamed) == (0, 0, 4059)


def test_the_dictionary_has_the_codes_and_words_of_an_item_that_was_loaded() -> None:
    ground.opened(ground.mapping("exam"))
    page = dictionary_page("exam-verbal-reasoning")
    assert page is not None
    assert page.codes == (("low", "Lowest quarter"), ("mid", "Middle half"), ("top", "Highest quarter"))
    assert "schools must send it" not in page.refusal
    assert "impact assessment of its collection" in page.line.law
    lines = [(one.code, one.label) for one in code_lines() if one.item == "exam-school-type"]
    assert lines == [("mixed", "Mixed"), ("single", "Single-sex")]
    shown = Client().get("/dictionary/exam-verbal-reasoning/").content.decode()
    assert "Lowest quarter" in shown
    assert Client().get("/dictionary/?collection=exam-london").status_code == 200
