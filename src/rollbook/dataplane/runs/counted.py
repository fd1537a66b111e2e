"""One table counted from the people a study derived: its figures, what the rules say, and who is in which cell."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pyarrow as pa

from rollbook.dataplane.runs.table_form import PersonTable
from rollbook.dataplane.runs.tabulate import behind, tabulate, told_levels, told_over
from rollbook.dataplane.runs.who import told_by_terms, who_is_where
from rollbook.sdc.frequency import Verdict
from rollbook.sdc.judging import Table, judge
from rollbook.sdc.membership import Membership
from rollbook.sdc.models import Model
from rollbook.sdc.rules import SdcParameters


@dataclass(frozen=True, slots=True)
class Counted:
    """A table as it was `declared`. Of `told` who is in which cell comes first, what a model's terms tell after it."""

    declared: PersonTable
    table: Table
    verdict: Verdict
    told: tuple[Membership, ...]


def count(
    rows: pa.Table,
    declared: PersonTable,
    people: Sequence[int],
    pseudonyms: Callable[[Sequence[int]], list[bytes]],
    parameters: SdcParameters,
) -> Counted:
    """The declared table of `rows`, the derived table, in a run over `people`."""
    table = tabulate(rows, declared)
    inside = behind(rows, declared, table, parameters)
    who = who_is_where(inside, told_over(table), people, pseudonyms, told_levels(table), declared.measure)
    model = declared.measure
    terms = told_by_terms(inside, people, pseudonyms, model) if isinstance(model, Model) else ()
    return Counted(declared, table, judge(table, parameters), (who, *terms))
