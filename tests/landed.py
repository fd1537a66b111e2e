"""Returns judged as landed rows: the compiled rules over tables as they would be landed, in the terms of a return."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from rollbook.dataplane.census.compiled import compiled
from rollbook.dataplane.census.landed_forms import NotLanded, Setting
from rollbook.dataplane.census.parsed import ParsedReturn
from rollbook.dataplane.census.rules import RULES, check
from rollbook.dataplane.census.ruling import CheckContext, ReturnView
from rollbook.dataplane.store.landing import filled, shaped
from rollbook.dataplane.store.rule_passes import IDENTITY, IDENTITY_SCHEMA, Part, Passes, engine_for
from rollbook.dataplane.store.tables import TABLES

# Return number, rule, line, pupil number, field.
Found = tuple[int, str, int, int | None, str]
BOTH = {number for number, rule in RULES.items() if not isinstance(rule.landed, NotLanded)}
_FIRST_KEY = 5 << 21


def as_landed(returns: Sequence[ParsedReturn], spill: Path) -> set[Found]:
    """What the compiled rules find. All returns are of one collection."""
    views = [ReturnView(one, CheckContext()) for one in returns]
    setting = Setting(returns[0].header.collection_code, views[0].term, views[0].day)
    tables: dict[str, list[pa.Table]] = {}
    for no, one in enumerate(returns):
        for name, table in shaped(one.tables).items():
            keys = pc.add(table["pupil_no"].cast(pa.int64()), _FIRST_KEY)
            keyed = filled(name, table, {"person_key": keys, "return_id": pa.repeat(f"r{no}", len(table))})
            tables.setdefault(name, []).append(keyed.drop_columns(["bucket", "collection"]))
        tables.setdefault(IDENTITY, []).append(_identity(one, f"r{no}"))
    part = Part({name: pa.concat_tables(some) for name, some in tables.items()})
    named = pa.table(
        {
            "return_id": [f"r{no}" for no in range(len(returns))],
            "no": pa.array(range(len(returns)), pa.int32()),
            "phase": pa.array([one.school.phase for one in returns], pa.string()),
        }
    )
    statements = compiled(RULES.values(), setting, [name for name in (*TABLES, IDENTITY) if name in part.tables])
    with engine_for(named, spill) as engine:
        found = Passes(engine, [part], statements).findings()
    return {
        (one.no, one.rule, one.line, None if one.person_key is None else one.person_key - _FIRST_KEY, one.item)
        for one in found
    }


def _identity(parsed: ParsedReturn, return_id: str) -> pa.Table:
    """What the identity zone holds of a return; a sighting has the line of its pupil."""
    rows = parsed.tables["identity"]
    keys = pc.add(rows["pupil_no"].cast(pa.int64()), _FIRST_KEY)
    given = {name: rows[name] for name in IDENTITY_SCHEMA.names[2:]} | {"line": parsed.tables["pupil"]["line"]}
    return pa.table({"return_id": pa.repeat(return_id, len(rows)), "person_key": keys, **given}, schema=IDENTITY_SCHEMA)


def as_checked(returns: Sequence[ParsedReturn]) -> set[Found]:
    """What the same rules find return by return, in Python."""
    return {
        (no, issue.rule, issue.line, issue.pupil_no, issue.field)
        for no, one in enumerate(returns)
        for issue in check(replace(one, records=None))
        if issue.rule in BOTH
    }
