"""What may become of a request, project, run, output, file, gateway case, pair of records, division, upload and
explanation, as tables.

Each table says, for every state, which states may follow and whose turn it is. Deeds ask `refuses` before they change
anything; nothing else in Rollbook knows an order of states. An unknown state is refused like a forbidden step.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from rollbook.kernel.refusals import Reason
from rollbook.policy.roles import Role

State = TypeVar("State", bound=StrEnum)


class RequestState(StrEnum):
    """A request stays public in every one of these."""

    OPEN = "open"
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    NOT_PURSUED = "not-pursued"
    LIVE = "live"
    CLOSED = "closed"


class ProjectState(StrEnum):
    """A project is an approved request at work."""

    OPEN = "open"
    CLOSED = "closed"


class RunState(StrEnum):
    """`opened` means: the entry about this use stands in the public log."""

    QUEUED = "queued"
    OPENED = "opened"
    RUNNING = "running"
    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"


class OutputState(StrEnum):
    """`made` until its author says what it shows; `stopped` by a rule; `checking` is blind, `consolidating` is not;
    `agreed` until logged. `released` and `revoked` are public; what is revoked shows no figure.
    """

    MADE = "made"
    STOPPED = "stopped"
    CHECKING = "checking"
    CONSOLIDATING = "consolidating"
    RETURNED = "returned"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    AGREED = "agreed"
    RELEASED = "released"
    REVOKED = "revoked"


class FileState(StrEnum):
    """A file that leaves by exception: as an output, but what two checkers agree on is `deciding` until a third person
    says so too.
    """

    MADE = "made"
    CHECKING = "checking"
    CONSOLIDATING = "consolidating"
    DECIDING = "deciding"
    STOPPED = "stopped"
    RETURNED = "returned"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    AGREED = "agreed"
    RELEASED = "released"
    REVOKED = "revoked"


class CaseState(StrEnum):
    """A gateway case: matched by one person, confirmed by another, told once."""

    ASKED = "asked"
    MATCHED = "matched"
    REFUSED = "refused"
    CONFIRMED = "confirmed"
    DISCLOSED = "disclosed"


class DoubleState(StrEnum):
    """Two records that may be one person's: proposed by one person, joined by another, parted by either."""

    WAITING = "waiting"
    PROPOSED = "proposed"
    JOINED = "joined"
    APART = "apart"


class UploadState(StrEnum):
    """A file a school sent by its page. Until it is `submitted` it is the school's own; `received` means that a return
    stands for it, accepted or refused. In the last four the file itself is gone.
    """

    WAITING = "waiting"
    CHECKED = "checked"
    SUBMITTED = "submitted"
    RECEIVED = "received"
    REFUSED = "refused"
    REPLACED = "replaced"
    EXPIRED = "expired"


class ExplanationState(StrEnum):
    """Why something queried is right. One that was returned does not count; the school gives another."""

    GIVEN = "given"
    ACCEPTED = "accepted"
    RETURNED = "returned"


class DivisionState(StrEnum):
    """A record that may hold two children: proposed by one person, divided by another; undone by two again."""

    WAITING = "waiting"
    PROPOSED = "proposed"
    DIVIDED = "divided"
    UNDOING = "undoing"
    UNDONE = "undone"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class Machine(Generic[State]):
    """The life of one kind of thing. `owners` says whose turn it is; no owner means that nothing more can happen."""

    thing: str
    first: State
    follows: Mapping[State, frozenset[State]]
    owners: Mapping[State, Role | None]

    def refuses(self, current: str, wanted: str) -> Reason | None:
        """Why the thing may not go from `current` to `wanted`, or nothing where it may."""
        if any(current == state and wanted in after for state, after in self.follows.items()):
            return None
        mend = f"From here it can become: {', '.join(sorted(self._after(current))) or 'nothing else'}."
        return Reason("state", f"This {self.thing} is {current} and cannot become {wanted}", mend=mend)

    def _after(self, current: str) -> frozenset[State]:
        return next((after for state, after in self.follows.items() if state == current), frozenset())


REQUESTS = Machine(
    "request",
    RequestState.OPEN,
    {
        RequestState.OPEN: frozenset(
            {RequestState.APPROVED, RequestState.REJECTED, RequestState.WITHDRAWN, RequestState.NOT_PURSUED}
        ),
        # The panel may take an approval back: the latest decision is the one that counts.
        RequestState.APPROVED: frozenset(
            {RequestState.LIVE, RequestState.REJECTED, RequestState.WITHDRAWN, RequestState.NOT_PURSUED}
        ),
        RequestState.LIVE: frozenset({RequestState.CLOSED, RequestState.REJECTED, RequestState.WITHDRAWN}),
        RequestState.REJECTED: frozenset(),
        RequestState.WITHDRAWN: frozenset(),
        RequestState.NOT_PURSUED: frozenset(),
        RequestState.CLOSED: frozenset(),
    },
    {
        RequestState.OPEN: Role.PANEL_MEMBER,
        RequestState.APPROVED: Role.CUSTODIAN,
        RequestState.LIVE: Role.RESEARCHER,
        RequestState.REJECTED: None,
        RequestState.WITHDRAWN: None,
        RequestState.NOT_PURSUED: None,
        RequestState.CLOSED: None,
    },
)

