"""Complementary suppression with proof: hide what must be hidden and as little more as is needed, then attack it.

Cutting planes: choose the cheapest cells that keep the cuts known so far, attack the choice, turn every success of the
attacker into a new cut, and choose again (Fischetti and Salazar 1999). It ends when no attack succeeds. Small tables
are chosen exactly; for large ones the choice only ever grows, which costs a few more cells and much less time. The last
attack is the audit: its possible tables are the proof, and are given with the choice so that anybody can add them up.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from rollbook.sdc.suppression.attack import TOLERANCE, Attacker, Change, Cut, Need, Reach, shown_by
from rollbook.sdc.suppression.choose import Chooser, covered, filled, plain_cuts
from rollbook.sdc.suppression.system import Flags, Floats, System

EXACT_CELLS = 1_500
_ROUNDS = 200
_AT_ONCE = 200  # cuts taken in together by a choice that only grows


@dataclass(frozen=True, slots=True)
class Audit:
    """What an attacker can say of each hidden cell: no less than `low`, no more than `high` is sure to be excluded.

    The interval is proved by possible tables, so the attacker's true interval is never narrower.
    """

    low: Floats
    high: Floats
    protected: Flags
    tables: int

    @property
    def width(self) -> Floats:
        """The width of each interval."""
        return self.high - self.low


@dataclass(frozen=True, slots=True)
class Protected:
    """A table ready to publish: what is hidden, why (`primary`), whether the choice is the cheapest, and the audit.

    `proof`: the possible tables that the audit rests on, for `proved`.
    """

    hidden: Flags
    primary: Flags
    exact: bool
    audit: Audit
    rounds: int
    proof: tuple[Change, ...]


class CannotProtect(Exception):
    """No choice among the cells that may be hidden protects the table; `cells` are those left open."""

    def __init__(self, cells: tuple[int, ...]) -> None:
        super().__init__(f"{len(cells)} cells cannot be protected whatever else is hidden")
        self.cells = cells


def count_need(values: Floats, primary: Flags, threshold: float) -> Need:
    """For counts: an attacker must not be able to exclude nought, nor the threshold, of any cell below it."""
    return Need(np.where(primary, values, 0.0), np.where(primary, np.maximum(threshold - values, 1.0), 0.0))


def audit(system: System, hidden: Flags, primary: Flags, need: Need, floor: Floats | None = None) -> Audit:
    """Attack `hidden` and say what comes of it. Used as the gate of a release, whoever chose what is hidden."""
    attacker = Attacker(system, np.zeros(system.count) if floor is None else floor)
    choice = _Choice(hidden, _nowhere(system.count), 1)
    attack(attacker, hidden, primary, need, choice.reach)
    return _audit_of(system, choice.reach, primary, need)


def proved(system: System, hidden: Flags, primary: Flags, need: Need, proof: Iterable[Change]) -> Audit:
    """What possible tables that somebody kept say of `hidden`: the gate of a release, with no solver to be trusted.

    It holds no table for possible that it did not add up itself, so it never says of a cell more than `audit` would.
    """
    return _audit_of(system, shown_by(system, hidden, proof), primary, need)


def protect(
    system: System,
    primary: Flags,
    need: Need,
    *,
    allowed: Flags | None = None,
    floor: Floats | None = None,
    costs: Floats | None = None,
    spread: float = 0.0,
) -> Protected:
    """Choose what to hide beside `primary` so that every cell of it keeps its `need`.

    `allowed` are the cells that may be hidden (all, unless given); `costs` what hiding one costs (its figure, at least
    1); `spread` is the least width of the interval left for a cell that is hidden for others' sake.

    Raises:
        CannotProtect: hiding every allowed cell is not enough.
    """
    may = np.ones(system.count, bool) if allowed is None else allowed
    attacker = Attacker(system, np.zeros(system.count) if floor is None else floor)
    price = np.maximum(np.abs(system.values), 1.0) if costs is None else costs
    task = _Task(attacker, primary, need, may, price)
    found = task.exactly() if system.count <= EXACT_CELLS else None
    chosen = found or task.greedily(filled(attacker, primary, need, may, price))
    final, rounds = chosen, chosen.rounds
    while (narrow := _narrow(attacker, final, primary, spread)).any():
        need = Need(need.down, np.where(narrow, spread - final.reach.down, need.up))
        final = _Task(attacker, primary | narrow, need, may, price).greedily(final.hidden)
        rounds += final.rounds
    exact = found is not None and final is chosen
    found_so = _audit_of(system, final.reach, primary, need)
    return Protected(final.hidden, primary, exact, found_so, rounds, tuple(final.reach.kept))


@dataclass(frozen=True, slots=True)
class _Choice:
    """What was chosen, and how far possible tables reach with it."""

    hidden: Flags
    reach: Reach
    rounds: int


@dataclass
class _Task:
    """One choice to make: the cells to protect, what each needs, what may be hidden and at what cost."""

    attacker: Attacker
    protect: Flags
    need: Need
    allowed: Flags
    costs: Floats

    def exactly(self) -> _Choice | None:
        """The cheapest choice; None when it is not found within bounds."""
        chooser = Chooser(self.protect, self.allowed, self.costs)
        for cut in plain_cuts(self.attacker, self.protect, self.need):
            chooser.require(cut)
        for rounds in range(1, _ROUNDS):
            hidden = chooser.choose()
            if hidden is None:
                return None
            reach = _nowhere(len(hidden))
            cuts = attack(self.attacker, hidden, self.protect, self.need, reach)
            if not cuts:
                return _Choice(hidden, reach, rounds)
            for cut in cuts:
                chooser.require(cut)
        return None

    def greedily(self, hidden: Flags) -> _Choice:
        """A choice that only grows. Possible tables stay possible when more is hidden, so their reach is kept."""
        reach, rounds = _nowhere(len(hidden)), 1
        while cuts := attack(self.attacker, hidden, self.protect, self.need, reach, most=_AT_ONCE):
            more = covered(cuts, hidden, self.allowed, self.costs)
            if more is None:
                left = self.protect & ~reach.meets(self.need)
                raise CannotProtect(tuple(int(cell) for cell in np.flatnonzero(left)))
            hidden, rounds = more, rounds + 1
        return _Choice(hidden, reach, rounds)


def attack(
    attacker: Attacker, hidden: Flags, targets: Flags, need: Need, reach: Reach, most: int | None = None
) -> list[Cut]:
    """Attack `targets`; widens `reach` and gives a cut for each success, at most `most` of them."""
    rng = np.random.default_rng(1)  # any seed proves the same; a fixed one makes a release replay alike
    attacker.explore(hidden, Need(np.where(targets, need.down, 0.0), np.where(targets, need.up, 0.0)), rng, reach)
    cuts: list[Cut] = []
    for side, wanted in ((1.0, need.up), (-1.0, need.down)):
        for cell in np.flatnonzero(targets & ~reach.short(need, side)):
            # An answer for one cell is a possible table for all: what it settled is not asked again.
            if reach.short(need, side)[cell]:
                continue
            cut = attacker.press(hidden, int(cell), side, float(wanted[cell]), reach)
            cuts += [cut] if cut is not None else []
            if most is not None and len(cuts) >= most:
                return cuts
    return cuts


def _nowhere(count: int) -> Reach:
    return Reach(np.zeros(count), np.zeros(count))


def _narrow(attacker: Attacker, choice: _Choice, primary: Flags, spread: float) -> Flags:
    """Cells hidden for others' sake that possible tables leave an interval narrower than `spread`."""
    others, reach = choice.hidden & ~primary, choice.reach
    wish = Need(np.zeros(len(others)), np.where(others, np.maximum(spread - reach.down, 0.0), 0.0))
    attack(attacker, choice.hidden, others, wish, reach)
    narrow: Flags = others & (reach.down + reach.up < spread - TOLERANCE)
    for cell in np.flatnonzero(narrow):
        attacker.press(choice.hidden, int(cell), -1.0, float(attacker.room[cell]), reach)
    return narrow & (reach.down + reach.up < spread - TOLERANCE)


def _audit_of(system: System, reach: Reach, primary: Flags, need: Need) -> Audit:
    values = system.values
    protected = ~primary | reach.meets(need)
    return Audit(values - reach.down, values + reach.up, protected, reach.tables)
