"""The attack that suppression has to withstand: what can somebody who knows the sums work out about a hidden cell?

The attacker knows every published figure, that the sums hold, and that no figure is below `floor`. Tables that agree
with all this are the possible tables. A hidden cell is protected when possible tables differ enough in it. So the proof
of protection is a possible table, and each one found is checked here by plain arithmetic: a fault in the solver can
make a protected table fail, never an unprotected one pass.

One linear program with a random objective gives a possible table that serves many cells at once; only what such tables
leave open is asked cell by cell. HiGHS solves them: in a large table by its interior point method while much is open
(five times as fast there as the simplex method), then by the primal simplex method, started from the last answer.

The tables found are kept. Whoever has them sees by addition alone that the cells are protected, with no solver.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

import highspy
import numpy as np

from rollbook.sdc.suppression.solver import quiet_solver
from rollbook.sdc.suppression.system import Flags, Floats, Places, System

TOLERANCE = 1e-6
_BATCHES = 60
_FEW = 0.01
_LARGE, _MUCH = 2_000, 0.2  # hidden cells, and the share of what is asked of them that is open
_PRIMAL, _DUAL = 4, 1  # numbers of the simplex strategies


@dataclass(frozen=True, slots=True)
class Need:
    """How far possible tables must reach: at least `down` below and `up` above the true figure of each cell."""

    down: Floats
    up: Floats


@dataclass(frozen=True, slots=True)
class Change:
    """A possible table by its difference from the true one: the cells that differ, and by how much."""

    cells: Places
    by: Floats

    def dense(self, count: int) -> Floats:
        """The difference of each of `count` cells."""
        change = np.zeros(count)
        change[self.cells] = self.by
        return change


@dataclass(slots=True)
class Reach:
    """How far possible tables were found to reach below and above each cell; `tables` is how many were made.

    `kept` are those that reached further than the ones before.
    """

    down: Floats
    up: Floats
    tables: int = 0
    kept: list[Change] = field(default_factory=list)

    def meets(self, need: Need) -> Flags:
        """Which cells are protected."""
        return self.short(need, 1.0) & self.short(need, -1.0)

    def short(self, need: Need, side: float) -> Flags:
        """Which cells are protected on one side: upwards for +1, downwards for -1."""
        reached, wanted = (self.up, need.up) if side > 0 else (self.down, need.down)
        done: Flags = reached >= wanted - TOLERANCE
        return done

    def take(self, change: Floats) -> None:
        """Add a possible table, given by its difference from the true one."""
        if (change > self.up).any() or (-change > self.down).any():
            cells = np.flatnonzero(change).astype(np.int32)
            self.kept.append(Change(cells, change[cells]))
        np.maximum(self.up, change, out=self.up)
        np.maximum(self.down, -change, out=self.down)
        self.tables += 1


@dataclass(frozen=True, slots=True)
class Cut:
    """Why a cell is not protected: of the cells with a positive `weight`, hidden ones must weigh `need` together."""

    weights: Floats
    need: float


@dataclass
class Attacker:
    """The attacker of one system. `floor` is what each figure cannot be below: 0 for counts."""

    system: System
    floor: Floats
    solver: highspy.Highs = field(init=False)

    def __post_init__(self) -> None:
        system, none = self.system, np.zeros(self.system.count)
        self._all = np.arange(system.count, dtype=np.int32)
        self.solver = quiet_solver()
        large = system.count >= _LARGE
        for option, value in (
            ("presolve", "off"),  # it would forget the last answer
            ("run_crossover", "off"),  # a table between corners serves as well as a corner
            ("simplex_strategy", _PRIMAL if large else _DUAL),
        ):
            self.solver.setOptionValue(option, value)
        self.solver.addVars(system.count, none, none)
        zeros = np.zeros(system.equations)
        self.solver.addRows(
            system.equations, zeros, zeros, len(system.cells), system.starts[:-1], system.cells, system.signs
        )

    @property
    def room(self) -> Floats:
        """How far each figure may fall."""
        return self.system.values - self.floor

    def possible(self, hidden: Flags, objective: Floats, most: Floats, *, inner: bool = False) -> tuple[Floats, Floats]:
        """The possible table that makes `objective` largest with no cell more than `most` above its true figure.

        `inner`: by the interior point method; where that fails, and else, by the simplex method. Gives the difference
        from the true table, and how much each cell's bound holds the objective back.

        Raises:
            ArithmeticError: the solver gave no table, or one that the sums do not allow.
        """
        low, high = np.where(hidden, -self.room, 0.0), np.where(hidden, most, 0.0)
        self.solver.changeColsBounds(self.system.count, self._all, low, high)
        self.solver.changeColsCost(self.system.count, self._all, -objective)
        if not (inner and self._solved("ipm")) and not self._solved("simplex"):
            raise ArithmeticError("the solver found no possible table")
        answer = self.solver.getSolution()
        change = np.asarray(answer.col_value, dtype=np.float64)
        change = np.clip(np.where(hidden, change, 0.0), low, high)
        if not adds_up(self.system, change):
            raise ArithmeticError("the solver gave a table that does not add up")
        return change, np.asarray(answer.col_dual, dtype=np.float64)

    def _solved(self, method: str) -> bool:
        self.solver.setOptionValue("solver", method)
        self.solver.run()
        done: bool = self.solver.getModelStatus() == highspy.HighsModelStatus.kOptimal
        return done

    def explore(self, hidden: Flags, need: Need, rng: np.random.Generator, reach: Reach) -> None:
        """Widen `reach` by possible tables that serve many cells at once, until they no longer help."""
        idle = 0
        for _ in range(_BATCHES):
            up, down = hidden & ~reach.short(need, 1.0), hidden & ~reach.short(need, -1.0)
            left = int(up.sum() + down.sum())
            if not left or idle > 1:
                return
            size = 0.2 + rng.random(self.system.count)
            side = np.where(up & down, np.where(rng.random(self.system.count) < 0.5, 1.0, -1.0), up * 1.0 - down * 1.0)
            # A cell that has to rise goes no further than it must, so that others of its sum may rise too.
            most = np.where(up, need.up, np.maximum(need.up, self.system.values.max(initial=1.0)))
            inner = hidden.sum() >= _LARGE and left >= _MUCH * hidden.sum()
            change, _ = self.possible(hidden, side * size, most, inner=bool(inner))
            reach.take(change)
            after = int((hidden & ~reach.short(need, 1.0)).sum() + (hidden & ~reach.short(need, -1.0)).sum())
            idle = idle + 1 if left - after < max(1.0, _FEW * left) else 0

    def press(self, hidden: Flags, cell: int, side: float, wanted: float, reach: Reach) -> Cut | None:
        """Push one cell as far as it goes to one side; gives why it does not reach `wanted`, None when it does."""
        objective = np.zeros(self.system.count)
        objective[cell] = side
        most = np.full(self.system.count, np.inf)
        most[cell] = max(wanted, 0.0)
        change, held = self.possible(hidden, objective, most)
        reach.take(change)
        if side * change[cell] >= wanted - TOLERANCE:
            return None
        # Linear programming duality: whatever else is hidden, the cell moves no further than these weights allow.
        weights = np.where(held < -1e-9, wanted, np.where(held > 1e-9, held * self.room, 0.0))
        weights[cell] = 0.0
        return Cut(np.minimum(weights, wanted), wanted)


def adds_up(system: System, change: Floats) -> bool:
    """Whether every sum still holds when the cells change so."""
    scale = 1.0 + np.abs(change).max(initial=0.0)
    return bool(np.abs(system.residuals(change)).max(initial=0.0) <= TOLERANCE * scale)


def shown_by(system: System, hidden: Flags, tables: Iterable[Change], floor: Floats | None = None) -> Reach:
    """How far these tables reach, by plain arithmetic: one that is not possible counts for nothing.

    A figure is taken to be no lower than `floor`: nought, unless given.
    """
    reach = Reach(np.zeros(system.count), np.zeros(system.count))
    room = system.values - (0.0 if floor is None else floor)
    for table in tables:
        change = table.dense(system.count)
        if not change[~hidden].any() and (change >= -room).all() and adds_up(system, change):
            reach.take(change)
    return reach
