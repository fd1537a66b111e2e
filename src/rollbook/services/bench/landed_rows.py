"""Study tables as a national load leaves them, made by DuckDB straight into Parquet, with faults planned by rule.

Nobody in it is made up as a person: a row is arithmetic on its number. Every thousandth pupil of the right age carries
each of the faults of `FAULTS`, so how often a rule must find something is known without asking any rule. Files lie as
Delta lays them (`collection=`/`bucket=`), one for each bucket, sorted by person key.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import duckdb

from rollbook.dataplane.store.tables import BUCKET_BITS, PARTITIONS, schema_of

COLLECTION: Final = "sc-spr-2025"
TABLES: Final = ("pupil", "fsm_period", "sen_need", "exclusion", "session")
_EACH: Final = 1_000
_AGES: Final = 17  # from 2 to 18, as many pupils of each
_BLOCK_BITS: Final = 21  # of a birth year's person keys
_FIRST_BLOCK: Final = 40


@dataclass(frozen=True, slots=True)
class Fault:
    """What the `n`th fault of the list breaks, and at which ages it is planned."""

    rule: str
    item: str
    ages: tuple[int, int] = (2, 18)


_SCHOOL_AGE: Final = (5, 15)
FAULTS: Final = (
    Fault("PT-025", "sex"), Fault("PT-026", "date-of-birth"), Fault("PT-029", "language"),
    Fault("PT-030", "ethnicity"), Fault("PT-031", "fsm-end-date"), Fault("PT-032", "fsm-start-date"),
    Fault("PT-033", "fsm-start-date"), Fault("PT-034", "service-child"), Fault("PT-035", "yssa", (12, 18)),
    Fault("PT-036", "funded-hours", (5, 18)), Fault("PT-037", "funded-hours", (2, 3)),
    Fault("PT-038", "extended-hours"),
    Fault("PT-039", "hours-at-setting", (2, 4)), Fault("PT-040", "young-carer"), Fault("PT-042", "entry-date"),
    Fault("PT-043", "leaving-date", _SCHOOL_AGE), Fault("PT-044", "leaving-date", _SCHOOL_AGE),
    Fault("PT-045", "part-time", _SCHOOL_AGE), Fault("PT-046", "boarder", (2, 4)),
    Fault("PT-047", "class-type", (6, 18)),
    Fault("PT-048", "nc-year", (8, 18)), Fault("PT-050a", "sen-provision"), Fault("PT-050b", "sen-type-rank"),
    Fault("PT-051a", "exclusion-category", _SCHOOL_AGE), Fault("PT-051b", "exclusion-start-date", _SCHOOL_AGE),
    Fault("PT-051c", "exclusion-sessions", _SCHOOL_AGE), Fault("PT-051d", "exclusion-category", _SCHOOL_AGE),
    Fault("PT-052a", "sessions-possible", (2, 4)), Fault("PT-052b", "sessions-possible", _SCHOOL_AGE),
    Fault("CV-plaa", "plaa"), Fault("CV-uk-country", "uk-country"),
    Fault("CV-attendance-reason", "attendance-reason", _SCHOOL_AGE),
    Fault("PT-065", "enrol-status"), Fault("PT-065", "fsm-start-date"),
)  # fmt: skip
# A school in this many has no absence at all (PT-052c); its pupils carry no other fault.
_NEVER_AWAY: Final = 500


def landed_rows(pupils: int, root: Path) -> Mapping[str, int]:
    """Make the tables under `root`, once; gives the planned findings by `rule item`. Facts of schools: `returns`."""
    done = root / "planned.json"
    if not done.exists():
        root.mkdir(parents=True, exist_ok=True)
        with duckdb.connect() as engine:
            _make(engine, pupils, root)
            done.write_text(json.dumps(_planned(engine), sort_keys=True))
    planned: dict[str, int] = json.loads(done.read_text())
    return planned


def _at(*names: str) -> str:
    """Whether the pupil carries one of these faults, each written `rule item`."""
    numbers = [str(at) for at, one in enumerate(FAULTS) if f"{one.rule} {one.item}" in names]
    return f"fault IN ({', '.join(numbers)})"


def _make(engine: duckdb.DuckDBPyConnection, pupils: int, root: Path) -> None:
    engine.execute("SET enable_progress_bar = false")  # it would be drawn into what the bench prints
    engine.execute(_base(pupils))
    schools = "SELECT DISTINCT return_id, no, phase, laestab FROM base ORDER BY no"
    engine.execute(f"COPY ({schools}) TO '{root / 'returns.parquet'}'")
    rows = {"pupil": _PUPIL, "fsm_period": _FSM, "sen_need": _SEN, "exclusion": _EXCLUSION, "session": _SESSION}
    buckets = [number for (number,) in engine.execute("SELECT DISTINCT bucket FROM base ORDER BY 1").fetchall()]
    for table in TABLES:
        for bucket in buckets:
            folder = root / table / f"collection={COLLECTION}" / f"bucket={bucket}"
            folder.mkdir(parents=True, exist_ok=True)
            select = f"SELECT {_columns(table)} FROM ({rows[table]}) WHERE bucket = {bucket} ORDER BY person_key, line"
            engine.execute(f"COPY ({select}) TO '{folder / 'part-0.parquet'}' (COMPRESSION zstd, COMPRESSION_LEVEL 1)")


def _columns(table: str) -> str:
    """The columns of the table as they are landed; those the rows do not give are empty."""
    types = {"string": "VARCHAR", "int32": "INTEGER", "int64": "BIGINT", "date32[day]": "DATE", "double": "DOUBLE"}
    types["bool"] = "BOOLEAN"
    fields = [field for field in schema_of(table) if field.name not in PARTITIONS]
    given = {"return_id", "person_key", "laestab", "line", *_GIVEN[table].split()}
    return ", ".join(
        f"{field.name}::{types[str(field.type)]} AS {field.name}"
        if field.name in given
        else f"NULL::{types[str(field.type)]} AS {field.name}"
        for field in fields
    )


def _planned(engine: duckdb.DuckDBPyConnection) -> dict[str, int]:
    found = engine.execute("SELECT fault, count(*) FROM base WHERE fault >= 0 GROUP BY fault").fetchall()
    planned: dict[str, int] = {}
    for fault, count in found:
        name = f"{FAULTS[fault].rule} {FAULTS[fault].item}"
        planned[name] = planned.get(name, 0) + count
    never = "SELECT count(DISTINCT no) FROM base WHERE never_away AND age BETWEEN 5 AND 15"
    ((schools,),) = engine.execute(never).fetchall()
    return {**planned, "PT-052c sessions-possible": schools}


def _base(pupils: int) -> str:
    """A view of every pupil by number: age, school, fault, and two throws of a die (`d`, `e`) in 0 to 999."""
    primaries, secondaries = max(pupils // 520, 1), max(pupils // 2_600, 1)
    ages = "[" + ", ".join(f"[{one.ages[0]}, {one.ages[1]}]" for one in FAULTS) + "]"
    return f"""
        CREATE VIEW base AS
        WITH counted AS (
            SELECT i, 2 + i * {_AGES} // {pupils} AS age, (hash(i) % 1000)::INTEGER AS d,
                (hash(i + 1000000000000) % 1000)::INTEGER AS e, hash(i + 2000000000000) AS h
            FROM range({pupils}) AS numbers(i)
        ), placed AS (
            SELECT *, ({_FIRST_BLOCK} - age)::BIGINT << {_BLOCK_BITS} | (i % {1 << _BLOCK_BITS}) AS person_key,
                (CASE WHEN age < 11 THEN h % {primaries} ELSE {primaries} + h % {secondaries} END)::INTEGER AS no
            FROM counted
        ), schooled AS (
            SELECT *, person_key >> {BUCKET_BITS} AS bucket, no % {_NEVER_AWAY} = 7 AS never_away,
                CASE WHEN age < 11 THEN 'PS' ELSE 'SS' END AS phase,
                (801 + no // 1000)::VARCHAR || lpad(((CASE WHEN age < 11 THEN 2000 ELSE 4000 END) + no % 1000)::VARCHAR,
                    4, '0') AS laestab,
                md5('return' || no) AS m, (i % {_EACH})::INTEGER AS f, (h >> 20) % 60000 + 40 AS line
            FROM placed
        )
        SELECT *, concat_ws('-', m[1:8], m[9:12], m[13:16], m[17:20], m[21:32]) AS return_id,
            CASE WHEN f < {len(FAULTS)} AND NOT never_away AND age BETWEEN {ages}[f + 1][1] AND {ages}[f + 1][2]
                THEN f ELSE -1 END AS fault,
            fault < 0 AND e < 12 AND age BETWEEN 5 AND 15 OR {_at("PT-043 leaving-date", "PT-044 leaving-date")} AS gone
        FROM schooled
    """


_GIVEN: Final = {
    "pupil": "on_roll sex date_of_birth ethnicity language yssa service_child funded_hours extended_hours "
    "eligibility_code hours_at_setting top_up_funding plaa young_carer enrol_status class_type entry_date leaving_date "
    "part_time boarder nc_year sen_provision sen_unit resourced_provision sessions_possible",
    "fsm_period": "fsm_start_date fsm_end_date uk_country",
    "sen_need": "sen_type_rank sen_type",
    "exclusion": "exclusion_category exclusion_reason_1 exclusion_start_date exclusion_sessions",
    "session": "attendance_reason attendance_sessions",
}
_ROLL: Final = "CASE WHEN NOT gone THEN {} END"
_ETHNICITIES: Final = "['WBRI', 'WBRI', 'WBRI', 'WBRI', 'WBRI', 'WBRI', 'WOTH', 'APKN', 'BAFR', 'AIND', 'MOTH', 'REFU']"
_LANGUAGES: Final = "['ENG', 'ENG', 'ENG', 'ENG', 'ENG', 'ENG', 'ENG', 'URD', 'POL', 'GUJ', 'SOM', 'REF']"
_PUPIL: Final = f"""
    SELECT base.* EXCLUDE (f), NOT gone AS on_roll,
        CASE WHEN {_at("PT-025 sex")} THEN 'U' WHEN d % 2 = 0 THEN 'M' ELSE 'F' END AS sex,
        CASE WHEN NOT {_at("PT-026 date-of-birth")} THEN make_date(2023 - age, 9, 1) + (h % 365)::INTEGER END
            AS date_of_birth,
        CASE WHEN {_at("PT-030 ethnicity")} THEN 'XXXX' ELSE {_ETHNICITIES}[1 + d % 12] END AS ethnicity,
        CASE WHEN {_at("PT-029 language")} THEN 'XXX' ELSE {_LANGUAGES}[1 + e % 12] END AS language,
        CASE WHEN age >= 12 AND NOT gone AND NOT {_at("PT-035 yssa")} THEN 'UNS' END AS yssa,
        {_ROLL.format(f"CASE WHEN {_at('PT-034 service-child')} THEN 'Y' ELSE 'N' END")} AS service_child,
        CASE WHEN {_at("PT-037 funded-hours")} THEN 12.25 WHEN age < 4 OR {_at("PT-036 funded-hours")} THEN 15 END
            AS funded_hours,
        CASE WHEN {_at("PT-038 extended-hours")} OR (age < 4 AND d < 300 AND fault < 0) THEN 10 END AS extended_hours,
        CASE WHEN age < 4 AND d < 300 AND fault < 0 THEN '50012345678' END AS eligibility_code,
        CASE WHEN {_at("PT-039 hours-at-setting")} THEN 71 WHEN age < 4 THEN 30 END AS hours_at_setting,
        {_ROLL.format("'0'")} AS top_up_funding,
        {_ROLL.format(f"CASE WHEN {_at('CV-plaa plaa')} THEN 'Q' ELSE 'N' END")} AS plaa,
        {_ROLL.format(f"CASE WHEN {_at('PT-040 young-carer')} THEN 'Y' ELSE 'N' END")} AS young_carer,
        {_ROLL.format(f"CASE WHEN NOT {_at('PT-065 enrol-status')} THEN 'C' END")} AS enrol_status,
        {_ROLL.format(f"CASE WHEN {_at('PT-047 class-type')} THEN 'N' ELSE 'O' END")} AS class_type,
        CASE WHEN NOT {_at("PT-042 entry-date")} THEN DATE '2022-09-01' + (d % 30)::INTEGER END AS entry_date,
        CASE WHEN gone THEN CASE WHEN {_at("PT-043 leaving-date")} THEN DATE '2025-01-16' ELSE DATE '2024-12-13' END END
            AS leaving_date,
        CASE WHEN {_at("PT-045 part-time", "PT-046 boarder")} THEN '1' ELSE '0' END AS part_time,
        CASE WHEN {_at("PT-046 boarder")} THEN 'B' ELSE 'N' END AS boarder,
        {
    _ROLL.format(f'''CASE WHEN {_at('PT-048 nc-year')} THEN '1' WHEN age < 4 THEN 'N' || (age - 1)
            WHEN age = 4 THEN 'R' ELSE least(age - 4, 14)::VARCHAR END''')
} AS nc_year,
        {_ROLL.format("CASE WHEN needy THEN 'K' ELSE 'N' END")} AS sen_provision,
        {_ROLL.format("'0'")} AS sen_unit, {_ROLL.format("'0'")} AS resourced_provision,
        CASE WHEN age BETWEEN 5 AND 15 AND NOT {_at("PT-044 leaving-date")} OR {_at("PT-052a sessions-possible")}
            THEN CASE WHEN {_at("PT-052b sessions-possible")} THEN 1 ELSE 130 END END AS sessions_possible
    FROM (SELECT *, fault < 0 AND d < 184 OR {_at("PT-050b sen-type-rank")} AS needy FROM base) AS base
