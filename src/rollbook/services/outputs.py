"""Checking a table before it leaves: two checkers, neither of whom sees the other's first verdict.

A verdict is given once and does not change. Comments, and who said what, show only after both are in; until then not
even that somebody has looked. The table itself is seen by checkers alone until it is released.
"""

from dataclasses import asdict, dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet

from rollbook.kernel.refusals import AccessDenied, InputRefused, Reason, UseRefused
from rollbook.policy.roles import Role
from rollbook.policy.states import OUTPUTS, OutputState
from rollbook.records.models.governance import Request
from rollbook.records.models.studies import Output, Verdict
from rollbook.sdc.hiding import PRIMARY, SECONDARY
from rollbook.sdc.measured import Table, shown, table_from
from rollbook.sdc.rules import SdcParameters, rules_of
from rollbook.services import clock, releases
from rollbook.services.actors import Actor, require_session
from rollbook.services.audit import audit
from rollbook.services.differencing import lock_releases, not_audited
from rollbook.services.entry import require_for_check
from rollbook.services.hidden_cells import lines_of
from rollbook.services.label_texts import known_texts
from rollbook.services.run_outcome import outcome

CHECKERS = 2
_WHY = {"": "", PRIMARY: "hidden: too few people", SECONDARY: "hidden: a small cell could be worked out from it"}
APPROVE, RETURN = "approve", "return"
LONGEST_COMMENT = 2000


@dataclass(frozen=True, slots=True)
class CheckLine:
    """A table in a checker's list; `mine` is the checker's own verdict, empty until given."""

    reference: str
    title: str
    project: str
    state: str
    made_at: datetime
    mine: str


@dataclass(frozen=True, slots=True)
class CellLine:
    """One cell: its labels, the figure (or "below N"), what the rules say of it (empty: nothing), and why the public
    will not see the figure (empty: it will).
    """

    labels: tuple[str, ...]
    figure: str
    rules: tuple[str, ...]
    hidden: str = ""


@dataclass(frozen=True, slots=True)
class VerdictLine:
    """One verdict, shown after both are in. Checkers are named by number of turn, not by name."""

    verdict: str
    comment: str
    made_at: datetime
    mine: bool


@dataclass(frozen=True, slots=True)
class CheckPage:
    """All a checker needs to judge one table.

    `made_labels` are the labels that neither the study nor a code list spells out. `verdicts` is empty until both are
    in, save the reader's own.
    """

    line: CheckLine
    dimensions: tuple[str, ...]
    measure: str
    cells: tuple[CellLine, ...]
    made_labels: tuple[str, ...]
    rules: tuple[tuple[str, str], ...]
    threshold: int
    files: tuple[tuple[str, str], ...]
    digest: str
    verdicts: tuple[VerdictLine, ...]


def outputs_for(by: Actor) -> tuple[CheckLine, ...]:
    """The tables the signed-in checker may judge or has judged, oldest first."""
    account = require_session(by, Role.OUTPUT_CHECKER)
    rows = _allowed(account).filter(Q(state=Output.CHECKING) | Q(verdicts__checker=account)).distinct()
    return tuple(_line(output, account) for output in rows.order_by("id"))


def check_page(*, by: Actor, reference: str) -> CheckPage:
    """What the signed-in checker sees of one table.

    Raises:
        AccessDenied: code `output`, for a table that does not exist, is not in checking, or is the checker's own work.
    """
    account = require_session(by, Role.OUTPUT_CHECKER)
    output = _for_checker(account, reference)
    study = output.run.study
    return CheckPage(
        line=_line(output, account),
        dimensions=tuple(output.dimensions),
        measure=output.measure,
        cells=_cells(output),
        made_labels=tuple(sorted(_labels(output) - known_texts(study))),
        rules=tuple(rules_of(output.rules["rule_set"]).items()),
        threshold=int(output.rules["parameters"]["threshold"]),
        files=tuple(sorted(study.files.items())),
        digest=study.digest,
        verdicts=_verdicts(output, account),
    )


def give_verdict(*, by: Actor, reference: str, verdict: str, comment: str = "") -> None:
    """A checker's one verdict, `approve` or `return`. The second decides: two approvals release, anything else returns.

    Raises:
        AccessDenied: codes `role`, `session`, `second-factor`, `output`. InputRefused: code `verdict` or `comment`.
        UseRefused: codes `state`, `verdict-given`; or what has expired since the run, where the verdict would release.
    """
    account = require_session(by, Role.OUTPUT_CHECKER)
    _well_formed(verdict, comment)
    with transaction.atomic():
        output = _for_checker(account, reference)
        # The row is locked, so of two checkers at once one is first and the other decides.
        output = Output.objects.select_for_update(of=("self",)).select_related("run__study").get(id=output.id)
        _may_still(output, account)
        if verdict == APPROVE:
            require_for_check(output.run)
        Verdict.objects.create(
            output=output, checker_id=account, verdict=verdict, comment=comment.strip(), made_at=clock.now()
        )
        audit(by, "give-verdict", reference, verdict=verdict)
        given = list(output.verdicts.values_list("verdict", flat=True))
        if len(given) == CHECKERS:
            _decide(by, output, given)


