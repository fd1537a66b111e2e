"""What the job process writes down about an uploaded file, and the values its readers get back.

Places, rules and counts. Of a pupil's values there is only the last four characters of the UPN, which go when the file
is submitted.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

from rollbook.dataplane.census.parsed import ParsedReturn
from rollbook.dataplane.census.rules import RULES
from rollbook.dataplane.census.ruling import Issue, Severity


@dataclass(frozen=True, slots=True)
class Words:
    """What a rule says when it is broken."""

    rule: str
    severity: str
    message: str
    mend: str


@dataclass(frozen=True, slots=True)
class Placed:
    """One place where a rule is broken; `file` is the member of a zip, `upn_end` the end of the pupil's UPN."""

    rule: str
    file: str
    line: int
    pupil_no: int | None
    upn_end: str
    field: str


@dataclass(frozen=True, slots=True)
class Dropped:
    """An explanation that no longer holds, by rule and reason: how many findings it stood for."""

    rule: str
    why: str
    count: int


@dataclass(frozen=True, slots=True)
class Compared:
    """The file beside the school's last accepted return: pupils then and now, who came and went, whose facts changed.

    `changed` counts pupils by what the identity zone knows of them: name, birth date, address and so on.
    """

    collection: str
    received: date
    on_roll_then: int
    on_roll_now: int
    joined: int
    left: int
    changed: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Findings:
    """Everything found in one file. `errors` are places; queries have rows of their own."""

    form: str = ""
    serial: str = ""
    on_roll: int = 0
    leavers: int = 0
    words: tuple[Words, ...] = ()
    errors: tuple[Placed, ...] = ()
    dropped: tuple[tuple[str, str, int, int], ...] = ()
    kept: int = 0
    ended: tuple[Dropped, ...] = ()
    compared: Compared | None = None
    counts: Mapping[str, int] = field(default_factory=dict)

    def as_data(self) -> dict[str, Any]:
        """As the record keeps it; places without their names, since there can be thousands."""
        data = asdict(self)
        if self.compared is not None:
            data["compared"]["received"] = self.compared.received.isoformat()
        data["errors"] = [[getattr(one, name) for name in Placed.__slots__] for one in self.errors]
        return data


def findings_of(data: Mapping[str, Any]) -> Findings:
    """What `as_data` gave; nothing found for a file that was not read."""
    if not data:
        return Findings()
    compared = data["compared"]
    if compared is not None:
        compared = Compared(
            **{
                **compared,
                "received": date.fromisoformat(compared["received"]),
                "changed": tuple((name, count) for name, count in compared["changed"]),
            }
        )
    return Findings(
        **{
            **data,
            "words": tuple(Words(**one) for one in data["words"]),
            "errors": tuple(Placed(*one) for one in data["errors"]),
            "dropped": tuple((rule, path, line, count) for rule, path, line, count in data["dropped"]),
            "ended": tuple(Dropped(**one) for one in data["ended"]),
            "compared": compared,
        }
    )


def words_of(issues: Sequence[Issue]) -> tuple[Words, ...]:
    """The words of each rule that was broken, once, in the order of the issues."""
    found = {
        one.rule: Words(one.rule, one.severity.value, one.message, RULES[one.rule].mend) for one in reversed(issues)
    }
    return tuple(found[rule] for rule in dict.fromkeys(one.rule for one in issues))


def place(issue: Issue, parsed: ParsedReturn, ends: Mapping[int, str]) -> Placed:
    """Where an issue stands, with the end of the pupil's UPN."""
    file, line = parsed.place(issue.line)
    end = ends.get(issue.pupil_no, "") if issue.pupil_no is not None else ""
    return Placed(issue.rule, file[:200], line, issue.pupil_no, end, issue.field)


def of_severity(issues: Sequence[Issue], severity: Severity) -> list[Issue]:
    """The issues of one severity."""
    return [one for one in issues if one.severity is severity]
