"""The dirt that is planned into invented tables, because clean data hides the faults that real data finds.

Each fault is a condition on the row and what then stands in the column instead. The same condition writes the truth
file, so what was spoilt, and what stood there before, is known for every value.
"""

from dataclasses import dataclass

from rollbook.dataplane.census.catalogue import Item
from rollbook.dataplane.runs.dummy_values import CENSUS_DAY, draw, quoted

PER_MILLE_MISSING, PER_MILLE_IMPOSSIBLE, PER_MILLE_TWICE, PER_MILLE_LATE, PER_MILLE_AT_ODDS = 20, 5, 10, 5, 100


@dataclass(frozen=True, slots=True)
class Fault:
    """One way a column is spoilt: its name, the SQL condition and the SQL of what stands there then."""

    name: str
    when: str
    instead: str


def faults(item: Item, seed: int) -> list[Fault]:
    """How a column is spoilt; the first fault that applies to a row wins."""

    def one_in(name: str, per_mille: int) -> str:
        return f"{draw(f'{name} {item.id}', seed, 'i', 'n')} % 1000 < {per_mille}"

    found = [Fault("missing", one_in("missing", PER_MILLE_MISSING), "NULL")]
    if item.kind == "date":
        found.append(Fault("impossible date", one_in("impossible", PER_MILLE_IMPOSSIBLE), "DATE '1900-01-01'"))
    if item.id == "leaving-date":
        found.append(Fault("late leaver", one_in("late", PER_MILLE_LATE), f"{CENSUS_DAY} + 30"))
    if item.id == "sex":
        other = "CASE sex WHEN 'M' THEN 'F' ELSE 'M' END"
        found.append(Fault("two rolls at odds", f"n = 1 AND {one_in('at odds', PER_MILLE_AT_ODDS)}", other))
    return found


def repeated(table: str, seed: int) -> str:
    """The condition under which a row stands there twice."""
    return f"{draw(f'twice {table}', seed, 'i', 'n')} % 1000 < {PER_MILLE_TWICE}"


def spoilt(true: str, found: list[Fault]) -> str:
    """The value of a column with its faults in it."""
    cases = " ".join(f"WHEN {fault.when} THEN {fault.instead}" for fault in found)
    # Nothing goes missing where nothing was, so the truth file and the data agree.
    return f"CASE {cases} ELSE {true} END" if found else true


def truth(table: str, item: Item, true: str, found: list[Fault]) -> list[str]:
    """Queries for the truth file: a line for each value of a column that is not what it was."""
    earlier: list[str] = []
    queries = []
    for fault in found:
        alone = "".join(f" AND NOT ({when})" for when in earlier)
        differs = f"({fault.instead}) IS DISTINCT FROM ({true})"
        queries.append(
            f"SELECT ppid, {quoted(table)} AS in_table, {quoted(item.column)} AS in_column, "  # noqa: S608
            f"{quoted(fault.name)} AS fault, CAST({true} AS VARCHAR) AS was "
            f"FROM rows WHERE {fault.when}{alone} AND {differs}"
        )
        earlier.append(fault.when)
    return queries


def truth_of_repeats(table: str, seed: int) -> str:
    """The query for the rows that stand there twice."""
    return (
        f"SELECT ppid, {quoted(table)} AS in_table, '' AS in_column, 'row repeated' AS fault, "  # noqa: S608
        f"CAST(NULL AS VARCHAR) AS was FROM rows WHERE {repeated(table, seed)}"
    )
