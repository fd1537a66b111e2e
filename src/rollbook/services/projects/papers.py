"""Agreements and impact assessments as plain text: the document hashed in the log is made here from the fields.

So what the gate reads and what the public reads cannot differ.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from rollbook.policy.powers import POWERS
from rollbook.policy.purposes import PURPOSES


@dataclass(frozen=True, slots=True)
class Clause:
    """One clause of an agreement: what is agreed and who answers for it."""

    title: str
    text: str
    owner: str


@dataclass(frozen=True, slots=True)
class Step:
    """One step of an impact assessment: its heading and what was found."""

    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Terms:
    """What an agreement says, apart from its clauses."""

    title: str
    organisation: str
    number: str
    power: str
    cited_law: str
    purposes: tuple[str, ...]
    items: tuple[str, ...]
    starts: date
    ends: date
    review_by: date


def agreement_text(terms: Terms, clauses: Sequence[Clause]) -> str:
    """The whole agreement as one text."""
    lines = [
        terms.title,
        "",
        f"With: {terms.organisation} (number {terms.number})",
        f"Power: {terms.power}, {POWERS[terms.power].law}",
        *([f"Law relied on: {terms.cited_law}"] if terms.cited_law else []),
        f"In force from {terms.starts} to {terms.ends}, to be reviewed by {terms.review_by}",
        *_scope(terms.purposes, terms.items),
        "",
    ]
    for place, clause in enumerate(clauses, start=1):
        lines += [f"{place}. {clause.title}", clause.text, f"Answerable: {clause.owner}", ""]
    return "\n".join(lines)


def assessment_text(
    title: str, purposes: Sequence[str], items: Sequence[str], starts: date, review_by: date, steps: Sequence[Step]
) -> str:
    """The whole assessment as one text."""
    lines = [title, "", f"From {starts}, to be reviewed by {review_by}", *_scope(purposes, items), ""]
    for place, step in enumerate(steps, start=1):
        lines += [f"{place}. {step.title}", step.text, ""]
    return "\n".join(lines)


def _scope(purposes: Sequence[str], items: Sequence[str]) -> Iterator[str]:
    yield f"Purposes: {'; '.join(PURPOSES[code].name for code in purposes)}"
    yield f"Items: {', '.join(items)}"
