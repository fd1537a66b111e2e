"""Today's rules over every return of a collection that was taken: rules change after returns came.

Numbers alone come back, by rule and by school. No person, no line and no value of a record is among them.
"""

import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import UUID

import pyarrow as pa
from django.conf import settings
from django.db import transaction

from rollbook.dataplane.census.compiled import compiled
from rollbook.dataplane.census.landed_forms import NotLanded, Setting
from rollbook.dataplane.census.rules import RULES
from rollbook.dataplane.people.keys import PLACE_BITS
from rollbook.dataplane.store.rule_passes import IDENTITY, Part, Passes, engine_for
from rollbook.dataplane.store.tables import TABLES, files_of
from rollbook.kernel.refusals import InputRefused, Reason
from rollbook.kernel.terms import Term, census_day
from rollbook.policy.roles import Role
from rollbook.records.models.collections import Collection, Return
from rollbook.services.platform.actors import Actor, require_role
from rollbook.services.platform.audit import audit
from rollbook.services.returns.identity_said import said_of

RETURNS_AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True)
class RuleCount:
    """How often a rule is broken, and in how many schools."""

    rule: str
    severity: str
    message: str
    findings: int
    schools: int


@dataclass(frozen=True, slots=True)
class SchoolCount:
    """How often one school's return breaks a rule."""

    laestab: str
    rule: str
    findings: int


@dataclass(frozen=True, slots=True)
class LandedCheck:
    """What the rules say of a collection: `rules_run` of them have a form over landed rows."""

    collection: str
    returns: int
    rules_run: int
    rules: tuple[RuleCount, ...]
    schools: tuple[SchoolCount, ...]


def check_landed(*, by: Actor, collection: str) -> LandedCheck:
    """Run the rules over the accepted returns of a collection.

    Raises:
        InputRefused: there is no such collection.
    """
    require_role(by, Role.OPERATOR, Role.SYSTEM)
    with transaction.atomic():
        if not Collection.objects.filter(code=collection).exists():
            raise InputRefused(Reason("collection-unknown", "There is no such collection", collection[:40]))
        rows = Return.objects.filter(collection_id=collection, state=Return.ACCEPTED).order_by("school_id")
        accepted = list(rows.values_list("pk", "school_id", "school__phase"))
        audit(by, "check-landed", collection, returns=len(accepted))
    returns = pa.table(
        {
            "return_id": pa.array([str(pk) for pk, *_ in accepted], pa.string()),
            "no": pa.array(range(len(accepted)), pa.int32()),
            "phase": pa.array([phase for *_, phase in accepted], pa.string()),
        }
    )
    schools = [school for _, school, _ in accepted]
    counted = [*_found(settings.ROLLBOOK.study, returns, collection), *_found_of_identity(returns, collection)]
    found = [SchoolCount(schools[no], rule, findings) for rule, no, findings in counted]
    run = sum(not isinstance(rule.landed, NotLanded) for rule in RULES.values())
    return LandedCheck(collection, len(accepted), run, _by_rule(found), tuple(found))


def _setting(collection: str) -> Setting:
    _, term, year = collection.upper().split("-")
    return Setting(collection, Term(term), census_day(Term(term), int(year)))


def _found_of_identity(returns: pa.Table, collection: str) -> list[tuple[str, int, int]]:
    """The rules about numbers and names, over what the identity zone has of some returns at a time, each whole."""
    statements = compiled(RULES.values(), _setting(collection), [IDENTITY])
    found: list[tuple[str, int, int]] = []
    for first in range(0, len(returns), RETURNS_AT_ONCE):
        some = returns.slice(first, RETURNS_AT_ONCE)
        part = Part({IDENTITY: said_of([UUID(one) for one in some["return_id"].to_pylist() if one])})
        with tempfile.TemporaryDirectory() as spill, engine_for(some, Path(spill)) as engine:
            found += [(one.rule, one.no, one.findings) for one in Passes(engine, [part], statements).counts()]
    return found


def _found(root: Path, returns: pa.Table, collection: str) -> list[tuple[str, int, int]]:
    setting = _setting(collection)
    parts = parts_of(root, collection)
    held = sorted({table for part in parts for table in part.tables})
    with (
        tempfile.TemporaryDirectory(dir=root.parent, prefix=".spill-") as spill,
        engine_for(returns, Path(spill)) as engine,
    ):
        counts = Passes(engine, parts, compiled(RULES.values(), setting, held)).counts()
    return [(one.rule, one.no, one.findings) for one in counts]


def parts_of(root: Path, collection: str) -> list[Part]:
    """The landed files of a collection, a birth year a part: no more than these need be in memory at once."""
    tables: dict[int, dict[str, list[Path]]] = {}
    for table in TABLES:
        for file in files_of(root, table):
            if f"collection={collection}" in file.path.parts:
                for year in range(file.first_person >> PLACE_BITS, (file.last_person >> PLACE_BITS) + 1):
                    tables.setdefault(year, {}).setdefault(table, []).append(file.path)
    last = (1 << PLACE_BITS) - 1
    return [
        Part(of_year, year << PLACE_BITS, (year << PLACE_BITS) + last)
        for year, of_year in sorted(tables.items())
        if "pupil" in of_year
    ]


def _by_rule(found: list[SchoolCount]) -> tuple[RuleCount, ...]:
    findings: Counter[str] = Counter()
    schools: Counter[str] = Counter()
    for one in found:
        findings[one.rule] += one.findings
        schools[one.rule] += 1
    return tuple(
        RuleCount(number, RULES[number].severity, RULES[number].message, findings[number], schools[number])
        for number in sorted(findings)
    )
