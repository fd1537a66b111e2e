"""What an output checker sees: the list of tables, and of one table its cells, rules, study, context and verdicts."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from rollbook.policy.roles import Role
from rollbook.records.models.studies import Output
from rollbook.sdc.frequency import Verdict
from rollbook.sdc.hiding import PRIMARY, SECONDARY
from rollbook.sdc.judging import Table, failed_at, people_behind, shown, table_from
from rollbook.sdc.rules import rules_of
from rollbook.sdc.tables import FrequencyTable
from rollbook.services.outputs.file_pages import FileSheet, in_words, sheet_of
from rollbook.services.outputs.label_texts import known_texts
from rollbook.services.outputs.outputs import UNDER_REVIEW, allowed, for_checker, latest_turn, standing
from rollbook.services.outputs.submitting import CONTEXT
from rollbook.services.outputs.together import all_of
from rollbook.services.outside.hidden_cells import lines_of
from rollbook.services.platform.actors import Actor, require_session

_WHY = {"": "", PRIMARY: "hidden: too few people", SECONDARY: "hidden: a small cell could be worked out from it"}


@dataclass(frozen=True, slots=True)
class CheckLine:
    """A table in a checker's list; `mine` is the checker's own verdict, empty until given, `claimed` whether it is
    theirs to judge.
    """

    reference: str
    title: str
    project: str
    state: str
    made_at: datetime
    mine: str
    claimed: bool


@dataclass(frozen=True, slots=True)
class CellLine:
    """One cell: its labels, the figure (or "below N"), what the rules say of it (empty: nothing), why the public will
    not see the figure (empty: it will), and of a figure that is no count the people behind it.
    """

    labels: tuple[str, ...]
    figure: str
    rules: tuple[str, ...]
    hidden: str = ""
    people: str = ""


@dataclass(frozen=True, slots=True)
class VerdictLine:
    """One verdict, shown to checkers after both are in. Checkers are named by number of turn, not by name."""

    verdict: str
    comment: str
    note: str
    made_at: datetime
    mine: bool
    grounds: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """A cell that differs from the table that the same study's last run made: figures as a checker may see them."""

    labels: tuple[str, ...]
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class TablePart:
    """One table of those to judge together. `made_labels` are the labels that neither the study nor a code list spells
    out; `last` is the reference of the version that `changes` compares with, empty for the first.
    """

    reference: str
    title: str
    dimensions: tuple[str, ...]
    measure: str
    cells: tuple[CellLine, ...]
    made_labels: tuple[str, ...]
    rules: tuple[tuple[str, str], ...]
    last: str
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class CheckPage:
    """All a checker needs to judge the tables of a run, one or more. `verdicts` is empty until both are in, save the
    reader's own.
    """

    line: CheckLine
    turn: int
    context: tuple[tuple[str, str], ...]
    tables: tuple[TablePart, ...]
    threshold: int
    need: str
    files: tuple[tuple[str, str], ...]
    digest: str
    verdicts: tuple[VerdictLine, ...]
    file: FileSheet | None = None

    @property
    def cells(self) -> tuple[CellLine, ...]:
        """The cells of every table."""
        return tuple(cell for part in self.tables for cell in part.cells)

    @property
    def changes(self) -> tuple[Change, ...]:
        """What differs from the last version, in every table."""
        return tuple(change for part in self.tables for change in part.changes)

    @property
    def rules(self) -> tuple[tuple[str, str], ...]:
        """Every rule that one of the tables was judged by."""
        return tuple(dict.fromkeys(rule for part in self.tables for rule in part.rules))


def outputs_for(by: Actor) -> tuple[CheckLine, ...]:
    """The tables the signed-in checker may judge or has judged, oldest first."""
    account = require_session(by, Role.OUTPUT_CHECKER)
    judged = Q(verdicts__checker=account)
    rows = allowed(account).filter(Q(state__in=UNDER_REVIEW) | judged, lead=None).distinct()
    return tuple(_line(output, account) for output in rows.order_by("id"))