PROJECTS = Machine(
    "project",
    ProjectState.OPEN,
    {ProjectState.OPEN: frozenset({ProjectState.CLOSED}), ProjectState.CLOSED: frozenset()},
    {ProjectState.OPEN: Role.RESEARCHER, ProjectState.CLOSED: None},
)

RUNS = Machine(
    "run",
    RunState.QUEUED,
    {
        RunState.QUEUED: frozenset({RunState.OPENED, RunState.REFUSED, RunState.FAILED}),
        RunState.OPENED: frozenset({RunState.RUNNING, RunState.FAILED}),
        RunState.RUNNING: frozenset({RunState.DONE, RunState.FAILED}),
        RunState.DONE: frozenset(),
        RunState.REFUSED: frozenset(),
        RunState.FAILED: frozenset(),
    },
    {
        RunState.QUEUED: Role.SYSTEM,
        RunState.OPENED: Role.SYSTEM,
        RunState.RUNNING: Role.SYSTEM,
        RunState.DONE: None,
        RunState.REFUSED: None,
        RunState.FAILED: None,
    },
)

_VERDICTS = frozenset({OutputState.STOPPED, OutputState.RETURNED, OutputState.AGREED, OutputState.REJECTED})

OUTPUTS = Machine(
    "output",
    OutputState.MADE,
    {
        OutputState.MADE: frozenset({OutputState.CHECKING, OutputState.STOPPED, OutputState.WITHDRAWN}),
        OutputState.CHECKING: _VERDICTS | {OutputState.CONSOLIDATING},
        OutputState.CONSOLIDATING: _VERDICTS,
        OutputState.RETURNED: frozenset({OutputState.CHECKING, OutputState.WITHDRAWN}),
        # Kept back where the approval was taken back before the entry was public.
        OutputState.AGREED: frozenset({OutputState.RELEASED, OutputState.STOPPED}),
        OutputState.RELEASED: frozenset({OutputState.REVOKED}),
        OutputState.STOPPED: frozenset(),
        OutputState.REJECTED: frozenset(),
        OutputState.WITHDRAWN: frozenset(),
        OutputState.REVOKED: frozenset(),
    },
    {
        OutputState.MADE: Role.RESEARCHER,
        OutputState.CHECKING: Role.OUTPUT_CHECKER,
        OutputState.CONSOLIDATING: Role.OUTPUT_CHECKER,
        OutputState.RETURNED: Role.RESEARCHER,
        OutputState.AGREED: Role.SYSTEM,
        OutputState.RELEASED: Role.OUTPUT_CHECKER,
        OutputState.STOPPED: None,
        OutputState.REJECTED: None,
        OutputState.WITHDRAWN: None,
        OutputState.REVOKED: None,
    },
)

_OF_A_FILE = frozenset({FileState.DECIDING, FileState.STOPPED, FileState.RETURNED, FileState.REJECTED})

FILES = Machine(
    "file",
    FileState.MADE,
    {
        FileState.MADE: frozenset({FileState.CHECKING, FileState.WITHDRAWN}),
        FileState.CHECKING: _OF_A_FILE | {FileState.CONSOLIDATING},
        FileState.CONSOLIDATING: _OF_A_FILE,
        # The one way to `agreed`: no verdict of checkers leads there.
        FileState.DECIDING: frozenset({FileState.AGREED, FileState.STOPPED, FileState.RETURNED, FileState.REJECTED}),
        FileState.RETURNED: frozenset({FileState.CHECKING, FileState.WITHDRAWN}),
        FileState.AGREED: frozenset({FileState.RELEASED, FileState.STOPPED}),
        FileState.RELEASED: frozenset({FileState.REVOKED}),
        FileState.STOPPED: frozenset(),
        FileState.REJECTED: frozenset(),
        FileState.WITHDRAWN: frozenset(),
        FileState.REVOKED: frozenset(),
    },
    {
        FileState.MADE: Role.RESEARCHER,
        FileState.CHECKING: Role.OUTPUT_CHECKER,
        FileState.CONSOLIDATING: Role.OUTPUT_CHECKER,
        FileState.DECIDING: Role.DATA_PROTECTION_OFFICER,
        FileState.RETURNED: Role.RESEARCHER,
        FileState.AGREED: Role.SYSTEM,
        FileState.RELEASED: Role.OUTPUT_CHECKER,
        FileState.STOPPED: None,
        FileState.REJECTED: None,
        FileState.WITHDRAWN: None,
        FileState.REVOKED: None,
    },
)

