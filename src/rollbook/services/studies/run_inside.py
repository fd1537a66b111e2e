"""What happens while a project's data is open: the extract is written, the sandbox runs on it, the platform counts.

The extract lies in a room of its own under a random name and is removed whatever happens; one that a dead process
left is removed at the next start. The study hands over one stream of bytes, which is read as an enemy's.
"""

import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pyarrow.parquet as pq
from django.conf import settings
from pyroaring import BitMap

from rollbook.dataplane.runs.by_hand import HandedOver, hand_over
from rollbook.dataplane.runs.counted import Counted, count
from rollbook.dataplane.runs.hostile import read_person_table
from rollbook.dataplane.runs.limits import Limits
from rollbook.dataplane.runs.sandbox import run_study
from rollbook.dataplane.runs.study import Study as StudyFiles
from rollbook.dataplane.store.extract import extract
from rollbook.records.models.studies import Run
from rollbook.sdc.rules import SdcParameters
from rollbook.services.catalogue.mapped_items import loaded_items
from rollbook.services.people.divided import moves
from rollbook.services.platform.keys import open_keys
from rollbook.services.platform.one_person import roots


@dataclass(frozen=True, slots=True)
class _Handed:
    """What a study handed over, unread, with the people it was about: `allowed` are their pseudonyms."""

    study: StudyFiles
    stream: bytes
    allowed: set[str]


def tables_of(run: Run, people: BitMap) -> tuple[Counted, ...]:
    """The tables of a run over exactly `people`, with what the disclosure rules say of each and who is in which cell.

    Raises:
        InputRefused, LimitBreached, SetupFailed: the study or its table; no word of the study's own is in the reasons.
    """
    return _count(_handed(run, people), people, _keyed(run))


def file_of(run: Run, people: BitMap) -> HandedOver:
    """The file that a study handed over by exception, in its one form, with its warnings. Nobody is counted in it.

    Raises:
        InputRefused, LimitBreached, SetupFailed: as above.
    """
    given = _handed(run, people)
    return hand_over(given.stream, given.study, given.allowed)


def clear(run_id: int) -> None:
    """Remove the extract that a dead process left of a run."""
    for folder in _rooms().glob(f"run-{run_id}-*"):
        shutil.rmtree(folder)


def _handed(run: Run, people: BitMap) -> _Handed:
    study = StudyFiles.from_files({path: text.encode() for path, text in run.study.files.items()})
    above, keyed, room = roots(), _keyed(run), _room(run.id)

    def pseudonyms(keys: Sequence[int]) -> list[bytes]:
        # A person with two keys is one person to the study too.
        return keyed([above.get(key, key) for key in keys])

    folder = room / "extract"
    try:
        extract(
            settings.ROLLBOOK.study,
            items=study.items,
            return_ids=run.returns,
            people=people,
            pseudonyms=pseudonyms,
            out=folder,
            loaded=loaded_items(),
            moved=moves(),
        )
        ppids = pq.read_table(folder / "pupil.parquet", columns=["ppid"])["ppid"].to_pylist()
        return _Handed(study, run_study(study, folder, Limits()), {str(ppid) for ppid in ppids})
    finally:
        shutil.rmtree(room, ignore_errors=True)


def _keyed(run: Run) -> Callable[[Sequence[int]], list[bytes]]:
    return partial(open_keys(settings.ROLLBOOK).pseudonymise, run.study.project.reference)


def _count(given: _Handed, people: BitMap, keyed: Callable[[Sequence[int]], list[bytes]]) -> tuple[Counted, ...]:
    above = roots()
    rows = read_person_table(given.stream, given.study, given.allowed)
    whole = [above.get(key, key) for key in people]
    names = keyed(whole)
    return tuple(count(rows, declared, whole, lambda _: names, SdcParameters()) for declared in given.study.tables)


def _rooms() -> Path:
    rooms: Path = settings.ROLLBOOK.scratch / "extracts"
    rooms.mkdir(mode=0o700, parents=True, exist_ok=True)
    return rooms


def _room(run_id: int) -> Path:
    # The number lets recovery find what this run left, what the engine spilled beside the extract included; the random
    # part keeps a name from being used twice.
    room = Path(tempfile.mkdtemp(prefix=f"run-{run_id}-", dir=_rooms()))
    (room / "extract").mkdir(mode=0o700)
    return room
