"""`rollbook ingest`, `recover`, `collection`, `school`: what an operator sees, run as the job role."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from typer.testing import CliRunner, Result

from rollbook.cli import ingest
from rollbook.dataplane.census.catalogue import items_of
from rollbook.dataplane.store.reading import people_in
from rollbook.kernel.refusals import InputRefused
from rollbook.records.models.accounts import School
from rollbook.records.models.collections import Collection, IntakeDay
from rollbook.services.platform import clock
from rollbook.services.work import tasks
from tests import census_ground as ground
from tests.unit.store.rows import put, return_id

OTHERS = [ground.upn(number) for number in range(1, 5)]


@pytest.fixture(autouse=True)
def opened(transactional_db: None) -> None:
    ground.empty_store()
    ground.open_spring()


def rollbook(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "rollbook.cli.main", *arguments]
    return subprocess.run(command, env=dict(os.environ), capture_output=True, text=True, check=False)


def files(folder: Path, **contents: bytes) -> list[str]:
    for name, data in contents.items():
        (folder / f"{name}.xml").write_bytes(data)
    return [str(folder / f"{name}.xml") for name in contents]


def test_receipts_for_good_files_and_for_bad_ones_which_do_not_stop_the_others(tmp_path: Path) -> None:
    broken = ground.a_file("P2/PupilIdentifiers/UPN = B801200005002", school=ground.OTHER_SCHOOL)
    given = files(tmp_path, torn=b"<Message>", broken=broken, good=ground.a_file())
    done = rollbook("ingest", "--json", *given, str(tmp_path / "missing.xml"))
    assert done.returncode == 3, done.stderr
    torn, refused, good, missing = map(json.loads, done.stdout.splitlines())
    assert torn["reasons"][0]["mend"]
    assert [one["rule"] for one in refused["errors"]] == ["PT-015"]
    assert (good["file"], good["state"], good["on_roll"]) == ("good.xml", "accepted", 3)
    assert missing["reasons"][0]["code"] == "file"
    assert "B801200005002" not in done.stdout + done.stderr


def here(*arguments: str) -> Result:
    return CliRunner().invoke(ingest.app, list(arguments))


def test_in_plain_words_with_exit_0_when_all_were_accepted(tmp_path: Path) -> None:
    given = files(tmp_path, good=ground.a_file(), other=ground.a_file(school=ground.OTHER_SCHOOL, upns=OTHERS))
    done = here(*given)
    assert done.exit_code == 0, done.output
    assert done.output.count(": accepted.") == 2
    again = here(*given)
    assert again.exit_code == 3
    assert again.output.count("already received") == 2


def test_a_start_undoes_what_a_killed_process_left(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    here(*files(tmp_path, good=ground.a_file()))
    ingest.recover()
    assert "Nothing" in capsys.readouterr().out
    put(settings.ROLLBOOK.study, 99, [5, 6])
    ingest.recover()
    assert capsys.readouterr().out.startswith("2 rows")
    put(settings.ROLLBOOK.study, 98, [5, 6])
    here(*files(tmp_path, good=ground.a_file(serial="002")))
    assert not people_in(settings.ROLLBOOK.study, [return_id(98)])


def test_the_job_process_undoes_it_too_when_it_starts() -> None:
    put(settings.ROLLBOOK.study, 99, [5, 6])
    tasks.finish_what_was_left()
    assert not people_in(settings.ROLLBOOK.study, [return_id(99)])


def test_a_collection_is_opened_a_school_registered_and_a_day_counted(tmp_path: Path) -> None:
    items = [item.id for item in items_of("sc-sum-2025")]
    ground.a_paper("notice", "n-2", items[1:])
    ground.a_paper("notice", "n-3", items)
    ground.a_paper("assessment", "a-2", items)
    here(*files(tmp_path, good=ground.a_file()))
    refused = rollbook("collection", "open", "sc-sum-2025", "--notice", "n-2", "--assessment", "a-2")
    assert refused.returncode == 4
    assert items[0] in refused.stderr
    opened = rollbook("collection", "open", "sc-sum-2025", "--notice", "n-3", "--assessment", "a-2")
    assert opened.returncode == 0, opened.stderr
    assert Collection.objects.filter(code="sc-sum-2025").exists()
    assert rollbook("school", "2013997", "New School", "--phase", "SS").returncode == 0
    assert School.objects.get(laestab="2013997").phase == "SS"
    assert rollbook("collection", "log-intake", f"{clock.today()}").returncode == 0
    assert IntakeDay.objects.count() == 1


def test_a_day_that_is_none_is_refused() -> None:
    with pytest.raises(InputRefused):
        ingest.log_intake("yesterday")


@pytest.mark.parametrize("command", ["ingest", "collection", "account", "log"])
def test_help_is_there_before_set_up(command: str, tmp_path: Path) -> None:
    own = {name: text for name, text in os.environ.items() if not name.startswith(("ROLLBOOK_", "DJANGO_"))}
    own |= {"ROLLBOOK_KEYS": str(tmp_path / "keys"), "ROLLBOOK_DATA": str(tmp_path / "data")}
    line = [sys.executable, "-m", "rollbook.cli.main", command, "--help"]
    done = subprocess.run(line, env=own, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "Usage" in done.stdout
