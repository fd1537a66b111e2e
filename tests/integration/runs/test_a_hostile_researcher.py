"""A study that would have the figures tell of one child, through the sandbox and all: none of its tables is handed on.

Each way is a row of `tests/unit/sdc/test_a_hostile_measure.py` too, where the rules are shown one by one.
"""

import pytest

from rollbook.records.models.studies import Output
from tests import run_ground as ground

pytestmark = pytest.mark.django_db
# The child is the first by pseudonym, and what is asked is coded as 7.
CHILD = "n = 1"
WAYS = {
    "count\nweight": f"CASE WHEN {CHILD} THEN 7 ELSE 0 END",
    "mode\nvalue": f"CASE WHEN {CHILD} THEN 7 ELSE 100 + n END",
}


def test_no_figure_of_one_child_reaches_a_checker(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    ground.clean_folders()
    ground.pupils()
    project = ground.project(ground.log_of_its_own(monkeypatch))
    for asked, number in WAYS.items():
        measure, column = asked.split("\n")
        toml = ground.STUDY["study.toml"].decode().replace('["sex"]\nmeasure = "count"', '["whole"]\n')
        toml += f'measure = "{measure}"\n{column} = "told"\n'
        sql = (
            "CREATE TABLE ranked AS SELECT ppid, row_number() OVER (ORDER BY ppid) AS n"
            " FROM (SELECT DISTINCT ppid FROM pupil);"
            f" CREATE TABLE people AS SELECT ppid, 'everybody' AS whole, {number} AS told FROM ranked ORDER BY ppid;"
        )
        run = ground.executed(ground.study(project, {"study.toml": toml.encode(), "people.sql": sql.encode()}))
        output = Output.objects.get(run=run)
        assert output.state == Output.STOPPED, measure
        assert output.rules["failures"], measure
