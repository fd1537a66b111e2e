"""Every use of every record, and whether this person's was in it. Uses of all pupils are in the list like any other.

A use is listed once its entry stands in the public log. Sealed cases are counted, with the day each must be told, alike
for everyone: nobody can read here whether one is about them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from pyroaring import BitMap

from rollbook.dataplane.store.history_index import Answer
from rollbook.policy.powers import POWERS
from rollbook.policy.purposes import PURPOSES, PurposeKind
from rollbook.policy.revoking import GROUNDS
from rollbook.records.models.log import LogSubmission
from rollbook.records.models.studies import Output, Run
from rollbook.services.accounts.access import allowed
from rollbook.services.log import reader
from rollbook.services.log.published_entry import PublishedEntry
from rollbook.services.people.divided import Earlier, divided_until, earlier_keys
from rollbook.services.platform import clock
from rollbook.services.platform.actors import Actor
from rollbook.services.platform.one_person import keys_of
from rollbook.services.platform.words import power_law, power_plain
from rollbook.services.portal.choices import objected_between
from rollbook.services.uses import people_of_uses
from rollbook.services.uses.other_uses import OtherUse, other_uses

RESULTS = {
    Output.STOPPED: "A rule stopped the table. Nothing came out.",
    Output.MADE: "A table was made. Nobody has checked it yet.",
    Output.CHECKING: "A table was made. Two people are checking it.",
    Output.CONSOLIDATING: "A table was made. Two people are checking it.",
    Output.REJECTED: "The checkers turned the table down. Nothing came out.",
    Output.WITHDRAWN: "The table was withdrawn. Nothing came out.",
    Output.REVOKED: "A table of counts came out. It was revoked later.",
    Output.RETURNED: "A checker sent the table back. Nothing came out.",
    Output.AGREED: "Two people checked the table. It is about to come out.",
    Output.RELEASED: "A table of counts came out.",
}
_FILE = "A file was made by exception."
FILE_RESULTS = RESULTS | {
    Output.MADE: f"{_FILE} Nobody has looked at it yet.",
    Output.STOPPED: f"{_FILE} It was stopped. Nothing came out.",
    Output.CHECKING: f"{_FILE} Two people are checking it.",
    Output.CONSOLIDATING: f"{_FILE} Two people are checking it.",
    Output.DECIDING: f"{_FILE} Two people checked it, a third decides.",
    Output.REJECTED: f"{_FILE} It was turned down. Nothing came out.",
    Output.WITHDRAWN: f"{_FILE} It was withdrawn. Nothing came out.",
    Output.RETURNED: f"{_FILE} It was sent back. Nothing came out.",
    Output.AGREED: f"{_FILE} Three people let it out. It is about to come out.",
    Output.RELEASED: "A file came out by exception. Three people judged it by hand.",
    Output.REVOKED: "A file came out by exception. It was revoked later.",
}
STATES = {
    Run.OPENED: "The use is in the public log. It has not started.",
    Run.RUNNING: "The study is running.",
    Run.FAILED: "The study ended with a fault. Nothing came out.",
    Run.DONE: "The study has run.",
}


@dataclass(frozen=True, slots=True)
class ReleasedTable:
    """A table, or (`by_hand`) a file by exception, anyone can read; of one that was revoked, since when and why."""

    reference: str
    title: str
    revoked_at: datetime | None = None
    why: str = ""
    by_hand: bool = False


@dataclass(frozen=True, slots=True)
class Use:
    """One use. `inside` is None where the list of people can no longer be read; `objected`: left out by choice.

    `power` is a law, and `allows` says it in plain words. `request` and `project` are empty where it had none.
    `shared`: the record held another child's facts too when it was used, and was divided since.
    """

    index: int
    organisation: str
    title: str
    project: str
    purpose: str
    why: str
    power: str
    allows: str
    request: str
    opened_at: datetime
    inside: bool | None
    objected: bool
    shared: bool
    result: str
    tables: tuple[ReleasedTable, ...]


@dataclass(frozen=True, slots=True)
class Sealed:
    """A case that may not be told yet: when it was entered, under which power, and by when it must be told."""

    index: int
    entered_on: date
    power: str
    reveal_by: date
    overdue: bool


@dataclass(frozen=True, slots=True)
class History:
    """Everything: uses, newest first, and the sealed cases, the same for every person."""

    uses: tuple[Use, ...]
    sealed: tuple[Sealed, ...]

    @property
    def times_in(self) -> int:
        """In how many uses the record was."""
        return sum(use.inside is True for use in self.uses)


@dataclass(frozen=True, slots=True)
class Whose:
    """The keys of a person, those their facts stood under before, and until when any of them held another child."""

    keys: BitMap
    earlier: tuple[Earlier, ...]
    until: datetime | None

    def every_key(self) -> tuple[int, ...]:
        """The keys to look up: the person's, and those of before."""
        return tuple(self.keys.union(*(one.keys for one in self.earlier)))


