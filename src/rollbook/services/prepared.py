"""A return as a load hands it on: judged by itself, its rows laid out for both stores, all but whose they are.

Made by the processes that read (`services.crew`), so that the one that commits has little left to do but to say who is
who. Needs no Django. Pupils are numbered from 1 in file order; every list here has one entry for each of them.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from rollbook.dataplane.census.parsed import ParsedReturn
from rollbook.dataplane.census.rules import RULES
from rollbook.dataplane.census.ruling import Severity
from rollbook.dataplane.people.matching import Claimant
from rollbook.dataplane.store.landing import shaped
from rollbook.services.examine import Examined, examine
from rollbook.services.findings import DiscardLine, IssueLine, discard_lines, rule_lines
from rollbook.services.query_facts import Asked, Question, Questioner
from rollbook.services.upload_findings import Placed, of_severity, place

# Column of the parsed identity table, and the field of a sighting that takes it.
_NAMES: Final = (
    "upn", "former_upn", "uln", "surname", "forename", "middle_names", "preferred_surname", "former_surname", "sex",
)  # fmt: skip
_HOME: Final = {"address": "address_line", "postcode": "postcode", "uprn": "uprn"}
_TWO_ROLLS: Final = RULES["PT-016"]
# Two schools may both have a pupil on roll who is registered with two.
_DUAL: Final = frozenset({"M", "S"})


@dataclass(frozen=True)
class Prepared:
    """One return, judged but for what only the authority knows: who its pupils are, and who else has them on roll.

    `rolls` has the enrolment status of a pupil on roll ("" when none was given), None for one no longer on roll.
    `study` are the study tables with the pupil number where the person key will stand. `said` has a row for each
    pupil: the columns of a sighting but person and source. `queries` are what the school can be asked to explain, with
    what each is about.
    """

    name: str
    sha256: str
    collection: str
    laestab: str
    serial: str
    upns: Sequence[str | None]
    formers: Sequence[str | None]
    ulns: Sequence[str | None]
    births: Sequence[date | None]
    rolls: Sequence[str | None]
    lines: Sequence[int]
    members: tuple[tuple[int, str], ...]
    issues: tuple[IssueLine, ...]
    discards: tuple[DiscardLine, ...]
    study: Mapping[str, pa.Table] = field(repr=False)
    said: pa.Table = field(repr=False)
    queries: tuple[tuple[Placed, Question], ...] = field(repr=False, default=())

    @property
    def pupils(self) -> int:
        """How many pupils it holds, leavers included."""
        return len(self.upns)

    @property
    def on_roll(self) -> int:
        """How many of them are on roll."""
        return sum(1 for status in self.rolls if status is not None)

    @property
    def claimants(self) -> tuple[Claimant, ...]:
        """The pupils as matching needs them, in file order."""
        names = (self.said[name].to_pylist() for name in ("forename", "surname"))
        return tuple(map(Claimant, range(1, self.pupils + 1), self.upns, self.formers, self.births, *names))

    @cached_property
    def asked(self) -> frozenset[str]:
        """Every UPN and former UPN given that somebody can have: letters and digits alone."""
        given = {*self.upns, *self.formers}
        return frozenset(upn for upn in given if upn and upn.isascii() and upn.isalnum())

    @cached_property
    def upns_on_roll(self) -> list[str]:
        """The UPNs on its roll. A leaver is not among them: one who left is rightly on another."""
        return [upn for upn, roll in zip(self.upns, self.rolls, strict=True) if upn and roll is not None]

    def with_status(self, status: str) -> list[str]:
        """The UPNs on its roll with this enrolment status."""
        return [upn for upn, roll in zip(self.upns, self.rolls, strict=True) if upn and roll == status]

    @property
    def identity(self) -> pa.Table:
        """What names its pupils: all that a doubt of matching is about."""
        names = {name: _no_text(self.said[name]) for name in ("surname", "forename")}
        numbers = {"upn": self.upns, "former_upn": self.formers, "dob": self.births}
        return pa.table({"pupil_no": self.said["pupil_no"], **numbers, **names})

    def on_two_rolls(self, elsewhere: Collection[str]) -> list[IssueLine]:
        """What the rule on two records of one UPN says of pupils whom another school has on roll as an only school."""
        told = {one.pupil_no for one in self.issues if one.rule == _TWO_ROLLS.id}
        rows = enumerate(zip(self.upns, self.rolls, self.lines, strict=True), start=1)
        return [
            IssueLine(
                _TWO_ROLLS.id, _TWO_ROLLS.severity.value, _TWO_ROLLS.message, _TWO_ROLLS.mend, line, number, "upn"
            ).placed(self.members)
            for number, (upn, roll, line) in rows
            if upn in elsewhere and roll is not None and roll not in _DUAL and number not in told
        ]


def read_and_prepare(data: bytes, name: str, at: datetime, *, quickly: bool = False) -> Prepared:
    """Read, judge and lay out one file; `at` is the moment it came. `quickly` is as in `examine`.

    Raises:
        InputRefused: the bytes are no return.
    """
    return prepare(examine(data, name, at, quickly=quickly))


def prepare(examined: Examined) -> Prepared:
    """Lay out a return that was read and judged."""
    parsed = examined.parsed
    identity, pupil = parsed.tables["identity"], parsed.tables["pupil"]
    upns, formers, ulns, births = (identity[name].to_pylist() for name in ("upn", "former_upn", "uln", "dob"))
    statuses = zip(pupil["on_roll"].to_pylist(), pupil["enrol_status"].to_pylist(), strict=True)
    header = parsed.header
    return Prepared(
        name=parsed.name,
        sha256=parsed.sha256,
        collection=header.collection_code,
        laestab=header.laestab,
        serial=header.serial_no or "",
        upns=upns,
        formers=formers,
        ulns=ulns,
        births=births,
        rolls=[status or "" if on_roll else None for on_roll, status in statuses],
        lines=[line or 0 for line in pupil["line"].to_pylist()],
        members=parsed.members,
        issues=tuple(one.placed(parsed.members) for one in rule_lines(examined.issues)),
        discards=tuple(discard_lines(parsed.discards)),
        study=shaped(parsed.tables, header.collection_code, header.laestab),
        said=_said(parsed),
        queries=_queries(examined),
    )


def _queries(examined: Examined) -> tuple[tuple[Placed, Question], ...]:
    parsed, found = examined.parsed, of_severity(examined.issues, Severity.QUERY)
    if not found:
        return ()
    asked = [Asked(one.rule, one.message, one.pupil_no, one.field) for one in found]
    questions = Questioner(parsed.tables, parsed.school).questions(asked)
    return tuple((place(one, parsed, {}), question) for one, question in zip(found, questions, strict=True))


def _said(parsed: ParsedReturn) -> pa.Table:
    """What the return says of each pupil's identity; of several addresses the first."""
    identity, roll, home = (parsed.tables[name] for name in ("identity", "pupil", "address"))
    number: Any = identity["pupil_no"].combine_chunks()
    at_home = pc.index_in(number, home["pupil_no"].combine_chunks())
    return pa.table(
        {
            "pupil_no": number,
            "line": identity["line"],
            "on_roll": roll["on_roll"],
            "enrol_status": _text(roll["enrol_status"]),
            "date_of_birth": identity["dob"],
            **{name: _text(identity[name]) for name in _NAMES},
            **{name: _text(home[column].combine_chunks().take(at_home)) for name, column in _HOME.items()},
        }
    )


def _text(column: Any) -> Any:
    return pc.fill_null(column, "")


def _no_text(column: Any) -> Any:
    """What `_text` was given."""
    return pc.if_else(pc.equal(column, pa.scalar("")), None, column)
