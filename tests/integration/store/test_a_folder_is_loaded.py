"""A folder of returns ends as the same files sent one by one do; stopped at any moment, it goes on where it stood."""

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest

from rollbook.kernel.refusals import InputRefused
from rollbook.records.models.collections import Return
from rollbook.records.models.identity import Identifier, Person, Sighting
from rollbook.services.platform.clock import now
from rollbook.services.platform.people_zone import people_zone
from rollbook.services.returns import ingest, load
from rollbook.services.returns.identity_copy import as_csv
from rollbook.services.returns.prepared import read_and_prepare
from rollbook.services.returns.receipts import Receipt
from tests import census_ground as ground
from tests.people import OPERATOR

OTHERS = [ground.upn(number) for number in range(1, 5)]
BROKEN = ground.a_file("P2/PupilIdentifiers/UPN = B801200005002", school=ground.OTHER_SCHOOL, serial="009")


@pytest.fixture(autouse=True)
def opened(transactional_db: None) -> None:
    ground.empty_store()
    ground.open_spring()


def a_folder(folder: Path) -> Path:
    contents = {
        "a": ground.a_file(),
        "b": ground.a_file(school=ground.OTHER_SCHOOL, upns=OTHERS),
        "c": ground.a_file(serial="002"),
        "d": BROKEN,
        "e": b"<Message>",
    }
    for name, data in contents.items():
        (folder / f"{name}.xml").write_bytes(data)
    return folder


def states(folder: Path) -> list[str]:
    files = load.files_of(folder)
    with load.readers() as pool:
        return [_state(one) for _, one, _ in load.load(by=OPERATOR, files=files, pool=pool)]


def _state(outcome: object) -> str:
    return outcome.state if isinstance(outcome, Receipt) else "unread" if outcome else "before"


def stored() -> tuple[int, int, int, list[str]]:
    with people_zone():
        counts = Person.objects.count(), Identifier.objects.count(), Sighting.objects.count()
    return *counts, sorted(Return.objects.values_list("state", flat=True))


def test_each_has_its_outcome_and_a_second_load_only_what_was_not_received(tmp_path: Path) -> None:
    folder = a_folder(tmp_path)
    assert states(folder) == ["accepted", "accepted", "accepted", "refused", "unread"]
    assert stored() == (8, 8, 12, ["accepted", "accepted", "refused", "superseded"])
    assert states(folder) == ["before", "before", "before", "refused", "unread"]


def test_a_load_that_stopped_goes_on_where_it_stood(tmp_path: Path) -> None:
    folder = a_folder(tmp_path)
    ingest.ingest_file(by=OPERATOR, path=folder / "a.xml")
    ingest.recover()
    assert states(folder)[:3] == ["before", "accepted", "accepted"]
    assert stored()[:3] == (8, 8, 12)


def test_a_batch_ends_as_the_files_one_by_one_do() -> None:
    shared = ground.a_file(
        "P1/PupilStatus/EnrolStatus = S", school=ground.OTHER_SCHOOL, upns=[ground.ADA, *OTHERS[:3]], serial="001"
    )
    first = ground.a_file("P1/PupilStatus/EnrolStatus = M")
    batch = [
        read_and_prepare(data, "return.xml", now()) for data in (first, shared, first, ground.a_file(serial="005"))
    ]
    one, two, again, last = ingest.take_in(by=OPERATOR, batch=batch)
    assert isinstance(one, Receipt)
    assert isinstance(two, Receipt)
    assert isinstance(last, Receipt)
    assert isinstance(again, InputRefused)
    assert (one.state, two.state, last.supersedes) == ("accepted", "accepted", one.return_id)
    with people_zone():
        assert Sighting.objects.filter(upn=ground.ADA).values("person_id").distinct().count() == 1


def test_a_pupil_on_two_rolls_as_only_school_refuses_the_later_of_a_batch() -> None:
    theirs = ground.a_file(school=ground.OTHER_SCHOOL, upns=[ground.ADA, *OTHERS[:3]])
    batch = [read_and_prepare(data, "return.xml", now()) for data in (ground.a_file(), theirs)]
    one, two = ingest.take_in(by=OPERATOR, batch=batch)
    assert isinstance(one, Receipt)
    assert isinstance(two, Receipt)
    assert [issue.rule for issue in two.errors] == ["PT-016"]


def test_the_command_takes_a_folder_and_prints_what_is_wrong(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "rollbook.cli.main", "ingest", "--json", str(a_folder(tmp_path))]
    done = subprocess.run(command, env=dict(os.environ), capture_output=True, text=True, check=False)
    assert done.returncode == 3, done.stderr
    assert [json.loads(line)["file"] for line in done.stdout.splitlines()] == [f"{name}.xml" for name in "abcde"]
    assert "5 returns, 16 pupils: 3 accepted, 2 refused, 0 left out by a fault" in done.stderr


def test_rows_for_copy_hold_every_value_and_nothing_else() -> None:
    texts = ['O"Sample', "", None, "Zoë, Ann", "two\nlines", "\\."] * 500
    table = pa.table({"number": pa.array(range(len(texts)), pa.int64()), "text": pa.array(texts, pa.string())})
    written = as_csv(pa.concat_tables([table.slice(0, 0), table, table.slice(0, 0), table.slice(0, 1)]))
    rows = list(csv.reader(io.StringIO(written.decode(), newline="")))
    assert rows == [[f"{n}", text or ""] for n, text in [*enumerate(texts), (0, texts[0])]]
    assert written.splitlines()[1:3] == [b'1,""', b"2,"]
