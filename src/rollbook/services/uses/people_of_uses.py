"""The index of who was in which use, for this installation: where it lies, what it may read, when it is made.

Only uses whose entry stands in the public log are in it, as in the history itself; a sealed case has no row here and
its set a key that no process of the authority has. The job process makes segments, the web process only looks up.
"""

from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

from django.conf import settings

from rollbook.dataplane.store.history_index import Answer, HistoryIndex, Sources
from rollbook.dataplane.store.history_segment import UseOfPeople
from rollbook.records.models.log import LogSubmission
from rollbook.records.models.studies import Run
from rollbook.services.platform.keys import Keys, open_keys
from rollbook.services.uses import populations


def folder() -> Path:
    """Where the segments lie: beside the populations, to be made again from them at any time."""
    path: Path = settings.ROLLBOOK.data / "history"
    return path


def look_up(runs: Iterable[Run], person_keys: Sequence[int]) -> Answer:
    """In which of these uses, newest first, each of these persons was."""
    return _index().look_up({run.population_file: run.epoch for run in runs if run.population_file}, person_keys)


def compact() -> int:
    """Make segments of the uses that have none, 256 at a time; gives how many segments were made."""
    rows = Run.objects.filter(submission__state=LogSubmission.APPENDED).exclude(population_file="")
    named = rows.order_by("submission__index").values_list("population_file", "epoch")
    return _index().compact([UseOfPeople(*one) for one in named])


def _keys() -> Keys:
    return open_keys(settings.ROLLBOOK)


@cache
def _index() -> HistoryIndex:
    return HistoryIndex(
        folder(),
        Sources(
            cipher=lambda epochs, name: _keys().segment_cipher(epochs, name),
            dead=lambda: _keys().destroyed_epochs(),
            population=lambda use: populations.read_bytes(use.name, use.epoch),
        ),
    )
