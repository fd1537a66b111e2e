"""Whether a collection's counts agree: what the files said at receipt, the study tables, and the identity zone.

Schools are named, pupils never. A local authority is the first three digits of a school's number.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import Count, F, Func, IntegerField, Q

from rollbook.dataplane.census.ruling import Severity
from rollbook.dataplane.store import reading
from rollbook.kernel.refusals import InputRefused, Reason
from rollbook.policy.roles import Role
from rollbook.records.models.accounts import School
from rollbook.records.models.collections import Collection, Return
from rollbook.records.models.identity import Sighting
from rollbook.services.platform.actors import Actor, require_role
from rollbook.services.platform.people_zone import people_zone

PLACES = ("files", "study tables", "identity zone")
_QUERIES = f'$[*] ? (@.severity == "{Severity.QUERY.value}")'


@dataclass(frozen=True, slots=True)
class Counts:
    """Returns that stand, and their pupils on roll and no longer on roll."""

    returns: int = 0
    on_roll: int = 0
    no_longer_on_roll: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(
            self.returns + other.returns,
            self.on_roll + other.on_roll,
            self.no_longer_on_roll + other.no_longer_on_roll,
        )


@dataclass(frozen=True, slots=True)
class Line:
    """One school, authority or the nation, counted in each of `PLACES` in turn."""

    what: str
    counts: tuple[Counts, Counts, Counts]

    @property
    def agrees(self) -> bool:
        """Whether all three say the same."""
        return len(set(self.counts)) == 1

    @property
    def sentence(self) -> str:
        """What each place counts, in words."""
        said = (
            f"{place} {one.returns} returns, {one.on_roll} on roll, {one.no_longer_on_roll} no longer"
            for place, one in zip(PLACES, self.counts, strict=True)
        )
        return f"{self.what}: " + "; ".join(said)


@dataclass(frozen=True, slots=True)
class Reconciled:
    """Every school that sent something, each authority, the nation; registered schools without a standing return."""

    collection: str
    schools: tuple[Line, ...]
    authorities: tuple[Line, ...]
    nation: Line
    missing: tuple[str, ...]

    @property
    def differing(self) -> tuple[Line, ...]:
        """The schools whose counts do not agree."""
        return tuple(one for one in self.schools if not one.agrees)


@dataclass(frozen=True, slots=True)
class AuthorityProgress:
    """How far one authority has come. `refused`: schools whose every return so far was refused.

    `queries` are those in the returns that stand, explained or not.
    """

    authority: str
    received: int
    refused: int
    missing: int
    queries: int
    agrees: bool


def reconcile(*, by: Actor, collection: str) -> Reconciled:
    """Count a collection in all three places.

    Raises:
        AccessDenied: code `role`. InputRefused: code `collection`.
    """
    require_role(by, Role.OPERATOR, Role.CUSTODIAN)
    _require(collection)
    standing = Return.objects.filter(collection=collection, state=Return.ACCEPTED)
    files = {
        school: Counts(1, on_roll, left)
        for school, on_roll, left in standing.values_list("school_id", "on_roll", "no_longer_on_roll")
    }
    ids = [str(pk) for pk in standing.values_list("pk", flat=True)]
    study = {
        school: Counts(*counts)
        for school, counts in reading.counts_by_school(settings.ROLLBOOK.study, collection, ids).items()
    }
    lines = _lines((files, study, _identity(collection)))
    authorities: dict[str, list[Line]] = {}
    for line in lines:
        authorities.setdefault(line.what[:3], []).append(line)
    missing = School.objects.exclude(pk__in=files).order_by("pk").values_list("pk", flat=True)
    return Reconciled(
        collection=collection,
        schools=lines,
        authorities=tuple(_total(authority, theirs) for authority, theirs in authorities.items()),
        nation=_total("nation", lines),
        missing=tuple(missing),
    )


def _require(collection: str) -> None:
    if not Collection.objects.filter(pk=collection).exists():
        mend = "Write its code, for example sc-spr-2025."
        raise InputRefused(Reason("collection", "There is no such collection", collection[:32], mend))


def _identity(collection: str) -> dict[str, Counts]:
    with people_zone():
        rows = (
            Sighting.objects.filter(source__collection=collection, source__state=Return.ACCEPTED)
            .values("source__school_id")
            .annotate(
                returns=Count("source", distinct=True),
                here=Count("pk", filter=Q(on_roll=True)),
                left=Count("pk", filter=Q(on_roll=False)),
            )
            .order_by("source__school_id")
        )
        return {row["source__school_id"]: Counts(row["returns"], row["here"], row["left"]) for row in rows}


def _lines(counted: tuple[Mapping[str, Counts], Mapping[str, Counts], Mapping[str, Counts]]) -> tuple[Line, ...]:
    files, study, identity = counted
    nothing = Counts()
    return tuple(
        Line(school, (files.get(school, nothing), study.get(school, nothing), identity.get(school, nothing)))
        for school in sorted({*files, *study, *identity})
    )


def _total(what: str, lines: "tuple[Line, ...] | list[Line]") -> Line:
    def of(place: int) -> Counts:
        return sum((line.counts[place] for line in lines), Counts())

    return Line(what, (of(0), of(1), of(2)))


def progress(*, by: Actor, collection: str) -> tuple[AuthorityProgress, ...]:
    """How far each authority has come, by its number. Its counts agree when those of each of its schools do."""
    require_role(by, Role.CUSTODIAN)
    found = reconcile(by=by, collection=collection)
    differing = {line.what[:3] for line in found.differing}
    received, queries = _received(collection)
    tried = set(Return.objects.filter(collection=collection, state=Return.REFUSED).values_list("school_id", flat=True))
    schools = list(School.objects.order_by("pk").values_list("pk", flat=True))
    return tuple(
        AuthorityProgress(
            authority=authority,
            received=sum(1 for one in schools if one[:3] == authority and one in received),
            refused=sum(1 for one in schools if one[:3] == authority and one in tried - received),
            missing=sum(1 for one in schools if one[:3] == authority and one not in received | tried),
            queries=sum(count for school, count in queries.items() if school[:3] == authority),
            agrees=authority not in differing,
        )
        for authority in sorted({one[:3] for one in schools})
    )


def _received(collection: str) -> tuple[set[str], dict[str, int]]:
    """The schools with a standing return, and how many queries each has."""
    asked: Any = Func(
        F("issues"), template=f"jsonb_array_length(jsonb_path_query_array(%(expressions)s, '{_QUERIES}'))"
    )
    rows = Return.objects.filter(collection=collection, state=Return.ACCEPTED).annotate(
        queries=Func(asked, template="%(expressions)s", output_field=IntegerField())
    )
    queries = dict(rows.values_list("school_id", "queries"))
    return set(queries), queries


def open_collections(*, by: Actor) -> tuple[tuple[str, str], ...]:
    """Code and name of each collection, the newest first."""
    require_role(by, Role.CUSTODIAN)
    return tuple(Collection.objects.order_by("-reference_date", "code").values_list("code", "name"))