def history(by: Actor, handle: str) -> History:
    """The history of the record behind `handle`."""
    person_key = allowed(by, handle)
    spans, keys = objected_between(person_key), keys_of(person_key)
    whose = Whose(BitMap(keys), earlier_keys(keys), divided_until(keys))
    runs = Run.objects.filter(submission__state=LogSubmission.APPENDED)
    rows = runs.select_related("study__project__request__organisation", "submission").order_by("-submission__index")
    people = people_of_uses.look_up(rows, whose.every_key())
    uses = [_use(run, _inside(run, whose, people), whose, spans) for run in rows]
    uses += [_other_use(one, whose) for one in other_uses()]
    return History(tuple(sorted(uses, key=lambda use: -use.index)), sealed_cases())


def sealed_cases() -> tuple[Sealed, ...]:
    """The sealed entries of the log that were not revealed, oldest first."""
    revealed, extended = set(), {}
    for entry in reader.entries("reveal", "seal-extend"):
        if entry.type == "reveal":
            revealed.add(entry.fields["of"])
        else:
            extended[entry.fields["of"]] = entry.fields["reveal_by"]
    return tuple(
        _sealed(one, extended.get(one.index, one.fields["reveal_by"]))
        for one in reader.entries("sealed")
        if one.index not in revealed
    )


def _sealed(entry: PublishedEntry, reveal_by: str) -> Sealed:
    day = date.fromisoformat(reveal_by)
    power = next((one.law for one in POWERS.values() if one.log_code == entry.fields["basis"]), "")
    return Sealed(entry.index, entry.at.date(), power, day, clock.today() > day)


def _use(run: Run, inside: bool | None, whose: Whose, spans: Sequence[tuple[datetime, datetime | None]]) -> Use:
    request, submission = run.study.project.request, run.submission
    purpose, opened = PURPOSES[request.purpose], run.started_at or run.queued_at
    tables, result = _result(run)
    return Use(
        index=submission.index if submission and submission.index is not None else -1,
        organisation=request.organisation.name,
        title=run.study.title,
        project=run.study.project.reference,
        purpose=purpose.name,
        why=purpose.explanation,
        power=POWERS[request.power].law,
        allows=POWERS[request.power].plain,
        request=request.reference,
        opened_at=opened,
        inside=inside,
        objected=inside is False and purpose.kind is PurposeKind.RESEARCH and _objected(spans, opened),
        shared=inside is True and whose.until is not None and opened < whose.until,
        result=result,
        tables=tables,
    )


def _other_use(use: OtherUse, whose: Whose) -> Use:
    """A use without a request of its own: a told case, or a day of look-ups."""
    inside = None
    if use.people is not None:
        held = BitMap(use.people)
        inside = held.intersect(whose.keys) or any(one.counts(held, use.at) for one in whose.earlier)
    purpose = PURPOSES.get(use.purpose)
    return Use(
        index=use.index,
        organisation=use.organisation,
        title=use.title,
        project="",
        purpose=purpose.name if purpose else use.purpose,
        why=purpose.explanation if purpose else "",
        power=power_law(use.basis),
        allows=power_plain(use.basis),
        request="",
        opened_at=use.at,
        inside=inside,
        objected=False,
        shared=inside is True and whose.until is not None and use.at < whose.until,
        result=use.result,
        tables=(),
    )


def _inside(run: Run, whose: Whose, people: Answer) -> bool | None:
    if not run.population_file or run.population_file in people.unknown:
        # Said as it is: the answer is not known, and "out" would be a guess.
        return None
    held = BitMap(key for key, uses in people.inside.items() if run.population_file in uses)
    opened = run.started_at or run.queued_at
    return held.intersect(whose.keys) or any(one.counts(held, opened) for one in whose.earlier)


def _objected(spans: Iterable[tuple[datetime, datetime | None]], moment: datetime) -> bool:
    return any(made <= moment and (ended is None or moment < ended) for made, ended in spans)


def _result(run: Run) -> tuple[tuple[ReleasedTable, ...], str]:
    outputs = list(run.outputs.select_related("release").order_by("pk"))
    released = tuple(_released(one) for one in outputs if one.state in {Output.RELEASED, Output.REVOKED})
    told = {Output.TABLE: RESULTS, Output.FILE: FILE_RESULTS}
    words = [told[one.kind][one.state] for one in outputs] or [STATES.get(run.state, "")]
    return released, " ".join(dict.fromkeys(words))


def _released(output: Output) -> ReleasedTable:
    release = output.release
    why = GROUNDS[release.revoke_ground].words if release.revoked_at else ""
    return ReleasedTable(output.reference, output.title, release.revoked_at, why, output.kind == Output.FILE)
