"""One child is one child through a year: in every term, school, authority, process and format."""

import csv
from collections import defaultdict
from pathlib import Path

import pytest

from rollbook.dataplane.census.formats.reading import read_any
from rollbook.dataplane.census.parsed import ParsedReturn
from rollbook.dataplane.census.ruling import Severity
from rollbook.kernel.refusals import InputRefused
from rollbook.services.outside.check import check_files
from rollbook.services.outside.generate import FORMATS, Generated, generate_returns

TERMS = ("spr-2025", "sum-2025", "aut-2025")
Sightings = dict[str, list[dict[str, str]]]


@pytest.fixture(scope="module")
def nation(tmp_path_factory: pytest.TempPathFactory) -> Generated:
    out = tmp_path_factory.mktemp("nation")
    return generate_returns(
        pupils=3_600, schools=24, out=out, terms=TERMS, formats=("xml", "eyc-xml"), seed=9, authorities=3
    )


@pytest.fixture(scope="module")
def people(nation: Generated) -> Sightings:
    seen: Sightings = defaultdict(list)
    with nation.people.open() as file:
        for row in csv.DictReader(file):
            seen[row["person"]].append(row)
    return seen


def test_every_record_of_every_file_is_somebody(nation: Generated, people: Sightings) -> None:
    assert len({one.laestab[:3] for one in nation.files}) == 3
    assert sum(map(len, people.values())) == sum(one.on_roll + one.leavers for one in nation.files)


def test_the_truth_names_the_pupil_of_its_line(nation: Generated, people: Sightings) -> None:
    out = nation.people.parent
    by_file: dict[str, list[dict[str, str]]] = defaultdict(list)
    for rows in people.values():
        for row in rows:
            by_file[row["file"]].append(row)
    for path in sorted(by_file)[::7]:
        parsed = read_any((out / path).read_bytes(), path)
        identity = parsed.tables["identity"].to_pylist()
        rows = sorted(by_file[path], key=lambda row: int(row["pupil_no"]))
        assert [(str(one["line"]), one["upn"] or "") for one in identity] == [(row["line"], row["upn"]) for row in rows]


def test_the_files_of_a_clean_nation_have_no_error(nation: Generated) -> None:
    for term in TERMS:
        report = check_files([one.path for one in nation.files if term in one.path.name and "eyc" not in one.path.name])
        assert [issue for file in report.files for issue in file.issues] == []
        assert report.ok
    early = check_files([one.path for one in nation.files if "eyc" in one.path.name])
    assert len(early.files) == 3
    assert [issue for file in early.files for issue in file.issues if issue.severity == Severity.ERROR] == []


def test_nobody_is_on_two_rolls_unless_registered_twice(people: Sightings) -> None:
    for rows in people.values():
        for term in TERMS:
            rolls = sorted(row["roll"] for row in rows if row["term"] == term and row["roll"] != "left")
            assert rolls in ([], ["C"], ["M"], ["M", "S"], ["setting"])


def test_upns_belong_to_one_person_each(people: Sightings) -> None:
    owners: dict[str, set[str]] = defaultdict(set)
    for person, rows in people.items():
        for row in rows:
            if row["upn"]:
                owners[row["upn"]].add(person)
    assert all(len(who) == 1 for who in owners.values())


def test_people_move_between_schools_authorities_and_phases(people: Sightings) -> None:
    authorities = changed = settled = started = 0
    for rows in people.values():
        schools = [row["file"].rpartition("/")[2][:7] for row in rows if row["roll"] in "CM"]
        authorities += len({school[:3] for school in schools}) > 1
        changed += len({school[3] for school in schools} & {"3", "4"}) == 2  # primary to secondary
        settled += len(schools) == 3 and len(set(schools)) == 1
        started += {"setting", "C"} <= {row["roll"] for row in rows}
    assert authorities > 5
    assert changed > 60
    assert settled > 2_000
    assert started > 20


def test_temporary_numbers_and_new_names_follow_the_person(people: Sightings) -> None:
    replaced = [rows for rows in people.values() if any("upn-replaced" in row["marks"] for row in rows[1:])]
    assert any(
        {row["upn"][-1].isalpha() for row in rows if row["roll"] != "left"} == {True, False} for rows in replaced
    )
    marks = {mark for rows in people.values() for row in rows for mark in row["marks"].split()}
    assert {"moved", "moved-authority", "next-phase", "left", "arrived", "renamed", "new-home", "dual"} <= marks


def test_the_files_do_not_depend_on_the_number_of_processes(tmp_path: Path) -> None:
    made = []
    for jobs in (1, 2):
        out = tmp_path / str(jobs)
        generate_returns(pupils=600, schools=9, out=out, jobs=jobs, formats=("xml", "eyc-csv"), authorities=3)
        made.append({path.name: path.read_bytes() for path in out.rglob("*") if path.is_file()})
    assert len(made[0]) > 2
    assert made[0] == made[1]


@pytest.mark.parametrize("jobs", [0, 1_000])
def test_a_senseless_number_of_processes_is_refused(jobs: int, tmp_path: Path) -> None:
    with pytest.raises(InputRefused):
        generate_returns(pupils=60, schools=1, out=tmp_path, jobs=jobs)


def tables(parsed: ParsedReturn) -> dict[str, list[str]]:
    """Rows without their lines; a form may write the rows of leavers before those of pupils on roll."""
    rows = {name: table.drop_columns(["line"]).to_pylist() for name, table in parsed.tables.items()}
    return {name: sorted(map(str, some)) for name, some in rows.items()}


@pytest.fixture(scope="module", params=("aut-2023", "spr-2024", "sum-2025", "aut-2025", "spr-2026"))
def forms(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[ParsedReturn]]:
    out = tmp_path_factory.mktemp("forms")
    made = generate_returns(pupils=300, schools=4, out=out, terms=(request.param,), formats=FORMATS, seed=2)
    read: dict[str, list[ParsedReturn]] = defaultdict(list)
    for file in made.files:
        read[file.path.parent.name].append(read_any(file.path.read_bytes(), file.path.name))
    assert all(len(read[form]) == 4 for form in ("xml", "flat", "ctf", "oneroster"))
    return read


def test_flat_tables_say_what_the_xml_says(forms: dict[str, list[ParsedReturn]]) -> None:
    for xml, flat in zip(forms["xml"], forms["flat"], strict=True):
        assert tables(xml) == tables(flat)
        assert (xml.header.collection_code, xml.header.laestab) == (flat.header.collection_code, flat.header.laestab)


@pytest.mark.parametrize("form", ["ctf", "oneroster"])
def test_other_forms_say_the_same_of_each_pupil(form: str, forms: dict[str, list[ParsedReturn]]) -> None:
    same = ("upn", "surname", "forename", "middle_names", "sex", "dob")
    extra = ("former_upn", "former_surname", "uln") if form == "ctf" else ()
    for xml, other in zip(forms["xml"], forms[form], strict=True):
        count = other.tables["identity"].num_rows
        assert count == sum(xml.tables["pupil"]["on_roll"].to_pylist())
        for column in (*same, *extra):
            assert xml.tables["identity"][column].to_pylist()[:count] == other.tables["identity"][column].to_pylist()
        assert other.discards == ()


def test_early_years_csv_says_what_the_xml_says(forms: dict[str, list[ParsedReturn]]) -> None:
    assert bool(forms["eyc-xml"]) == bool(forms["eyc-csv"]) == (forms["xml"][0].header.term == "SPR")
    for xml, sheet in zip(forms["eyc-xml"], forms["eyc-csv"], strict=True):
        assert tables(xml) == tables(sheet)
        assert xml.pupils > 10
