"""Two files of invented pupils with known true pairs, for the benchmark of matching: by seed and size always the same.

Four in five of each file are in the other. Of these, in the second file: first name or surname mistyped in 10 % each,
birth date in 6 %, moved house 15 %, no postcode 5 %. One in eighty has a twin. Names are syllables of no language.
"""

from dataclasses import dataclass

import duckdb
import pyarrow as pa

SHARED = 0.8

# People of both files. `chance(i, k)` is a number in [0, 1) that depends on nothing else.
_MACROS = """
CREATE MACRO chance(i, k) AS (hash(i * 64 + k) % 1000003) / 1000003.0;
CREATE MACRO syllable(n) AS
    substr('bdfghjklmnprstvwz', (n % 17)::INT + 1, 1) || substr('aeiou', (n // 17 % 5)::INT + 1, 1);
CREATE MACRO name(n, tail) AS
    syllable(n * 7 + 3) || syllable(n // 5 + 11) || syllable(n * 3 + n // 60) || syllable(n // 85 + 29) || tail;
CREATE MACRO typed(t, c) AS CASE
    WHEN c < 0.5 THEN substr(t, 1, 2) || substr('xqyuc', (c * 10)::INT % 5 + 1, 1) || substr(t, 4)
    WHEN c < 0.75 THEN substr(t, 1, 3) || substr(t, 5)
    ELSE substr(t, 1, 3) || substr(t, 5, 1) || substr(t, 4, 1) || substr(t, 6) END;
CREATE MACRO postcode(n) AS
    chr(65 + (n % 26)::INT) || chr(65 + (n // 26 % 26)::INT) || (n // 676 % 90 + 10)::INT::VARCHAR
    || ' ' || (n // 60840 % 10)::INT::VARCHAR || 'ZZ';
CREATE MACRO digits(d, c) AS strftime(CASE
    WHEN c < 0.4 AND day(d) <= 12 THEN make_date(year(d), day(d), month(d))
    WHEN c < 0.8 THEN d + 1 + (c * 20)::INT
    ELSE make_date(year(d) + 1, month(d), least(day(d), 28)) END, '%Y-%m-%d');
"""
_PEOPLE = """
CREATE TABLE people AS
WITH numbers AS (SELECT range AS i, CASE WHEN range % 80 = 1 THEN range - 1 ELSE range END AS family FROM range(?))
SELECT i,
    name((5000 * power(chance(i, 1), 2))::BIGINT, CASE WHEN chance(i, 2) < 0.5 THEN 'a' ELSE 'en' END) AS forename,
    name(40000 + (60000 * power(chance(family, 3), 2))::BIGINT, 'sk') AS surname,
    DATE '2006-09-01' + (chance(family, 4) * 4380)::INT AS born,
    CASE WHEN chance(i, 2) < 0.5 THEN 'F' ELSE 'M' END AS sex,
    (chance(family, 5) * 600000)::BIGINT AS home
FROM numbers
"""
_LEFT = """
SELECT i::VARCHAR AS id, forename, surname, strftime(born, '%Y-%m-%d') AS born, sex, postcode(home) AS postcode
FROM people WHERE i < ? ORDER BY hash(i + 1)
"""
_RIGHT = """
SELECT i::VARCHAR AS id,
    CASE WHEN chance(i, 10) < 0.10 THEN typed(forename, chance(i, 11)) ELSE forename END AS forename,
    CASE WHEN chance(i, 12) < 0.10 THEN typed(surname, chance(i, 13)) ELSE surname END AS surname,
    CASE WHEN chance(i, 14) < 0.06 THEN digits(born, chance(i, 15)) ELSE strftime(born, '%Y-%m-%d') END AS born,
    sex,
    CASE WHEN chance(i, 16) < 0.05 THEN NULL
         WHEN chance(i, 17) < 0.15 THEN postcode((chance(i, 18) * 600000)::BIGINT)
         ELSE postcode(home) END AS postcode
FROM people WHERE i >= ? ORDER BY hash(i + 2)
"""


@dataclass(frozen=True, slots=True)
class Files:
    """Two files. A record's `id` is the same in both when it is the same person, which linking never looks at."""

    left: pa.Table
    right: pa.Table
    shared: int


def made(size: int) -> Files:
    """Two files of `size` pupils each."""
    shared = int(size * SHARED)
    with duckdb.connect() as engine:
        engine.execute(_MACROS)
        engine.execute(_PEOPLE, [2 * size - shared]).fetchall()
        left = engine.sql(_LEFT, params=[size]).to_arrow_table()
        right = engine.sql(_RIGHT, params=[size - shared]).to_arrow_table()
    return Files(left, right, shared)
