"""The opening of a project's data, checked by who sees the rows: exactly the pupils of the set, one pseudonym each."""

import csv
from pathlib import Path

import pytest
from django.conf import settings
from typer.testing import CliRunner

from rollbook.cli import overseer as overseer_command
from rollbook.kernel.refusals import AccessDenied, StateBroken, UseRefused, VerificationFailed
from rollbook.records.models.control import Audit
from rollbook.records.models.identity import Identifier
from rollbook.records.models.studies import Run
from rollbook.services.log.trust import own_policy
from rollbook.services.outside.verify_release import verify
from rollbook.services.platform import clock
from rollbook.services.platform.people_zone import people_zone
from rollbook.services.uses import openings, populations, sets
from tests import run_ground as ground
from tests.people import OPERATOR, RESEARCHER, actor_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def runs(db: None, monkeypatch: pytest.MonkeyPatch) -> list[Run]:
    """Two runs of one project, months' keys and all."""
    ground.clean_folders()
    ground.pupils()
    study = ground.study(ground.project(ground.log_of_its_own(monkeypatch)))
    return [ground.executed(study) for _ in range(2)]


def handed(run: Run, folder: Path, key: Path) -> Path:
    """The package of a run's opening, as the overseer opened it."""
    package, opened = folder / f"{run.id}.sealed", folder / f"opening-{run.id}"
    assert openings.hand_opening(by=OPERATOR, run_id=run.id, to=package) == ground.PUPILS
    assert b"row_ref" not in package.read_bytes()
    words = ["open", str(package), "--key", str(key), "--to", str(opened)]
    assert CliRunner().invoke(overseer_command.app, words).exit_code == 0
    return opened


def pairs(opened: Path) -> dict[str, str]:
    with (opened / "pairs.csv").open() as file:
        return {row["ppid"]: row["row_ref"] for row in csv.DictReader(file)}


def rows(folder: Path, column: str, values: list[str]) -> Path:
    """A file of gathered rows: each value twice, as extracts hold several rows of one pupil."""
    path = folder / "rows.csv"
    path.write_text("\n".join([f"{column},sex", *(f"{value},F" for value in values * 2)]) + "\n")
    return path


def test_rows_and_set_are_the_same_pupils_and_what_would_not_verify_is_not_handed_over(
    runs: list[Run], tmp_path: Path, overseer_folder: Path
) -> None:
    opened = handed(runs[0], tmp_path, overseer_folder)
    (tmp_path / "policy").write_text(own_policy())
    known = pairs(opened)
    now = int(clock.now().timestamp())

    def check(path: Path) -> int:
        log = str(settings.ROLLBOOK.log)
        verdict = verify(files=path, proof=opened, policy=tmp_path / "policy", now=now, log=log)
        assert verdict.logged
        return verdict.pupils or 0

    ppids, refs = list(known), list(known.values())
    assert check(rows(tmp_path, "ppid", ppids)) == check(rows(tmp_path, "row_ref", refs)) == ground.PUPILS
    one_more = "0" * 64
    for column, values in (
        ("ppid", ppids[1:]), ("ppid", [*ppids, "0" * 32]), ("row_ref", refs[1:]), ("row_ref", [*refs, one_more]),
        ("row_ref", [*refs[1:], one_more]), ("row_ref", ["no reference"]), ("name", ppids),
    ):  # fmt: skip
        with pytest.raises(VerificationFailed, match=r"step [4-8] of 8"):
            check(rows(tmp_path, column, values))

    # A pupil keeps one pseudonym in a project, and never one reference.
    first, second = known, pairs(handed(runs[1], tmp_path, overseer_folder))
    assert first.keys() == second.keys()
    assert not set(first.values()) & set(second.values())

    # An identifier that changed since is found as it stood.
    with people_zone():
        row = Identifier.objects.filter(scheme="upn", standing="current").order_by("id")[0]
        Identifier.objects.filter(pk=row.pk).update(standing="former")
        Identifier.objects.create(person_id=row.person_id, scheme="uln", value="1234567890")
    files, pupils = openings.opening(runs[0].id)
    assert pupils == ground.PUPILS
    assert set(files) == {"entry.json", "receipt.tlog-proof", "manifest.json", "pairs.csv"}

    # What would not verify is never handed over.
    run, already = runs[0], Audit.objects.filter(deed="hand-opening").count()
    with pytest.raises(AccessDenied):
        openings.hand_opening(by=actor_of(RESEARCHER), run_id=run.id, to=tmp_path / "x")
    with pytest.raises(UseRefused):
        openings.hand_opening(by=OPERATOR, run_id=10**9, to=tmp_path / "x")
    less = populations.read(run.population_file, run.epoch)
    less.discard(less[0])
    Run.objects.filter(id=run.id).update(population_file=populations.keep(less, run.epoch))
    with pytest.raises(VerificationFailed):
        openings.hand_opening(by=OPERATOR, run_id=run.id, to=tmp_path / "x")
    (settings.ROLLBOOK.data / "sets" / f"{run.set_store}{sets.MANIFEST}").unlink()
    with pytest.raises(StateBroken):
        openings.hand_opening(by=OPERATOR, run_id=run.id, to=tmp_path / "x")
    assert not (tmp_path / "x").exists()
    assert Audit.objects.filter(deed="hand-opening").count() == already == 2
