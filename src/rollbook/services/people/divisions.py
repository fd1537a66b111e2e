"""Records that may hold two children, as custodians see them: the list, and one record with all that was said of it."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from rollbook.dataplane.people.matching import same_birth
from rollbook.dataplane.people.search import plain
from rollbook.kernel.refusals import AccessDenied, Reason
from rollbook.policy.roles import Role
from rollbook.policy.states import DivisionState
from rollbook.records.models.collections import Return
from rollbook.records.models.divisions import Division
from rollbook.records.models.identity import Sighting
from rollbook.services.people.dividing_adults import Placed, to_decide
from rollbook.services.platform.actors import Actor, require_session
from rollbook.services.platform.audit import audit
from rollbook.services.platform.holders import is_one_of
from rollbook.services.platform.one_person import keys_of
from rollbook.services.platform.people_zone import people_zone

_OPEN = (DivisionState.WAITING, DivisionState.PROPOSED, DivisionState.UNDOING)


@dataclass(frozen=True, slots=True)
class OpenDivision:
    """A record in the list: nobody is named there."""

    handle: str
    state: str
    told_at: datetime


@dataclass(frozen=True, slots=True)
class Said:
    """What one return said of the record. `differs`: codes of what most other returns say otherwise."""

    number: int
    school: str
    collection: str
    received: date
    upn: str
    former_upn: str
    name: str
    born: date | None
    sex: str
    postcode: str
    on_roll: bool
    differs: tuple[str, ...]
    goes: bool


@dataclass(frozen=True, slots=True)
class PlacedAdult:
    """Somebody whose child must be named, and what was proposed (`stays`, `goes`, `neither`; empty: nothing yet)."""

    handle: str
    name: str
    whose: str


@dataclass(frozen=True, slots=True)
class Mixed:
    """One record with everything said of it, the evidence as codes, and what the asker may do."""

    handle: str
    state: str
    said: tuple[Said, ...]
    evidence: tuple[str, ...]
    adults: tuple[PlacedAdult, ...]
    may_propose: bool
    may_divide: bool
    may_drop: bool
    may_propose_undoing: bool
    may_undo: bool
    may_leave: bool


def open_divisions(by: Actor) -> tuple[OpenDivision, ...]:
    """Records nobody has decided on, and those somebody wants undone; then the divided ones, newest first."""
    require_session(by, Role.CUSTODIAN)
    with people_zone():
        rows = Division.objects.exclude(state__in=(DivisionState.DROPPED, DivisionState.UNDONE)).order_by("-pk")
        found = [OpenDivision(one.handle, one.state, one.told_at) for one in rows]
    return tuple(sorted(found, key=lambda one: one.state not in _OPEN))


def one_division(by: Actor, division: str) -> Mixed:
    """One record and its evidence. Looking leaves an audit row.

    Raises:
        AccessDenied: code `division`: there is none.
    """
    account = require_session(by, Role.CUSTODIAN)
    with people_zone():
        row = Division.objects.filter(handle=division).first()
        if row is None:
            raise AccessDenied(Reason("division", "There is no such record to divide", mend="See the list."))
        audit(by, "open-division", f"division:{row.pk}")
        people = [*keys_of(row.person_id), *(keys_of(row.other_id) if row.other_id else ())]
        seen = _sightings(people)
        adults = to_decide(people) if row.state in {DivisionState.WAITING, DivisionState.PROPOSED} else ()
        return Mixed(
            row.handle, row.state, _said(seen, {*row.goes}), _evidence(seen), _placed(adults, row),
            may_propose=row.state in {DivisionState.WAITING, DivisionState.PROPOSED},
            may_divide=row.state == DivisionState.PROPOSED and not is_one_of(account, {row.proposed_by_id}),
            may_drop=row.state in {DivisionState.WAITING, DivisionState.PROPOSED},
            may_propose_undoing=row.state == DivisionState.DIVIDED,
            may_undo=row.state == DivisionState.UNDOING and not is_one_of(account, {row.undo_proposed_by_id}),
            may_leave=row.state == DivisionState.UNDOING,
        )  # fmt: skip


def _sightings(people: Sequence[int]) -> list[Any]:
    rows = Sighting.objects.filter(person_id__in=people).select_related("source__school", "source__collection")
    return list(rows.order_by("source__received_at", "pk"))


def _placed(adults: Iterable[Placed], row: Division) -> tuple[PlacedAdult, ...]:
    return tuple(PlacedAdult(one.handle, one.name, row.adults.get(one.handle, "")) for one in adults)


def _said(seen: Sequence[Any], goes: set[int]) -> tuple[Said, ...]:
    usual = _usual(seen)
    return tuple(
        Said(
            one.pk, one.source.school.name, one.source.collection.name, one.source.received_at.date(),
            one.upn, one.former_upn, f"{one.forename} {one.surname}".strip(), one.date_of_birth, one.sex, one.postcode,
            one.on_roll, _differs(one, usual), one.pk in goes,
        )
        for one in seen
    )  # fmt: skip


def _usual(seen: Sequence[Any]) -> Any:
    """The sighting whose birth date most others give; the first of them."""
    counted = Counter(one.date_of_birth for one in seen)
    return max(seen, key=lambda one: counted[one.date_of_birth]) if seen else None


def _differs(one: Any, usual: Any) -> tuple[str, ...]:
    texts = [f"{name}-differs" for name in ("forename", "surname") if not _alike(one, usual, name)]
    born = [] if same_birth(one.date_of_birth, usual.date_of_birth) else ["born-differs"]
    return (*born, *texts, *(["sex-differs"] if one.sex != usual.sex else []))


def _alike(one: Any, other: Any, name: str) -> bool:
    return plain(getattr(one, name)) == plain(getattr(other, name))


def _evidence(seen: Sequence[Any]) -> tuple[str, ...]:
    """What speaks for two children, over all sightings: what differs, and two schools at once."""
    usual = _usual(seen)
    codes = {code for one in seen for code in _differs(one, usual)}
    return (*sorted(codes), *(["two-schools-at-once"] if _overlap(seen) else []))


def _overlap(seen: Sequence[Any]) -> bool:
    """Whether two schools had the record on roll in one collection; twice registered pupils exist, so it is a hint."""
    rolls: dict[str, set[str]] = {}
    for one in seen:
        if one.on_roll and one.source.state == Return.ACCEPTED:
            rolls.setdefault(one.source.collection_id, set()).add(one.source.school_id)
    return any(len(schools) > 1 for schools in rolls.values())
