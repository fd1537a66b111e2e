"""The study a researcher starts from: small, complete, and working on the dummy data it asks for."""

from collections.abc import Mapping
from types import MappingProxyType

_STUDY = """\
# What the public will read about this study. Change all of it.
title = "Special needs support by sex"
purpose = "To see whether girls and boys get support for special needs alike."
# The reference of your project, once you have one.
project = ""

# The items you ask for, by their ids in the dictionary. You get no others.
items = ["sex", "sen-provision", "fsm-start-date"]

# SQL for DuckDB, run in this order. Every table has a column ppid: a pupil's pseudonym, in your project only.
[[steps]]
sql = "steps/01-meals.sql"

[[steps]]
sql = "steps/02-people.sql"

# The one table you derive: one row a pupil, with ppid and these columns in this order. You never see it:
# Rollbook counts it over the dimensions, checks the counts, and publishes only what passes.
[table]
name = "people"
dimensions = ["sex", "support", "free_meals"]
measure = "count"
"""

_MEALS = """\
-- A pupil may have several periods of free meals; one row for each pupil who ever had one.
CREATE TABLE meals AS
SELECT DISTINCT ppid FROM fsm_period WHERE fsm_start_date >= DATE '2000-01-01';
"""

_PEOPLE = """\
-- Labels are words a reader understands. Groups of fewer than 10 pupils stop the whole table, so keep groups large.
-- A pupil on the roll of two schools has two rows in pupil; the derived table has one row for each pupil.
CREATE TABLE people AS
SELECT DISTINCT ON (p.ppid)
    p.ppid,
    CASE p.sex WHEN 'F' THEN 'Girls' WHEN 'M' THEN 'Boys' ELSE 'not recorded' END AS sex,
    CASE WHEN p.sen_provision IN ('K', 'E') THEN 'Support' ELSE 'No support' END AS support,
    CASE WHEN m.ppid IS NULL THEN 'Never free meals' ELSE 'Free meals' END AS free_meals
FROM pupil AS p
LEFT JOIN meals AS m USING (ppid)
WHERE p.sex IN ('F', 'M')
ORDER BY p.ppid, support, sex;
"""

EXAMPLE: Mapping[str, str] = MappingProxyType(
    {"study.toml": _STUDY, "steps/01-meals.sql": _MEALS, "steps/02-people.sql": _PEOPLE}
)