def check_page(*, by: Actor, reference: str) -> CheckPage:
    """What the signed-in checker sees of one table.

    Raises:
        AccessDenied: code `output`, for a table that does not exist, is not in checking, or is the checker's own work.
    """
    account = require_session(by, Role.OUTPUT_CHECKER)
    output = for_checker(account, reference)
    if output.kind == Output.FILE:
        return _file_page(output, account)
    study, turn = output.run.study, latest_turn(output)
    known, tables = known_texts(study), all_of(output)
    return CheckPage(
        line=_line(output, account),
        turn=turn.number,
        context=tuple((words, turn.context[name]) for name, words in CONTEXT.items()),
        tables=tuple(_part(one, known) for one in tables),
        threshold=int(output.rules["parameters"]["threshold"]),
        need=next((one.rules["hiding"]["need"] for one in tables if one.rules.get("hiding")), ""),
        files=tuple(sorted(study.files.items())),
        digest=study.digest,
        verdicts=_verdicts(output, account),
    )


def _part(output: Output, known: frozenset[str]) -> TablePart:
    last = _last(output)
    return TablePart(
        reference=output.reference,
        title=output.title,
        dimensions=tuple(output.dimensions),
        measure=output.measure,
        cells=_cells(output),
        made_labels=tuple(sorted(_labels(output) - known)),
        rules=tuple(rules_of(output.rules["rule_set"]).items()),
        last=last.reference if last else "",
        changes=_changes(last, output) if last else (),
    )


def _file_page(output: Output, account: int) -> CheckPage:
    study, turn = output.run.study, latest_turn(output)
    return CheckPage(
        line=_line(output, account),
        turn=turn.number,
        context=tuple((words, turn.context[name]) for name, words in CONTEXT.items()),
        tables=(),
        threshold=0,
        need="",
        files=tuple(sorted(study.files.items())),
        digest=study.digest,
        verdicts=_verdicts(output, account),
        file=sheet_of(output),
    )


def _line(output: Output, account: int) -> CheckLine:
    turn = latest_turn(output)
    mine = next((row.verdict for row in standing(turn) if row.checker_id == account), "")
    project = output.run.study.project.reference
    # While the other verdict is out the state is `checking` whoever asks, so it tells nothing of the other.
    return CheckLine(
        reference=output.reference,
        title=output.title,
        project=project,
        state=output.state,
        made_at=output.made_at,
        mine=mine,
        claimed=turn.claims.filter(checker=account).exists(),
    )


def _cells(output: Output) -> tuple[CellLine, ...]:
    if output.rules.get("hiding"):
        limit = f"below {output.rules['parameters']['threshold']}"
        return tuple(
            CellLine(one.labels, limit if one.hidden == PRIMARY else f"{one.count:,}", (), _WHY[one.hidden])
            for one in lines_of(output.rules, output.table)
        )
    table = table_of(output)
    verdict = Verdict.from_data(output.rules)
    parameters, failed = verdict.parameters, failed_at(table, verdict)
    people = {} if isinstance(table, FrequencyTable) else people_behind(table, parameters)
    return tuple(
        CellLine(labels, figure, failed.get(labels, ()), people=_at_least(people.get(labels), parameters.threshold))
        for labels, figure in shown(table, parameters)
    )


def _at_least(people: int | None, threshold: int) -> str:
    return "" if people is None else f"below {threshold}" if people < threshold else f"{people:,}"


def _labels(output: Output) -> set[str]:
    return {label for cell in output.table["cells"] for label in cell["labels"]}


def table_of(output: Output) -> Table:
    """The table of an output as the rules judged it."""
    return table_from(output.table)


def _last(output: Output) -> Output | None:
    """The version before: the last output of the project with the same title over the same dimensions."""
    rows = Output.objects.filter(run__study__project=output.run.study.project_id, title=output.title, kind=output.kind)
    return rows.filter(dimensions=output.dimensions, id__lt=output.id).order_by("-id").first()


def _changes(last: Output, output: Output) -> tuple[Change, ...]:
    before = {cell.labels: cell.figure for cell in _cells(last)}
    after = {cell.labels: cell.figure for cell in _cells(output)}
    return tuple(
        Change(labels, before.get(labels, "not there"), after.get(labels, "not there"))
        for labels in sorted(before.keys() | after.keys())
        if before.get(labels) != after.get(labels)
    )


def _verdicts(output: Output, account: int) -> tuple[VerdictLine, ...]:
    """The verdicts of every turn; of the blind one only the reader's own."""
    blind = latest_turn(output).id if output.state == Output.CHECKING else 0
    rows = [row for turn in output.turns.order_by("number") for row in standing(turn)]
    return tuple(
        VerdictLine(
            row.verdict, row.comment, row.note, row.made_at, row.checker_id == account, in_words(row, account).grounds
        )
        for row in rows
        if row.turn_id != blind or row.checker_id == account
    )
