"""The columns of a model's terms, a block of people at a time, so that memory does not grow with the nation.

Numbers are put on one scale (mean 0, spread 1) before anything is multiplied, for a term of school years beside one of
pounds would lose its digits; `on_own_scale` brings estimates back. Categories have a column for each level but the
first by name, with which the others are compared.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from rollbook.sdc.models import LEVEL_OF, Model

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int32]
BLOCK = 1 << 17
INTERCEPT = "intercept"
# Below this share of the largest, a direction of the terms is nothing but rounding.
_SINGULAR = 1e-10


@dataclass(frozen=True, slots=True, eq=False)
class Design:
    """`numbers` (people x terms) on one scale, with the `centre` and `spread` they had; of each category the `levels`
    and each person's `codes`.
    """

    terms: tuple[str, ...]
    numbers: Floats
    centre: Floats
    spread: Floats
    categories: tuple[str, ...]
    levels: tuple[tuple[str, ...], ...]
    codes: tuple[Codes, ...]

    @property
    def people(self) -> int:
        """How many rows there are."""
        return len(self.numbers)

    @property
    def names(self) -> tuple[str, ...]:
        """What each column is called."""
        dummies = (
            f"{name}{LEVEL_OF}{level}"
            for name, levels in zip(self.categories, self.levels, strict=True)
            for level in levels[1:]
        )
        return (INTERCEPT, *self.terms, *dummies)

    def blocks(self) -> Iterator[tuple[slice, Floats]]:
        """Which rows, and their columns."""
        for start in range(0, self.people, BLOCK):
            rows = slice(start, min(start + BLOCK, self.people))
            columns = [np.ones((rows.stop - start, 1)), self.numbers[rows]]
            columns += [
                (codes[rows, None] == np.arange(1, len(levels), dtype=np.int32)).astype(np.float64)
                for codes, levels in zip(self.codes, self.levels, strict=True)
            ]
            yield rows, np.hstack(columns)

    def on_own_scale(self, estimates: Floats, covariance: Floats) -> tuple[Floats, Floats]:
        """Estimates and standard errors as if the numbers had never been moved."""
        back = np.eye(len(estimates))
        for at in range(len(self.terms)):
            back[at + 1, at + 1] = 1 / self.spread[at]
            back[0, at + 1] = -self.centre[at] / self.spread[at]
        return back @ estimates, np.sqrt(np.diag(back @ covariance @ back.T))


def design_of(table: pa.Table, model: Model) -> Design:
    """The design of `model` over `table`, which has a value in every number."""
    numbers = np.array([table.column(name).to_numpy() for name in model.terms], np.float64)
    numbers = numbers.reshape(len(model.terms), table.num_rows).T
    centre = numbers.mean(axis=0) if table.num_rows else np.zeros(len(model.terms))
    spread = numbers.std(axis=0) if table.num_rows else np.ones(len(model.terms))
    spread = np.where(spread > 0, spread, 1.0)
    coded = [_coded(table, name) for name in model.categories]
    return Design(
        terms=model.terms,
        numbers=(numbers - centre) / spread,
        centre=centre,
        spread=spread,
        categories=model.categories,
        levels=tuple(levels for levels, _ in coded),
        codes=tuple(codes for _, codes in coded),
    )


def _coded(table: pa.Table, name: str) -> tuple[tuple[str, ...], Codes]:
    levels = sorted(str(label) for label in table.column(name).unique().to_pylist())
    codes = pc.index_in(table.column(name), value_set=pa.array(levels, pa.string()))
    return tuple(levels), codes.to_numpy(zero_copy_only=False).astype(np.int32)


def inverse(products: Floats) -> Floats | None:
    """The inverse of a matrix of products of terms; None where a term follows from others."""
    values, vectors = np.linalg.eigh(products)
    if not len(values) or values[0] <= _SINGULAR * values[-1]:
        return None
    found: Floats = (vectors / values) @ vectors.T
    return found
