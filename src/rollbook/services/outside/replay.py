"""Judging a released table again from what is public: its record and its figures. No Django; anybody can do it.

The digest, the threshold of every figure of a count, the sums, and for each hidden cell the attack of an outsider who
has the table alone. What was judged on evidence that never leaves (people behind a measure, a second unit) is not
judged again, and the answer names it.
"""

import csv
import hashlib
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import numpy as np

from rollbook.dataplane.runs.file_form import DeclaredFile
from rollbook.dataplane.runs.hostile_file import read_file
from rollbook.kernel import canonical
from rollbook.kernel.refusals import InputRefused, Reason
from rollbook.sdc.by_hand import NOT_COVERED, ByHand, from_text
from rollbook.sdc.hiding import MARK
from rollbook.sdc.linking import one_system
from rollbook.sdc.models import PEOPLE
from rollbook.sdc.nesting import TOTAL, Labels, axes_of, grid
from rollbook.sdc.rounding import ROUNDED
from rollbook.sdc.rules import MODELS_RULE_SET
from rollbook.sdc.suppression.outsider import narrower
from rollbook.sdc.survival import AT_RISK, EVENTS
from rollbook.sdc.tables import nested_in
from rollbook.services.outside.proved_release import Proof, Signed
from rollbook.services.platform.solver_name import solver_name_aside

COUNT: Final = "count"
_FORMS: Final = ("rollbook/release-record@v1", "rollbook/release-record@v2")
FILE_FORM: Final = "rollbook/file-record@v1"


@dataclass(frozen=True, slots=True)
class Replay:
    """What judging again gave: `same` when it is the recorded verdict; each difference is a sentence. `signed`: who
    signed the files in the log, None where no proof was given.
    """

    output: str
    recorded: str
    same: bool
    differences: tuple[str, ...]
    cells: int
    hidden: int
    not_judged: tuple[str, ...]
    signed: Signed | None = None


def replay(record_file: Path, table_file: Path, proof: Proof | None = None, others: Sequence[Path] = ()) -> Replay:
    """Judge `table_file` by the parameters of `record_file`; with a proof only if the log signed these very files. A
    release of several tables is judged with all of them: `others`, by the names that they were released under.

    Raises:
        InputRefused: code `record`, where the first file is no record of a release, or of another number of tables.
        VerificationFailed: the proof does not hold, with the codes of V3 and V11.
    """
    record, files = _record(record_file), [table_file, *others]
    parts = record.get("tables", [record])
    if len(files) != len(parts):
        mend = "Give the file of each table that left with it."
        raise InputRefused(Reason("record", f"The record is about {len(parts)} tables", record_file.name, mend))
    named = {file.name: file for file in files}
    data = [named.get(f"{part['output']}.csv", file).read_bytes() for part, file in zip(parts, files, strict=True)]
    alone = str(record.get("file", "table.csv"))
    names = [alone] if len(parts) == 1 else [f"{part['output']}.csv" for part in parts]
    signed = None if proof is None else proof.verified(
        {**dict(zip(names, data, strict=True)), "record.json": record_file.read_bytes()})  # fmt: skip
    if record["form"] == FILE_FORM:
        return _by_hand(record, data[0], signed)
    tables = [figures_in(one.decode()) for one in data]
    found = [sentence for part, one in zip(parts, data, strict=True) for sentence in _alone(part, one)]
    counts = [(part, *one) for part, one in zip(parts, tables, strict=True) if one[0][-1] == COUNT]
    if any(MARK in figures.values() for _, _, figures in counts):
        laid_out = [(figures, _columns(part, head)) for part, head, figures in counts]
        found += attacked(laid_out, int(parts[0]["parameters"]["threshold"]))
    return Replay(
        output=str(record["output"]),
        recorded=", ".join(dict.fromkeys(str(part["verdict"]) for part in parts)),
        same=not found,
        differences=tuple(found),
        cells=sum(len(figures) for _, figures in tables),
        hidden=sum(list(figures.values()).count(MARK) for _, figures in tables),
        signed=signed,
        not_judged=tuple(dict.fromkeys(
            _not_judged(head[-1], str(part["rule_set"])) for part, (head, _) in zip(parts, tables, strict=True))),
    )  # fmt: skip


def _alone(part: dict[str, Any], data: bytes) -> Iterator[str]:
    """What is wrong with one table of a record, whatever left beside it."""
    head, figures = figures_in(data.decode())
    threshold = int(part["parameters"]["threshold"])
    yield from (*_digest(part, data), *_cells(part, figures))
    if part["rule_set"] == MODELS_RULE_SET:
        yield from _few(figures, threshold)
    if head[-1] == COUNT:
        yield from small(figures, threshold)
    if ROUNDED in head[-1]:
        yield from rounded(figures, int(head[-1].rpartition(ROUNDED)[2]))


def _by_hand(record: dict[str, Any], data: bytes, signed: Signed | None) -> Replay:
    """Of a file by exception nothing was judged by rules: its bytes, its one form and the warnings that follow from its
    text alone are made again.
    """
    if hashlib.sha256(data).hexdigest() != record["file_sha256"]:
        found = ["The file is not the one that the record is about"]
    else:
        name, _, form = str(record["file"]).rpartition(".")
        head = tuple(data.decode().partition("\n")[0].strip().split(",")) if form == "csv" else ()
        again = read_file(data, DeclaredFile(name, form, "", head), ())
        found = [] if again.text.encode() == data else ["The file is not in the one form it can have"]
        told = [(one["code"], one["message"]) for one in record["warnings"]]
        made = [(one.code, one.message) for one in from_text(again.text, ByHand(**record["parameters"]))]
        found += [f"A warning is missing in the record: {words}" for code, words in made if (code, words) not in told]
    return Replay(
        output=str(record["output"]),
        recorded=f"{record['verdict']}, by {', '.join(str(one['role']) for one in record['decisions'])}",
        same=not found,
        differences=tuple(found),
        cells=0,
        hidden=0,
        signed=signed,
        not_judged=(NOT_COVERED.rstrip("."), "the grounds of those who judged it by hand, which stand in the record"),
    )