CASES = Machine(
    "gateway case",
    CaseState.ASKED,
    {
        CaseState.ASKED: frozenset({CaseState.MATCHED, CaseState.REFUSED}),
        CaseState.MATCHED: frozenset({CaseState.CONFIRMED, CaseState.REFUSED}),
        CaseState.CONFIRMED: frozenset({CaseState.DISCLOSED, CaseState.REFUSED}),
        CaseState.REFUSED: frozenset(),
        CaseState.DISCLOSED: frozenset(),
    },
    {
        CaseState.ASKED: Role.CUSTODIAN,
        CaseState.MATCHED: Role.CUSTODIAN,
        CaseState.CONFIRMED: Role.SYSTEM,
        CaseState.REFUSED: None,
        CaseState.DISCLOSED: None,
    },
)

DOUBLES = Machine(
    "pair of records",
    DoubleState.WAITING,
    {
        DoubleState.WAITING: frozenset({DoubleState.PROPOSED, DoubleState.APART}),
        DoubleState.PROPOSED: frozenset({DoubleState.JOINED, DoubleState.APART}),
        DoubleState.JOINED: frozenset({DoubleState.APART}),
        # Nothing is decided for good: new evidence may come.
        DoubleState.APART: frozenset({DoubleState.PROPOSED}),
    },
    {
        DoubleState.WAITING: Role.CUSTODIAN,
        DoubleState.PROPOSED: Role.CUSTODIAN,
        DoubleState.JOINED: Role.CUSTODIAN,
        DoubleState.APART: Role.CUSTODIAN,
    },
)

UPLOADS = Machine(
    "upload",
    UploadState.WAITING,
    {
        UploadState.WAITING: frozenset(
            {UploadState.CHECKED, UploadState.REFUSED, UploadState.REPLACED, UploadState.EXPIRED}
        ),
        UploadState.CHECKED: frozenset({UploadState.SUBMITTED, UploadState.REPLACED, UploadState.EXPIRED}),
        # From here on it is the authority's, and nothing takes it back: a later return replaces it.
        UploadState.SUBMITTED: frozenset({UploadState.RECEIVED, UploadState.REFUSED}),
        UploadState.RECEIVED: frozenset(),
        UploadState.REFUSED: frozenset(),
        UploadState.REPLACED: frozenset(),
        UploadState.EXPIRED: frozenset(),
    },
    {
        UploadState.WAITING: Role.SYSTEM,
        UploadState.CHECKED: Role.SCHOOL_DATA_MANAGER,
        UploadState.SUBMITTED: Role.SYSTEM,
        UploadState.RECEIVED: None,
        UploadState.REFUSED: None,
        UploadState.REPLACED: None,
        UploadState.EXPIRED: None,
    },
)

EXPLANATIONS = Machine(
    "explanation",
    ExplanationState.GIVEN,
    {
        ExplanationState.GIVEN: frozenset({ExplanationState.ACCEPTED, ExplanationState.RETURNED}),
        # New facts may come to the data team after it accepted one.
        ExplanationState.ACCEPTED: frozenset({ExplanationState.RETURNED}),
        ExplanationState.RETURNED: frozenset(),
    },
    {
        ExplanationState.GIVEN: Role.CUSTODIAN,
        ExplanationState.ACCEPTED: Role.CUSTODIAN,
        ExplanationState.RETURNED: None,
    },
)

DIVISIONS = Machine(
    "division of a record",
    DivisionState.WAITING,
    {
        DivisionState.WAITING: frozenset({DivisionState.PROPOSED, DivisionState.DROPPED}),
        # Proposed again: with other sightings, or because the record has changed since.
        DivisionState.PROPOSED: frozenset({DivisionState.PROPOSED, DivisionState.DIVIDED, DivisionState.DROPPED}),
        DivisionState.DIVIDED: frozenset({DivisionState.UNDOING}),
        DivisionState.UNDOING: frozenset({DivisionState.UNDONE, DivisionState.DIVIDED}),
        DivisionState.UNDONE: frozenset(),
        DivisionState.DROPPED: frozenset(),
    },
    {
        DivisionState.WAITING: Role.CUSTODIAN,
        DivisionState.PROPOSED: Role.CUSTODIAN,
        DivisionState.DIVIDED: Role.CUSTODIAN,
        DivisionState.UNDOING: Role.CUSTODIAN,
        DivisionState.UNDONE: None,
        DivisionState.DROPPED: None,
    },
)

DECISIONS: Mapping[str, RequestState] = {
    "approve": RequestState.APPROVED,
    "refuse": RequestState.REJECTED,
    "withdraw": RequestState.WITHDRAWN,
}