def _well_formed(verdict: str, comment: str) -> None:
    if verdict not in {APPROVE, RETURN}:
        raise InputRefused(Reason("verdict", "This is not a verdict", "verdict", "Choose approve or return."))
    if len(comment) > LONGEST_COMMENT or (verdict == RETURN and not comment.strip()):
        mend = f"Say what must change, in at most {LONGEST_COMMENT} characters."
        raise InputRefused(Reason("comment", "A table that is returned needs a comment", "comment", mend))


def _may_still(output: Output, account: int) -> None:
    if output.state != Output.CHECKING:
        raise UseRefused(Reason("state", f"This output is {output.state}", output.reference, "There is nothing to do."))
    if output.verdicts.filter(checker=account).exists():
        mend = "A verdict is given once."
        raise UseRefused(Reason("verdict-given", "You have given your verdict", output.reference, mend))


def _decide(by: Actor, output: Output, given: list[str]) -> None:
    """Both verdicts are in. Everything here is in the transaction of the second."""
    if any(verdict != APPROVE for verdict in given):
        _set_state(output, OutputState.RETURNED)
        outcome(output.run, "returned")
        return
    study = output.run.study
    lock_releases()
    # Asked again under the lock: another table of the project may have been agreed while this one was being checked,
    # and the panel may have taken its approval back.
    reason = _taken_back(study.project.request_id) or not_audited(output)
    if reason:
        output.rules = output.rules | {"refused": [asdict(reason)]}
        _set_state(output, OutputState.STOPPED)
        outcome(output.run, "stopped")
        audit(by, "stop-output", output.reference, reasons=[reason.code])
        return
    _set_state(output, OutputState.AGREED)
    releases.agree(by=by, output=output)


def _taken_back(request_id: int) -> Reason | None:
    """Why nothing more comes out of a project whose approval no longer stands. One that merely ended may finish."""
    request = Request.objects.select_for_update().get(id=request_id)
    if request.decisions.latest("made_at", "id").result == APPROVE:
        return None
    mend = "Nothing comes out of it any more; see the register."
    return Reason("approval-taken-back", "The approval of the request was taken back", request.reference, mend)


def _set_state(output: Output, state: OutputState) -> None:
    if reason := OUTPUTS.refuses(output.state, state):
        raise UseRefused(reason)
    output.state = state
    output.save(update_fields=["state", "rules"])


def _allowed(account: int) -> QuerySet[Output]:
    """Tables that are not this account's own work: neither as author, nor as asker, nor as member of the project, nor
    as one of the organisation that asked.
    """
    own = Q(run__study__author=account) | Q(run__asked_by=account) | Q(run__study__project__members=account)
    own |= Q(run__study__project__request__organisation__account=account)
    return Output.objects.select_related("run__study__project__request").exclude(own)


def _for_checker(account: int, reference: str) -> Output:
    judged = Q(verdicts__checker=account)
    rows = _allowed(account).filter(Q(state=Output.CHECKING) | judged, reference=reference).distinct()
    output = rows.first()
    if output is None:
        mend = "See your list; nobody checks their own project's tables."
        raise AccessDenied(Reason("output", "There is no such table for you to check", mend=mend))
    return output


def _line(output: Output, account: int) -> CheckLine:
    mine = output.verdicts.filter(checker=account).values_list("verdict", flat=True).first()
    project = output.run.study.project.reference
    # While the other verdict is out the state is `checking` whoever asks, so it tells nothing of the other.
    return CheckLine(output.reference, output.title, project, output.state, output.made_at, mine or "")


def _cells(output: Output) -> tuple[CellLine, ...]:
    if output.rules.get("hiding"):
        limit = f"below {output.rules['parameters']['threshold']}"
        return tuple(
            CellLine(one.labels, limit if one.hidden == PRIMARY else f"{one.count:,}", (), _WHY[one.hidden])
            for one in lines_of(output.rules, output.table)
        )
    table = table_of(output)
    parameters = SdcParameters(**output.rules["parameters"])
    failed: dict[tuple[str, ...], list[str]] = {}
    for failure in output.rules["failures"]:
        wanted = dict(map(tuple, failure["labels"]))
        for cell in table.cells:
            named = dict(zip(table.dimensions, cell.labels, strict=True))
            if all(named[dimension] == label for dimension, label in wanted.items()):
                failed.setdefault(cell.labels, []).append(failure["rule"])
    return tuple(CellLine(labels, figure, tuple(failed.get(labels, ()))) for labels, figure in shown(table, parameters))


def _labels(output: Output) -> set[str]:
    return {label for cell in output.table["cells"] for label in cell["labels"]}


def table_of(output: Output) -> Table:
    """The table of an output as the rules judged it."""
    return table_from(output.table)


def _verdicts(output: Output, account: int) -> tuple[VerdictLine, ...]:
    rows = list(output.verdicts.order_by("id"))
    both = len(rows) >= CHECKERS
    return tuple(
        VerdictLine(row.verdict, row.comment, row.made_at, row.checker_id == account)
        for row in rows
        if both or row.checker_id == account
    )