def figures_in(table: str) -> tuple[list[str], dict[tuple[str, ...], str]]:
    """The head of a released table, and its figures by their labels, as they were published."""
    head, *rows = csv.reader(io.StringIO(table))
    return head, {tuple(row[:-1]): row[-1] for row in rows}


def _not_judged(measure: str, rule_set: str) -> str:
    if rule_set == MODELS_RULE_SET:
        return "what stands behind the estimates"
    return "groups that are all alike" if measure == COUNT else f"the people behind each {measure}"


def _record(file: Path) -> dict[str, Any]:
    try:
        record = canonical.loads(file.read_bytes())
        if record["form"] in (*_FORMS, FILE_FORM):
            return record
    except (ValueError, KeyError):
        pass
    mend = "Take it from the page of the released table."
    raise InputRefused(Reason("record", "This is not the record of a release", file.name, mend))


def _columns(record: dict[str, Any], head: Sequence[str]) -> tuple[Labels, ...]:
    """The columns of each axis: as the record says, or each by itself."""
    return nested_in(record) or tuple((name,) for name in head[:-1])


def _digest(record: dict[str, Any], data: bytes) -> list[str]:
    same = hashlib.sha256(data).hexdigest() == record["table_sha256"]
    return [] if same else ["The table is not the one that the record is about"]


def _cells(record: dict[str, Any], figures: dict[tuple[str, ...], str]) -> list[str]:
    told = {tuple(cell["labels"]): cell["verdict"] for cell in record["cells"]}
    seen = {labels: "hidden" if figure == MARK else "passed" for labels, figure in figures.items()}
    return [f"{', '.join(labels)}: recorded and shown differ" for labels in sorted(told.keys() ^ seen.keys())] + [
        f"{', '.join(labels)}: recorded as {told[labels]}"
        for labels in told.keys() & seen
        if told[labels] != seen[labels]
    ]


def small(figures: dict[tuple[str, ...], str], threshold: int) -> list[str]:
    """The figures of a count that are shown though they are below the threshold."""
    return [
        f"{', '.join(labels)}: a figure below {threshold}"
        for labels, figure in figures.items()
        if figure != MARK and 0 < int(figure) < threshold
    ]


def rounded(figures: dict[tuple[str, ...], str], base: int) -> list[str]:
    """The figures of a rounded count that are no multiple of its base, and the totals that are not their cells' sum."""
    odd = [f"{', '.join(labels)}: no multiple of {base}" for labels, figure in figures.items() if int(figure) % base]
    cells = {labels: int(figure) for labels, figure in figures.items() if TOTAL not in labels}
    for labels, figure in figures.items():
        inside = (
            count for cell, count in cells.items() if all(w in (n, TOTAL) for n, w in zip(cell, labels, strict=True))
        )
        if sum(inside) != int(figure):
            odd.append(f"{', '.join(labels)}: not the sum of its cells")
    return odd


def _few(figures: dict[tuple[str, ...], str], threshold: int) -> list[str]:
    """Of a model its people; of a survival table its steps, and who left between two of them without the event."""
    found = [
        f"{', '.join(labels)}: a figure below {threshold}"
        for labels, figure in figures.items()
        if labels[-1] in (PEOPLE, AT_RISK, EVENTS) and int(figure) < threshold
    ]
    steps = [(labels[:-1], int(figure)) for labels, figure in figures.items() if labels[-1] == AT_RISK]
    for (before, at_risk), (after, still) in pairwise(steps):
        left = at_risk - int(figures[*before, EVENTS]) - still
        if before[:-1] == after[:-1] and left and left < threshold:
            found.append(f"{', '.join(after)}: fewer than {threshold} left before it")
    return found


def attacked(tables: Sequence[tuple[dict[Labels, str], Sequence[Labels]]], threshold: int) -> list[str]:
    """The attack from the published figures alone, on tables with totals: of each its figures and its axes' columns."""
    axes = [axes_of(columns, (labels for labels in figures if TOTAL not in labels)) for figures, columns in tables]
    orders = [list(grid(each)) for each in axes]
    if any(set(order) != set(figures) for order, (figures, _) in zip(orders, tables, strict=True)):
        return ["The table lacks a cell or a total"]
    system, numbers = one_system([(each, np.zeros([len(axis.leaves) for axis in each])) for each in axes])
    names: dict[int, str] = {}
    told: dict[int, str] = {}
    for order, places, (figures, _) in zip(orders, numbers, tables, strict=True):
        for labels, place in zip(order, places.tolist(), strict=True):
            if told.setdefault(place, figures[labels]) != figures[labels]:
                return [f"{', '.join(labels)}: one figure is shown in two ways"]
            names.setdefault(place, ", ".join(labels))
    hidden = np.array([told[place] == MARK for place in range(system.count)])
    system.values[:] = [0.0 if told[place] == MARK else float(told[place]) for place in range(system.count)]
    solver_name_aside()
    try:
        narrow = narrower(system, hidden, float(threshold))
    except ArithmeticError:
        return ["The figures contradict each other"]
    return [f"{names[int(place)]}: can be worked out to within {threshold}" for place in np.flatnonzero(narrow)]
