"""A return as a load hands it on: judged by itself, its rows laid out for both stores, all but whose they are.

Made by the processes that read (`services.returns.crew`), so that the one that commits has little left to do but to
say who is who. Needs no Django. Pupils are numbered from 1 in file order; every list here has one entry for each of
them.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from functools import cached_property
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from rollbook.dataplane.census.parsed import ParsedReturn
from rollbook.dataplane.census.rules import RULES
from rollbook.dataplane.census.ruling import Severity
from rollbook.dataplane.people.in_turn import Roll
from rollbook.dataplane.store.landing import shaped
from rollbook.services.returns.examine import Examined, examine
from rollbook.services.returns.findings import DiscardLine, IssueLine, discard_lines, rule_lines
from rollbook.services.returns.query_facts import Asked, Question, Questioner
from rollbook.services.returns.upload_findings import Placed, of_severity, place

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

    `study` are the study tables with the pupil number where the person key will stand. `said` has a row for each
    pupil: the columns of a sighting but person and source. `queries` are what the school can be asked to explain, with
    what each is about. Between processes the tables go in Arrow's own form.
    """

    name: str
    sha256: str
    collection: str
    laestab: str
    serial: str
    members: tuple[tuple[int, str], ...]
    issues: tuple[IssueLine, ...]
    discards: tuple[DiscardLine, ...]
    study: Mapping[str, pa.Table] = field(repr=False)
    said: pa.Table = field(repr=False)
    queries: tuple[tuple[Placed, Question], ...] = field(repr=False, default=())

    def __getstate__(self) -> dict[str, Any]:
        held = {one.name: getattr(self, one.name) for one in fields(self)}
        packed = {name: _packed(table) for name, table in self.study.items()}
        return {**held, "study": packed, "said": _packed(self.said)}

    def __setstate__(self, held: dict[str, Any]) -> None:
        study = {name: _unpacked(data) for name, data in held["study"].items()}
        vars(self).update({**held, "study": study, "said": _unpacked(held["said"])})

    @property
    def pupils(self) -> int:
        """How many pupils it holds, leavers included."""
        return int(self.said.num_rows)

    @cached_property
    def on_roll(self) -> int:
        """How many of them are on roll."""
        return int(pc.sum(self.said["on_roll"]).as_py() or 0)

    @cached_property
    def roll(self) -> Roll:
        """The pupils as matching needs them."""
        names = (self._given(name) for name in ("forename", "surname"))
        return Roll(self._given("upn"), self._given("former_upn"), self.said["date_of_birth"].to_pylist(), *names)

    @property
    def ulns(self) -> list[str | None]:
        """The learner number of each pupil."""
        return self._given("uln")

    @property
    def lines(self) -> list[int]:
        """The line of each pupil."""
        return [line or 0 for line in self.said["line"].to_pylist()]

    def _given(self, name: str) -> list[str | None]:
        return [text or None for text in self.said[name].to_pylist()]

    @cached_property
    def asked(self) -> frozenset[str]:
        """Every UPN and former UPN given that somebody can have: letters and digits alone."""
        given = {*self.roll.upns, *self.roll.formers}
        return frozenset(upn for upn in given if upn and upn.isascii() and upn.isalnum())

    @cached_property
    def upns_on_roll(self) -> list[str]:
        """The UPNs on its roll. A leaver is not among them: one who left is rightly on another."""
        return _some(self.said.filter(self.said["on_roll"])["upn"])

    def with_status(self, status: str) -> list[str]:
        """The UPNs on its roll with this enrolment status."""
        have: Any = pc.equal(self.said["enrol_status"], pa.scalar(status))
        return _some(self.said.filter(pc.and_(self.said["on_roll"], have))["upn"])

    @property
    def identity(self) -> pa.Table:
        """What names its pupils: all that a doubt of matching is about."""
        names = {name: _no_text(self.said[name]) for name in ("surname", "forename")}
        numbers = {"upn": self.roll.upns, "former_upn": self.roll.formers, "dob": self.roll.births}
        return pa.table({"pupil_no": self.said["pupil_no"], **numbers, **names})

    def on_two_rolls(self, elsewhere: Collection[str]) -> list[IssueLine]:
        """What the rule on two records of one UPN says of pupils whom another school has on roll as an only school."""
        told = {one.pupil_no for one in self.issues if one.rule == _TWO_ROLLS.id}
        columns = (self.said[name].to_pylist() for name in ("pupil_no", "upn", "on_roll", "enrol_status", "line"))
        return [
            IssueLine(
                _TWO_ROLLS.id, _TWO_ROLLS.severity.value, _TWO_ROLLS.message, _TWO_ROLLS.mend, line or 0, number, "upn"
            ).placed(self.members)
            for number, upn, on_roll, status, line in zip(*columns, strict=True)
            if upn in elsewhere and on_roll and status not in _DUAL and number not in told
        ]


def _some(column: Any) -> list[str]:
    return [text for text in column.to_pylist() if text]


def _packed(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    return sink.getvalue().to_pybytes()


def _unpacked(data: bytes) -> pa.Table:
    with pa.ipc.open_stream(data) as stream:
        return stream.read_all()


def read_and_prepare(data: bytes, name: str, at: datetime, *, quickly: bool = False) -> Prepared:
    """Read, judge and lay out one file; `at` is the moment it came. `quickly` is as in `examine`.

    Raises:
        InputRefused: the bytes are no return.
    """
    return prepare(examine(data, name, at, quickly=quickly))


def prepare(examined: Examined) -> Prepared:
    """Lay out a return that was read and judged."""
    parsed = examined.parsed
    header = parsed.header
    return Prepared(
        name=parsed.name,
        sha256=parsed.sha256,
        collection=header.collection_code,
        laestab=header.laestab,
        serial=header.serial_no or "",
        members=parsed.members,
        issues=tuple(one.placed(parsed.members) for one in rule_lines(examined.issues)),
        discards=tuple(discard_lines(parsed.discards)),
        study=shaped(parsed.tables),
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
