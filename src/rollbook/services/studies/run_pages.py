"""What the people of a project see of a run: how far it is, why it stopped, and which cells failed.

Never a figure before release. A label is made by study code from the data, so a list of labels could be a copy of
records by another name. Two things are asked of each label before the author reads it: enough people have it, and it
stands word for word in the study itself or in the code list of an item, so that it can tell nothing but that there is
such a group. Which cells fail is the study's choice all the same, so only a few of them are named.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from rollbook.kernel.refusals import AccessDenied, Reason
from rollbook.policy.roles import Role
from rollbook.records.models.studies import Output, Run
from rollbook.sdc.judging import people_with
from rollbook.sdc.models import BETWEEN, TERM, WHOLE
from rollbook.sdc.rules import rules_of
from rollbook.services.outputs.label_texts import known_texts
from rollbook.services.outputs.outputs import standing
from rollbook.services.platform.actors import Actor, require_session
from rollbook.services.projects.entry import at_the_door

UNNAMED: Final = "a value not shown"
# A study that spells out two hundred labels a dimension says some thirty bits with each cell that fails: twenty named
# cells would carry a child's whole record past every checker in one run.
MOST_NAMED: Final = 3


@dataclass(frozen=True, slots=True)
class FailedCell:
    """A cell or group that a rule stopped: each dimension with its label, or `UNNAMED`; no figure."""

    rule: str
    place: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Table:
    """What became of a run's table. `failed` names at most `MOST_NAMED` cells; `more` says that there are others,
    `hides` that they are hidden, with others, and the rest may go. `by_hand`: it is no table but a file by exception.
    """

    reference: str
    title: str
    state: str
    dimensions: tuple[str, ...]
    failed: tuple[FailedCell, ...]
    more: bool
    hides: bool
    rules: tuple[tuple[str, str], ...]
    threshold: int
    refused: tuple[Reason, ...]
    comments: tuple[str, ...]
    context: Mapping[str, str]
    by_hand: bool = False


@dataclass(frozen=True, slots=True)
class RunPage:
    """One run as the project's members see it. `entry` is its index in the log once it has one.

    Where `shut` says why the project is shut to the member, the table is not shown.
    """

    id: int
    project: str
    study: str
    digest: str
    state: str
    queued_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    reasons: tuple[Reason, ...]
    entry: int | None
    tables: tuple[Table, ...]
    shut: tuple[Reason, ...]

    @property
    def table(self) -> Table | None:
        """The first of its tables, which is handed in for all of them."""
        return next(iter(self.tables), None)


def run_page(*, by: Actor, run_id: int) -> RunPage:
    """What a signed-in member of the project sees of a run.

    Raises:
        AccessDenied: code `not-member`, also for a run that does not exist.
    """
    account = require_session(by, Role.RESEARCHER)
    rows = Run.objects.select_related("study__project__request", "submission").filter(study__project__members=account)
    run = rows.filter(id=run_id).first()
    if run is None:
        mend = "Ask the requester of the project to have you added."
        raise AccessDenied(Reason("not-member", "You are not a member of this project", mend=mend))
    outputs = run.outputs.order_by("id")
    _, shut = at_the_door(by, run.study.project)
    return RunPage(
        id=run.id,
        project=run.study.project.reference,
        study=run.study.title,
        digest=run.study.digest,
        state=run.state,
        queued_at=run.queued_at,
        started_at=run.started_at,
        ended_at=run.ended_at,
        reasons=tuple(Reason(**reason) for reason in run.reasons),
        entry=run.submission.index if run.submission else None,
        tables=() if shut else tuple(_table(output) for output in outputs),
        shut=shut,
    )


def _table(output: Output) -> Table:
    if output.kind == Output.FILE:
        return _file(output)
    failures = output.rules["failures"]
    nameable = _nameable(output)
    named = tuple(_failed(failure, nameable) for failure in failures[:MOST_NAMED])
    broken = {cell.rule for cell in named}
    comments, context = _said(output)
    return Table(
        reference=output.reference,
        title=output.title,
        state=output.state,
        dimensions=tuple(output.dimensions),
        failed=tuple(dict.fromkeys(named)),
        more=len(failures) > MOST_NAMED,
        hides=bool(output.rules.get("hiding")),
        rules=tuple((rule, words) for rule, words in rules_of(output.rules["rule_set"]).items() if rule in broken),
        threshold=int(output.rules["parameters"]["threshold"]),
        refused=tuple(Reason(**reason) for reason in output.rules["refused"]),
        comments=comments,
        context=context,
    )


def _file(output: Output) -> Table:
    """A file by exception: its author reads nothing of it before it is out, not even what warns of it."""
    comments, context = _said(output)
    return Table(
        reference=output.reference,
        title=output.title,
        state=output.state,
        dimensions=(),
        failed=(),
        more=False,
        hides=False,
        rules=(),
        threshold=0,
        refused=tuple(Reason(**reason) for reason in output.rules["refused"]),
        comments=comments,
        context=context,
        by_hand=True,
    )


def _said(output: Output) -> tuple[tuple[str, ...], dict[str, str]]:
    """The checkers' words to the author, read once their turn has ended, and the author's own of the last turn."""
    turns = list(output.turns.order_by("number"))
    # Notes are never the author's.
    comments = tuple(row.comment for turn in turns if turn.decided_at for row in standing(turn) if row.comment)
    return comments, dict(turns[-1].context) if turns else {}


def _failed(failure: Mapping[str, Any], nameable: frozenset[tuple[str, str]]) -> FailedCell:
    pairs = [(str(dimension), str(label)) for dimension, label in failure["labels"]]
    return FailedCell(
        rule=failure["rule"],
        place=tuple((dimension, label if (dimension, label) in nameable else UNNAMED) for dimension, label in pairs),
    )


def _nameable(output: Output) -> frozenset[tuple[str, str]]:
    """The labels an author may read: enough people have them, and the author knew them before."""
    people: Counter[tuple[str, str]] = Counter()
    for dimension, label, persons in people_with(output.table):
        people[dimension, label] += persons  # a person is in one cell of the table
    known, threshold = known_texts(output.run.study), output.rules["parameters"]["threshold"]
    told = frozenset(pair for pair, number in people.items() if number >= threshold and pair[1] in known)
    return told | _terms(output.table)


def _terms(table: Mapping[str, Any]) -> frozenset[tuple[str, str]]:
    """What a study itself calls the parts of a model: no data has a hand in these words."""
    model = table.get("model")
    if not model:
        return frozenset()
    named = frozenset((TERM, name) for name in (WHOLE, BETWEEN, model["outcome"], *model["terms"]))
    return named | frozenset((model["outcome"], value) for value in ("0", "1"))
