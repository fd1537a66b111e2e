"""Which uses read a person's value from a return: runs in the log whose data were that return, and whose population has
them.

A sealed case is not among them before its reveal, for anyone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from pyroaring import BitMap

from rollbook.records.models.log import LogSubmission
from rollbook.records.models.studies import Run
from rollbook.services.people.divided import Earlier
from rollbook.services.uses import populations


@dataclass(frozen=True, slots=True)
class UseOfReturn:
    """One run that had a value: the log's name for the use, the project and study, and when the data was opened."""

    did: str
    project: str
    study: str
    at: datetime


class UsesOfReturns:
    """Finds the uses of one person's facts. Populations are read once each, and only when needed."""

    def __init__(self, keys: Sequence[int], earlier: Sequence[Earlier] = ()) -> None:
        self._keys = BitMap(keys)
        self._earlier = earlier
        self._runs: dict[str, list[Run]] = {}
        self._inside: dict[int, bool] = {}

    def __call__(self, return_id: str, item: str) -> tuple[UseOfReturn, ...]:
        """The uses that had `item` of this person from this return, oldest first."""
        if return_id not in self._runs:
            # An entry that waits, or that the log refused, opened no data.
            logged = Run.objects.filter(returns__contains=[return_id], submission__state=LogSubmission.APPENDED)
            self._runs[return_id] = list(logged.select_related("study__project").order_by("started_at", "pk"))
        return tuple(
            UseOfReturn(run.did, run.study.project.reference, run.study.title, run.started_at or run.queued_at)
            for run in self._runs[return_id]
            if item in run.study.items and self._held_person(run)
        )

    def _held_person(self, run: Run) -> bool:
        if run.pk not in self._inside:
            people = populations.read(run.population_file, run.epoch)
            opened = run.started_at or run.queued_at
            self._inside[run.pk] = people.intersect(self._keys) or any(
                one.counts(people, opened) for one in self._earlier
            )
        return self._inside[run.pk]
