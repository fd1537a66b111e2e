"""Splink on DuckDB: learns from two files how much each agreement weighs, and weighs the pairs of two files.

No truth is read and nothing is tuned by hand: chance agreement comes from random pairs, true agreement from expectation
maximisation. Files are Arrow tables with a text column `id` and the columns of the layout.
"""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import splink.comparison_level_library as levels
from splink import DuckDBAPI, Linker, SettingsCreator, block_on
from splink.comparison_library import CustomComparison

from rollbook.dataplane.people.linkage.layout import LOW, Field, Kind, Layout
from rollbook.dataplane.people.linkage.priors import any_pair, sure_share

_SEED = 1
_RANDOM_PAIRS = 1_000_000
_QUIET = logging.CRITICAL
_SCALE = "probability_two_random_records_match"


@dataclass(frozen=True, slots=True)
class Model:
    """What was learnt: Splink's settings, and how many true pairs a file of the smaller side's size has, as a share."""

    settings: dict[str, Any]
    share: float


@dataclass(frozen=True, slots=True)
class Room:
    """Where the work is done: so much memory, and what does not fit in it goes to `spill`, or nowhere without one."""

    memory_mb: int = 2048
    spill: Path | None = None

    @contextmanager
    def engine(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A DuckDB of its own, empty again afterwards."""
        config: dict[str, Any] = {
            "memory_limit": f"{self.memory_mb}MB",
            "temp_directory": str(self.spill or ""),
            "autoinstall_known_extensions": False,
        }
        with duckdb.connect(config=config) as connection:
            yield connection


ROOM = Room()


def learn(connection: duckdb.DuckDBPyConnection, left: pa.Table, right: pa.Table, layout: Layout) -> Model:
    """The model of these two files."""
    linker = _linker(connection, left, right, _settings(layout))
    training = linker.training
    training.estimate_probability_two_random_records_match(
        [block_on(*one) for one in layout.sure], sure_share(connection, left, right, layout.sure)
    )
    training.estimate_u_using_random_sampling(_RANDOM_PAIRS, seed=_SEED)
    for columns in layout.training:
        # Two files may have nothing in common in a block, as of families that moved; the other blocks teach the rest.
        if any_pair(connection, left, right, columns):
            training.estimate_parameters_using_expectation_maximisation(
                block_on(*columns), record_sample_proportion=1.0
            )
    settings = linker.misc.save_model_to_json()
    pairs = settings[_SCALE] * left.num_rows * right.num_rows
    return Model(settings, min(1.0, pairs / max(1, min(left.num_rows, right.num_rows))))


def weigh(connection: duckdb.DuckDBPyConnection, left: pa.Table, right: pa.Table, model: Model) -> str:
    """Weigh the pairs of two files; gives the name of the table of those worth a note.

    Its columns: `id_l`, `id_r`, `match_probability`, `match_weight` and `gamma_` with the name of each field.
    """
    expected = model.share * min(left.num_rows, right.num_rows)
    scale = min(0.5, expected / (left.num_rows * right.num_rows))
    linker = _linker(connection, left, right, model.settings | {_SCALE: scale})
    return str(linker.inference.predict(threshold_match_probability=LOW).physical_name)


def _linker(connection: duckdb.DuckDBPyConnection, left: pa.Table, right: pa.Table, settings: Any) -> Linker:
    logging.getLogger("splink").setLevel(_QUIET)
    database = DuckDBAPI(connection)
    # Named so that the left file's records are the left of every pair: Splink orders files by name.
    files = [database.register(left, table_name="a_left"), database.register(right, table_name="b_right")]
    return Linker(files, settings, log_level=_QUIET, validate_settings=False)


def _settings(layout: Layout) -> SettingsCreator:
    return SettingsCreator(
        link_type="link_only",
        comparisons=[_comparison(one) for one in layout.fields],
        blocking_rules_to_generate_predictions=[block_on(*one) for one in layout.blocks],
        unique_id_column_name="id",
        retain_matching_columns=True,
        retain_intermediate_calculation_columns=False,
    )


def _comparison(field: Field) -> CustomComparison:
    column = field.column
    same = levels.ExactMatchLevel(column, term_frequency_adjustments=field.kind is Kind.NAME)
    return CustomComparison(
        output_column_name=column,
        comparison_levels=[levels.NullLevel(column), same, *_near(field), levels.ElseLevel()],
    )


def _near(field: Field) -> Sequence[Any]:
    if field.kind is Kind.NAME:
        return (levels.JaroWinklerLevel(field.column, 0.92), levels.JaroWinklerLevel(field.column, 0.8))
    if field.kind is Kind.CODE:
        return (levels.DamerauLevenshteinLevel(field.column, 1), levels.DamerauLevenshteinLevel(field.column, 2))
    return ()