"""
_FSM_FAULTS: Final = (
    "PT-031 fsm-end-date", "PT-032 fsm-start-date", "PT-033 fsm-start-date", "PT-034 service-child",
    "CV-uk-country uk-country", "PT-065 fsm-start-date",
)  # fmt: skip
_FSM: Final = f"""
    SELECT * EXCLUDE (line), line + nth AS line,
        CASE WHEN {_at("PT-032 fsm-start-date")} THEN DATE '2025-02-01'
            WHEN NOT {_at("PT-065 fsm-start-date")} THEN DATE '2023-09-04' + nth::INTEGER END AS fsm_start_date,
        CASE WHEN {_at("PT-031 fsm-end-date")} THEN DATE '2022-01-01' END AS fsm_end_date,
        CASE WHEN {_at("CV-uk-country uk-country")} THEN 'XXX' ELSE 'ENG' END AS uk_country
    FROM base, range(2) AS periods(nth)
    WHERE (nth = 0 OR {_at("PT-033 fsm-start-date")})
        AND NOT gone AND (fault < 0 AND e % 100 < 24 OR {_at(*_FSM_FAULTS)})
"""
_SEN: Final = f"""
    SELECT * EXCLUDE (line), line + 1 AS line,
        CASE WHEN {_at("PT-050b sen-type-rank")} THEN 2 ELSE 1 END AS sen_type_rank, 'SLCN' AS sen_type
    FROM base WHERE NOT gone AND (fault < 0 AND d < 184 OR {_at("PT-050a sen-provision", "PT-050b sen-type-rank")})
