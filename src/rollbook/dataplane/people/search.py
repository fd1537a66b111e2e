"""Whether a child someone names is one person Rollbook knows: evidence as codes, and one of five outcomes.

Used for gateway cases only. Deterministic and strict: a match needs surname, first name and birth date all equal,
nothing that speaks against it, and nobody else for whom the same holds. Everything else is told to nobody.

Pure: what is asked and who could be meant come in as values. Left to others: reading the identity zone, and
`dataplane.people.matching`, which joins the pupils of returns by number.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import IntEnum

from rollbook.policy.uses import MatchOutcome


@dataclass(frozen=True, slots=True)
class Asked:
    """The child as the asker names it."""

    surname: str
    forename: str
    born: date
    postcode: str = ""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One record of somebody who could be meant."""

    person: int
    surnames: tuple[str, ...]
    forename: str
    middle_names: str
    born: date | None
    postcode: str


@dataclass(frozen=True, slots=True)
class Found:
    """The outcome; `person` only for a match; `evidence` is the best candidate's codes."""

    outcome: MatchOutcome
    person: int | None
    evidence: tuple[str, ...]


class _Strength(IntEnum):
    NOTHING = 0
    LOW = 1
    POTENTIAL = 2
    FULL = 3


def search(asked: Asked, candidates: Iterable[Candidate]) -> Found:
    """Who is meant. A person with several records counts once, by the record that fits best."""
    best: dict[int, tuple[_Strength, tuple[str, ...]]] = {}
    for one in candidates:
        codes = evidence(asked, one)
        judged = (_strength(frozenset(codes)), codes)
        if judged[0] > best.get(one.person, (_Strength.NOTHING, ()))[0]:
            best[one.person] = judged
    for strength, alone in ((_Strength.FULL, MatchOutcome.MATCH), (_Strength.POTENTIAL, MatchOutcome.POTENTIAL)):
        people = sorted(person for person, judged in best.items() if judged[0] is strength)
        if len(people) > 1:
            return Found(MatchOutcome.MANY, None, best[people[0]][1])
        if people:
            return Found(alone, people[0] if alone is MatchOutcome.MATCH else None, best[people[0]][1])
    if best:
        return Found(MatchOutcome.LOW_CONFIDENCE, None, min(best.items())[1][1])
    return Found(MatchOutcome.NONE, None, ())


def evidence(asked: Asked, one: Candidate) -> tuple[str, ...]:
    """What of the asked child agrees or disagrees with a record, as codes; no value of either."""
    return tuple(
        code
        for code in (_surname(asked, one), _forename(asked, one), _birth(asked, one), _postcode(asked, one))
        if code
    )


def _surname(asked: Asked, one: Candidate) -> str:
    own, *others = one.surnames
    wanted = plain(asked.surname)
    if not wanted:
        # Schools write a dash where there is no name; asking for a dash is no way round knowing the name.
        return ""
    if wanted == plain(own):
        return "surname-same"
    return "surname-other" if wanted in map(plain, others) else ""


def _forename(asked: Asked, one: Candidate) -> str:
    wanted = plain(asked.forename)
    if not wanted:
        return ""
    if wanted == plain(one.forename):
        return "forename-same"
    if wanted in {plain(name) for name in one.middle_names.split()}:
        return "forename-middle"
    return "forename-initial" if wanted[:1] == plain(one.forename)[:1] else ""


def _birth(asked: Asked, one: Candidate) -> str:
    if one.born is None:
        return ""
    if one.born == asked.born:
        return "birth-same"
    swapped = (one.born.year, one.born.day, one.born.month) == (asked.born.year, asked.born.month, asked.born.day)
    return "birth-swapped" if swapped else ""


def _postcode(asked: Asked, one: Candidate) -> str:
    if not asked.postcode or not one.postcode:
        return ""
    return "postcode-same" if plain(asked.postcode) == plain(one.postcode) else "postcode-differs"


def _strength(codes: frozenset[str]) -> _Strength:
    surname = bool(codes & {"surname-same", "surname-other"})
    birth, forename = "birth-same" in codes, "forename-same" in codes
    near = bool(codes & {"forename-initial", "forename-middle"})
    if surname and forename and birth:
        return _Strength.POTENTIAL if "postcode-differs" in codes else _Strength.FULL
    if birth and ((surname and near) or (forename and "postcode-same" in codes)):
        return _Strength.POTENTIAL
    if (surname and forename) or (birth and (surname or forename)):
        return _Strength.LOW
    return _Strength.NOTHING


def plain(text: str) -> str:
    """Letters and digits only, without case or accents: what two spellings of one name share."""
    letters = unicodedata.normalize("NFKD", text.casefold())
    return re.sub(r"[\W_]", "", "".join(letter for letter in letters if not unicodedata.combining(letter)))
