"""SQL that reaches for files, the network, extensions or settings: DuckDB inside is locked, and the step is named."""

import pytest

from rollbook.kernel.refusals import InputRefused
from tests.unit.runs.cages import CALLERS, attack, make_study


@pytest.mark.parametrize(
    "sql",
    [
        "COPY pupil TO '/tmp/copy.csv'",
        "COPY pupil TO '/out/copy.csv'",
        "COPY pupil TO '/extract/copy.parquet'",
        "EXPORT DATABASE '/tmp/all'",
        "ATTACH '/tmp/other.db'",
        "INSTALL httpfs",
        "LOAD '/tmp/own.duckdb_extension'",
        "SELECT * FROM read_csv('https://example.org/x.csv')",
        "SELECT * FROM read_text('/proc/1/environ')",
        "SELECT * FROM read_text('/cage/expect.json')",
        "SELECT * FROM glob('/*')",
        "SET enable_external_access = true",
        "SET lock_configuration = false",
        "RESET enable_external_access",
        "SET memory_limit = '100GB'",
        "SET allowed_directories = ['/']",
    ],
)
def test_sql_reaches_for_what_is_not_its_own(sql: str) -> None:
    with pytest.raises(InputRefused) as refusal:
        attack(CALLERS[0], study=make_study(sql))
    [reason] = refusal.value.reasons
    assert (reason.code, reason.where) == ("study-step-failed", "steps/01.sql")
