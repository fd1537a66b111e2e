"""Children without a number in a later return of the same sender: which of the sender's own children each of them is.

An early years child has no number, and a corrected return sends every child again. A child is found again by name and
birth date in what this sender said before without a number: where one child of the return and one child of before
have them, and no other. Anything less makes a new record and a pair for custodians to look at. A child whose record is
joined with none is not found again and never put before anybody.

Pure: what was seen comes in as values (`services.returns.without_number` reads it).
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from rollbook.dataplane.people.matching import Claimant, Known, Match, Maybe, Route
from rollbook.dataplane.people.search import plain
from rollbook.policy.uses import MatchOutcome

_Who = tuple[str, str, date]


@dataclass(frozen=True, slots=True)
class Seen:
    """Somebody the sender named before without a number. Names are letters only.

    `one`: the key that stands for the person, where two were joined. `numbered`: a number leads to this very key.
    `sealed`: on the list, joined with nobody. `here`: named so in the collection that the return is for.
    """

    person: int
    one: int
    forename: str
    surname: str
    born: date
    numbered: bool = False
    sealed: bool = False
    here: bool = False

    @property
    def who(self) -> _Who:
        """Name and birth date."""
        return (self.forename, self.surname, self.born)


def again(matches: Sequence[Match], seen: Sequence[Seen], known: Mapping[str, Known]) -> tuple[Match, ...]:
    """`matches` with those found again whom no number led to anybody; with the others, whom they may be."""
    if not seen:
        return tuple(matches)
    named = [_who(one.claimant) for one in matches]
    counted = Counter(named)
    roots = {held.person: held.root for each in known.values() for held in (each, *each.rivals)}
    met = {roots.get(one.person, one.person) for one in matches if one.person is not None}
    before: dict[_Who, list[Seen]] = {}
    for each in seen:
        before.setdefault(each.who, []).append(each)
    found = {
        place: sure
        for place, (one, who) in enumerate(zip(matches, named, strict=True))
        if who is not None and counted[who] == 1 and (sure := _sure(one, before.get(who, ()), met)) is not None
    }
    met |= {one.one for one in found.values()}
    left = [one for one in seen if one.one not in met and not one.sealed]
    return tuple(
        replace(one, person=found[place].person, route=Route.AGAIN)
        if place in found
        else _asked(one, who, counted, left)
        for place, (one, who) in enumerate(zip(matches, named, strict=True))
    )


def _who(one: Claimant) -> _Who | None:
    forename, surname = plain(one.forename or ""), plain(one.surname or "")
    return (forename, surname, one.born) if forename and surname and one.born else None


def _sure(one: Match, fitting: Sequence[Seen], met: set[int]) -> Seen | None:
    """The one child of before, under its own key: joining and parting stay what custodians decided."""
    if one.person is not None or one.claimant.upn or one.doubts or len({each.one for each in fitting}) != 1:
        return None
    if any(each.numbered or each.sealed or each.one in met for each in fitting):
        return None
    return min(fitting, key=lambda each: (each.person != each.one, each.person))


def _asked(one: Match, who: _Who | None, counted: Mapping[_Who | None, int], left: Sequence[Seen]) -> Match:
    if one.person is not None or who is None or not left:
        return one
    fitting = [each for each in left if each.who == who] or [
        each for each in left if each.here and _near(who, each.who)
    ]
    several = counted[who] > 1 or len({each.one for each in fitting}) > 1
    outcome = MatchOutcome.MANY if several else MatchOutcome.POTENTIAL
    maybe = {each.one: Maybe(each.one, outcome, _evidence(who, each.who)) for each in fitting}
    return replace(one, maybe=tuple(maybe.values()))


def _near(one: _Who, other: _Who) -> bool:
    """One fact of three was corrected: a name, or part of the birth date."""
    same = [mine == theirs for mine, theirs in zip(one, other, strict=True)]
    if same[2]:
        return any(same[:2])
    mine, theirs = one[2], other[2]
    swapped = mine.year == theirs.year and (mine.month, mine.day) == (theirs.day, theirs.month)
    parts = (mine.year != theirs.year) + (mine.month != theirs.month) + (mine.day != theirs.day)
    return all(same[:2]) and (swapped or parts == 1)


def _evidence(one: _Who, other: _Who) -> tuple[str, ...]:
    fields = zip(("forename", "surname", "born"), one, other, strict=True)
    return tuple(f"{name}-{'same' if mine == theirs else 'differs'}" for name, mine, theirs in fields)
