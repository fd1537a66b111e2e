"""A database put back from an old copy: noticed before anything is signed, and brought forward from a mirror."""

import shutil
from pathlib import Path

import pytest
from django.conf import settings
from typer.testing import CliRunner

from rollbook.cli import log as command
from rollbook.kernel.refusals import StateBroken, UseRefused, VerificationFailed
from rollbook.records.models.log import LogDocument, LogEntry, LogState, LogSubmission
from rollbook.services.log import folder as folder_module
from rollbook.services.log import genesis, reader, restoring, writer
from rollbook.services.log import state as rows
from rollbook.services.log.folder import LogFolder
from tests.integration.log import log_story as story
from tests.integration.log.test_log_survives_stops import StorageFailed, broken, quick_disk

__all__ = ["quick_disk"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def mirror(db: None, tmp_path: Path) -> Path:
    """A log of seven entries, its copy elsewhere, and a database put back to what it was at five."""
    folder = story.empty_log()
    genesis.found_log("A made-up authority")
    for number in range(2):
        story.submit_publication(number)
    writer.append_waiting()
    state = LogState.objects.get()
    for number in (2, 3):
        story.submit_publication(number)
    writer.append_waiting()
    shutil.copytree(folder.served, tmp_path / "mirror")
    put_back(state)
    return tmp_path / "mirror"


def put_back(state: LogState) -> None:
    """The rows of the log as they were, with everything later gone."""
    state.save()
    later = LogSubmission.objects.filter(index__gte=state.size)
    later.delete()
    LogEntry.objects.filter(index__gte=state.size).delete()
    LogDocument.objects.all().delete()
    writer.forget()


def lose_files(folder: LogFolder) -> None:
    shutil.rmtree(folder.served)


def test_nothing_is_signed_and_the_way_out_is_named(mirror: Path) -> None:
    story.submit_publication(9)
    with pytest.raises(StateBroken, match="rollbook log restore"):
        writer.append_waiting()


def test_the_entries_come_back_and_lost_deeds_are_listed(mirror: Path) -> None:
    with pytest.raises(StateBroken, match=r"PUB-2, PUB-3") as refused:
        restoring.restore(str(mirror), accept_loss=False)
    assert refused.value.reasons[0].code == "log-lost-deeds"
    assert rows.read_state().size == 5
    result = CliRunner().invoke(command.app, ["restore", str(mirror), "--accept-loss"])
    assert result.exit_code == 0, result.exception
    assert "5 entries were recorded here, now 7" in result.output
    assert "no deed in this database: PUB-3" in result.output
    after = story.submit_publication(9)
    assert writer.append_waiting() == 1
    assert reader.index_of(after) == 7
    assert [entry.id for entry in reader.entries()][5:] == ["PUB-2", "PUB-3", "PUB-9"]
    assert story.read_as_client().size == 8


def test_files_that_were_lost_too_come_back_with_their_documents(mirror: Path) -> None:
    folder = folder_module.log_folder(settings.ROLLBOOK)
    lose_files(folder)
    restoring.restore(str(mirror), accept_loss=True)
    served = {
        str(path.relative_to(folder.served)): path.read_bytes() for path in folder.served.rglob("*") if path.is_file()
    }
    copied = {str(path.relative_to(mirror)): path.read_bytes() for path in mirror.rglob("*") if path.is_file()}
    assert {path: served.get(path) for path in copied if not path.startswith("tile")} == {
        path: data for path, data in copied.items() if not path.startswith("tile")
    }
    assert LogDocument.objects.count() == len(list((mirror / "doc").iterdir()))
    assert story.read_as_client().size == 7


def test_a_deed_done_again_under_a_lost_id_is_not_taken_for_the_old_one(mirror: Path) -> None:
    same = story.submit_publication(2)
    other = story.submit_publication(3, title="Another notice")
    restoring.restore(str(mirror), accept_loss=True)
    assert reader.index_of(same) == 5
    with pytest.raises(UseRefused, match="other contents"):
        reader.index_of(other)


def test_a_copy_that_is_behind_is_refused(mirror: Path, tmp_path: Path) -> None:
    folder = folder_module.log_folder(settings.ROLLBOOK)
    restoring.restore(str(mirror), accept_loss=True)
    story.submit_publication(9)
    writer.append_waiting()
    state = LogState.objects.get()
    for source in (str(mirror), f"{mirror}/"):
        with pytest.raises(StateBroken, match="The copy has 7 entries, and this log has shown 8"):
            restoring.restore(source, accept_loss=True)
    assert LogState.objects.get().size == state.size
    assert folder.checkpoint() is not None


def test_a_copy_with_other_entries_is_refused(mirror: Path) -> None:
    LogState.objects.update(size=0, root="47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=")
    folder = folder_module.log_folder(settings.ROLLBOOK)
    lose_files(folder)
    LogSubmission.objects.all().delete()
    LogEntry.objects.all().delete()
    genesis.found_log("Another authority")
    writer.forget()
    writer.append_waiting()
    with pytest.raises(StateBroken, match="other entries than this log has shown") as refused:
        restoring.restore(str(mirror), accept_loss=True)
    assert refused.value.reasons[0].code == "log-copy-other"
    assert rows.read_state().size == 3


def test_a_changed_copy_is_refused(mirror: Path) -> None:
    file = mirror / "tile/entries/000.p/7"
    file.write_bytes(file.read_bytes().replace(b"Notice 3", b"Notice 4"))
    with pytest.raises(VerificationFailed):
        restoring.restore(str(mirror), accept_loss=True)
    assert rows.read_state().size == 5


@pytest.mark.parametrize("way", ["lost", "kept"])
@pytest.mark.parametrize("step", ["stage", "swap_state", "move", "publish"])
def test_a_restore_that_stops_is_repeated(step: str, way: str, mirror: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lose_files(folder_module.log_folder(settings.ROLLBOOK))
    owner = rows if step == "swap_state" else LogFolder
    with monkeypatch.context() as patched:
        patched.setattr(owner, step, broken(getattr(owner, step), way))
        with pytest.raises(StorageFailed):
            restoring.restore(str(mirror), accept_loss=True)
    restoring.restore(str(mirror), accept_loss=True)
    assert story.read_as_client().size == 7
    assert [entry.index for entry in reader.entries()] == list(range(7))