"""
_EXCLUSION_FAULTS: Final = (
    "PT-051a exclusion-category", "PT-051b exclusion-start-date", "PT-051c exclusion-sessions",
    "PT-051d exclusion-category",
)  # fmt: skip
_EXCLUDED: Final = f"(fault < 0 AND NOT never_away AND age BETWEEN 5 AND 15 AND e < 4 OR {_at(*_EXCLUSION_FAULTS)})"
_EXCLUSION: Final = f"""
    SELECT * EXCLUDE (line), line + 2 + nth AS line, 'DB' AS exclusion_reason_1,
        CASE WHEN {_at("PT-051a exclusion-category")} THEN 'PERM' ELSE 'SUSP' END AS exclusion_category,
        CASE WHEN {_at("PT-051b exclusion-start-date")} THEN DATE '2024-01-10' ELSE DATE '2024-06-20' END
            AS exclusion_start_date,
        CASE WHEN {_at("PT-051c exclusion-sessions")} THEN 91 ELSE 4 END AS exclusion_sessions
    FROM base, range(2) AS events(nth) WHERE (nth = 0 OR {_at("PT-051a exclusion-category")}) AND {_EXCLUDED}
"""
_SESSION: Final = f"""
    SELECT * EXCLUDE (line), line + 4 + nth AS line,
        CASE WHEN nth = 3 THEN 'E' WHEN never_away THEN '/'
            WHEN nth = 0 AND {_at("CV-attendance-reason attendance-reason")} THEN '?' ELSE ['I', 'M', 'L'][nth + 1] END
            AS attendance_reason,
        1 + (d + nth) % 6 AS attendance_sessions
    FROM base, range(4) AS kinds(nth)
    WHERE age BETWEEN 5 AND 15 AND NOT {_at("PT-044 leaving-date")}
        AND (nth < 2 OR nth = 2 AND e % 2 = 0 OR nth = 3 AND {_EXCLUDED} AND NOT {_at("PT-051d exclusion-category")})
"""
