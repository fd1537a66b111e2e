"""What an explanation is tied to: whom a query speaks of, the values behind it, and the rule's words. Never the values.

Each is a keyed mark (`Keys.marks`), so that nobody who reads the records can try out what a pupil's values are. Marks
of one school and collection say nothing about another's. Only processes that take returns in make them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from rollbook.dataplane.census.parsed import ParsedReturn
from rollbook.dataplane.census.rules import RULES
from rollbook.dataplane.people.matching import WORDS, Doubt
from rollbook.services.platform.keys import Keys
from rollbook.services.returns.query_facts import DOUBTS, Asked, Question, Questioner, Who, as_text


@dataclass(frozen=True, slots=True)
class Marks:
    """The marks of one query. `others` are those of the same pupil under other numbers."""

    subject: str
    facts: str
    rule: str
    others: tuple[str, ...] = ()


class Marker:
    """Makes marks for one school and collection (`scope`). `same` gives the other UPNs of the person with a UPN."""

    def __init__(self, scope: tuple[str, str], keys: Keys, same: Mapping[str, Sequence[str]]) -> None:
        self._scope, self._keys, self._same = scope, keys, same

    def marks(self, questions: Sequence[Question]) -> list[Marks]:
        """The marks of each query, in order."""
        who = [self._names(one.who) for one in questions]
        plain: list[bytes] = []
        for one, names in zip(questions, who, strict=True):
            plain += [self._text("facts", one.facts), self._text("rule", as_text(_words(one.asked)))]
            plain += [self._text("pupil", as_text(name)) for name in names]
        marks = iter(self._keys.marks(plain))
        made = []
        for names in who:
            facts, rule, subject, *others = [next(marks) for _ in range(2 + len(names))]
            made.append(Marks(subject, facts, rule, tuple(others)))
        return made

    def subjects(self, everybody: Iterable[tuple[Who, ...]]) -> frozenset[str]:
        """The marks of pupils, under every number known for them."""
        names = [self._text("pupil", as_text(name)) for who in everybody for name in self._names(who)]
        return frozenset(self._keys.marks(names))

    def _names(self, who: Sequence[Who]) -> list[Who]:
        also = [("upn", other) for kind, *upn in who if kind == "upn" for other in self._same.get(str(upn[0]), ())]
        return list(dict.fromkeys([*who, *also]))

    def _text(self, kind: str, what: bytes) -> bytes:
        return as_text((*self._scope, kind)) + what


class MarkMaker:
    """As `Marker`, for the queries of a return that is at hand."""

    def __init__(
        self, parsed: ParsedReturn, scope: tuple[str, str], keys: Keys, same: Mapping[str, Sequence[str]]
    ) -> None:
        self._questioner, self._marker = Questioner(parsed.tables, parsed.school), Marker(scope, keys, same)

    def marks(self, queries: Sequence[Asked]) -> list[Marks]:
        """The marks of each query, in order."""
        return self._marker.marks(self._questioner.questions(queries))

    def subjects(self) -> frozenset[str]:
        """The marks of every pupil of the return, under every number known for them."""
        return self._marker.subjects(self._questioner.everybody())


def upn_ends(parsed: ParsedReturn) -> dict[int, str]:
    """The last four characters of each pupil's UPN, by pupil number: enough to find a pupil in the school's system."""
    identity = parsed.tables["identity"]
    pairs = zip(identity["pupil_no"].to_pylist(), identity["upn"].to_pylist(), strict=True)
    return {int(number or 0): (upn or "")[-4:] for number, upn in pairs}


def _words(asked: Asked) -> tuple[str, ...]:
    """What the rule asks: other words are another question."""
    if asked.rule in RULES:
        return (asked.rule, asked.message, RULES[asked.rule].mend)
    return (asked.rule, *(WORDS[Doubt(asked.rule)] if asked.rule in DOUBTS else (asked.message,)))
