"""Counting a `totals` entry again from the entries before it: what a monitor holds its exact numbers against.

The group of a row is the basis code of the entries it counts. Requests and set-bearing entries can be counted exactly;
pupils only between the bounds that padded sizes allow. Source: docs/spec/transparency-log.md, section 9.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from rollbook.tlog.entries import SET_BEARING
from rollbook.tlog.history import History
from rollbook.tlog.labels import smallest_n


@dataclass(slots=True)
class Count:
    """What one group came to: requests, uses, and the bounds of their pupils."""

    requests: int = 0
    disclosures: int = 0
    fewest: int = 0
    most: int = 0


def recount(history: History, index: int) -> tuple[str, ...]:
    """What is wrong with the rows of the `totals` entry at `index`, one sentence each; empty where they add up."""
    body = history.body(index)
    counted = count(history, index, body["from"], body["to"])
    rows = {row["group"]: row for row in body["rows"]}
    repeated = [] if len(rows) == len(body["rows"]) else ["a group stands twice"]
    groups = sorted(counted.keys() | rows.keys())
    return (*repeated, *(wrong for group in groups for wrong in _wrong(group, counted.get(group), rows.get(group))))


def count(history: History, below: int, first: str, last: str) -> dict[str, Count]:
    """The sound entries below an index, of the days from `first` to `last`, by basis."""
    counts: dict[str, Count] = {}
    for entry in history.entries[:below]:
        body = entry.body
        if body is None or not entry.type or entry.index in history.faulty or not first <= body["at"][:10] <= last:
            continue
        if entry.type == "request":
            counts.setdefault(body["basis"], Count()).requests += 1
        elif entry.type in SET_BEARING:
            one = counts.setdefault(basis_of(history, body), Count())
            one.disclosures += 1
            one.fewest += smallest_n(body["set"]["size_padded"])
            one.most += body["set"]["size_padded"]
    return counts


def basis_of(history: History, body: Mapping[str, Any]) -> str:
    """The basis of a set-bearing entry: its own, or, for a day of look-ups, that of its account's request."""
    if "basis" in body:
        return str(body["basis"])
    decision = history.body(history.body(body["of"])["of"])
    return str(history.body(decision["of"])["basis"])


def _wrong(group: str, counted: Count | None, row: Mapping[str, Any] | None) -> Iterator[str]:
    if row is None:
        yield f"{group}: it is left out"
        return
    one = counted or Count()
    for name, found in (("requests", one.requests), ("disclosures", one.disclosures)):
        if row[name] != found:
            yield f"{group}: {name} are {found} by the entries"
    if not one.fewest <= row["pupils"] <= one.most:
        yield f"{group}: pupils are between {one.fewest} and {one.most} by the entries"
