"""Threshold, (n,k) and p % flag the same cells as acro 1.0.2 on random frames, where the definitions agree.

They agree on cells that have people, each person one row with a positive value. acro also flags empty combinations and
cells of zeros, and tests nothing in a table with a negative: those are rows of the test of defects.
"""

import logging
import warnings

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from rollbook.dataplane.runs.gather import gather
from rollbook.sdc import rules
from rollbook.sdc.measures import MEAN, SUM, Measure
from rollbook.sdc.primary import flags
from rollbook.sdc.rules import SdcParameters

NAMES = {rules.THRESHOLD: "MinimumThresholdCheck", rules.LARGEST: "NKCheck", rules.NEXT_LARGEST: "PPercentCheck"}


def flagged_by_peer(frame: pd.DataFrame, kind: str) -> dict[tuple[str, str], set[str]]:
    """By cell, what acro's record says."""
    import acro  # type: ignore[import-untyped]

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        logging.disable(logging.CRITICAL)
        try:
            session = acro.ACRO(suppress=False)
            session.crosstab(frame["a"], frame["b"], values=frame["v"], aggfunc=kind)
        finally:
            logging.disable(logging.NOTSET)
    [record] = session.results.results.values()
    cells = record.outcome.stack()
    return {
        (str(a), str(b)): {rule for rule, name in NAMES.items() if name in str(words)}
        for (a, b), words in cells.items()
    }


@pytest.mark.parametrize("seed", range(4))
def test_no_cell_is_judged_otherwise(seed: int) -> None:
    rng = np.random.default_rng(seed)
    kind, size = (SUM, MEAN)[seed % 2], int(rng.integers(200, 700))
    frame = pd.DataFrame(
        {
            "ppid": np.arange(size),
            "a": rng.choice(list("klmnopq"), size),
            "b": rng.choice(list("stuvwx"), size),
            # A long tail, so that some cells are dominated; whole numbers, so that both add up alike.
            "v": np.ceil(rng.pareto(0.6, size) * 10 + 1),
        }
    )
    measure = Measure(kind, "v")
    evidence = gather(pa.Table.from_pandas(frame, preserve_index=False), ("a", "b"), measure)
    ours = flags(evidence, measure, SdcParameters())
    peer = flagged_by_peer(frame, kind)
    found = {evidence.axes.of(at): {rule for rule in NAMES if ours[rule][at]} for at in range(evidence.axes.cells)}
    assert {cell: peer[cell] for cell in found} == found
    assert set().union(*found.values()) == set(NAMES)
