"""A project with pupils to study: what every test of runs, checking and release starts from.

Seventy pupils on one school's roll, a request the panel approved, and a log whose writer works whenever something
waits for it, as long as it is `running`.
"""

import shutil
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings

from tests import census_ground, grounds
from tests.integration.log import log_story
from tests.people import CHECKER, OPERATOR, RESEARCHER, SECOND_CHECKER, account_of, actor_of

PUPILS = 70
STUDY = {
    "study.toml": b"""\
title = "Sex of pupils"
purpose = "To count."
items = ["sex"]
[[steps]]
sql = "people.sql"
[table]
name = "people"
dimensions = ["sex"]
measure = "count"
""",
    "people.sql": b"CREATE TABLE people AS SELECT DISTINCT ON (ppid) ppid,"
    b" CASE WHEN ppid < '8' THEN 'low' ELSE 'high' END AS sex FROM pupil ORDER BY ppid;",
}


# Of two hundred pupils in order of pseudonym the first four are in a school that is alone in its area; the others in
# six schools, three an area, half of them girls.
NESTED = {
    "study.toml": STUDY["study.toml"].replace(
        b'["sex"]\nmeasure = "count"', b'["school", "sex"]\nmeasure = "count"\nsuppress = true'
    )
    + b'[table.within]\nschool = ["area"]\n',
    "people.sql": b"""\
CREATE TABLE ranked AS SELECT ppid, row_number() OVER (ORDER BY ppid) - 1 AS n FROM (SELECT DISTINCT ppid FROM pupil);
CREATE TABLE people AS SELECT ppid,
 CASE WHEN n < 4 THEN 'west' WHEN n % 6 < 3 THEN 'north' ELSE 'south' END AS area,
 CASE WHEN n < 4 THEN 'w1' ELSE 'abcdef'[n % 6 + 1] || '1' END AS school,
 CASE WHEN n < 2 OR n % 12 < 6 THEN 'F' ELSE 'M' END AS sex FROM ranked ORDER BY ppid;
""",
}


def nested_study() -> dict[str, bytes]:
    """A study of pupils by school in area, and sex."""
    return dict(NESTED)


def linked_study() -> dict[str, bytes]:
    """The same, and a second table of the same pupils: by area and year."""
    year = b"CASE WHEN n % 5 < 2 THEN '7' ELSE '8' END AS year"
    sql = NESTED["people.sql"].replace(b"AS sex FROM", b"AS sex, " + year + b" FROM")
    also = b'[[also]]\ntitle = "by area and year"\ndimensions = ["area", "year"]\nmeasure = "count"\n'
    return {"study.toml": NESTED["study.toml"] + also, "people.sql": sql}


@dataclass
class Writer:
    """The log's writer, working at once for whoever waits, or stopped."""

    monkeypatch: Any
    running: bool = True
    waits: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        from rollbook.services.log import published, reader

        def wait(submission_id: int, timeout_s: float = 30) -> int:
            self.waits.append(submission_id)
            self.write()
            return reader.wait_for(submission_id, timeout_s=timeout_s if self.running else 0)

        self.monkeypatch.setattr(published, "wait_for", wait)

    def write(self) -> None:
        """One pass, if it works."""
        from rollbook.services.log import writer

        if self.running:
            writer.append_waiting()


def log_of_its_own(monkeypatch: Any) -> Writer:
    """An empty log, founded, and its writer."""
    from rollbook.services.log import genesis

    log_story.empty_log()
    genesis.found_log("A made-up authority")
    log_writer = Writer(monkeypatch)
    log_writer.write()
    return log_writer


def pupils(count: int = PUPILS) -> None:
    """One school's accepted return of this many pupils on roll."""
    from rollbook.services.returns import ingest

    census_ground.empty_store()
    census_ground.open_spring()
    receipt = ingest.ingest(by=OPERATOR, data=census_ground.a_large_file(count), name="return.xml")
    assert receipt.state == "accepted", receipt


def clean_folders() -> None:
    """No population, set or extract of an earlier test."""
    for folder in ("populations", "sets"):
        shutil.rmtree(settings.ROLLBOOK.data / folder, ignore_errors=True)
    shutil.rmtree(settings.ROLLBOOK.scratch / "extracts", ignore_errors=True)


def project(log_writer: Writer, **request: Any) -> str:
    """An approved request at work, with papers in the log; gives the project's reference."""
    from rollbook.services.projects import projects

    number = grounds.organisation(grounds.UNIVERSITY, RESEARCHER)
    grounds.agreement(number)
    grounds.assessment()
    grounds.accredited()
    reference = grounds.ask(**request)
    grounds.approve(reference)
    log_writer.write()
    return projects.open_project(by=OPERATOR, request_ref=reference)


def study(project_ref: str, files: dict[str, bytes] | None = None) -> int:
    """A study of the researcher's."""
    from rollbook.services.studies import studies

    return studies.submit(by=actor_of(RESEARCHER), project_ref=project_ref, files=files or STUDY)


def run(study_id: int) -> int:
    """A queued run."""
    from rollbook.services.studies import studies

    return studies.ask_run(by=actor_of(RESEARCHER), study_id=study_id)


def undeclared(study_id: int) -> Any:
    """A run that was done, of whose table the author has said nothing yet; gives the run's row."""
    from rollbook.records.models.studies import Run
    from rollbook.services.studies import runs

    number = run(study_id)
    runs.execute(number)
    return Run.objects.get(id=number)


def executed(study_id: int) -> Any:
    """A run that was done, and its table, if it was not stopped, handed to the checkers; gives the run's row."""
    row = undeclared(study_id)
    for output in row.outputs.filter(state="made", lead=None):
        submitted(output.reference)
    return row


CONTEXT = {
    "shows": "How many pupils there are by group.",
    "population": "Every pupil on the roll of one school.",
    "safe": "Each group has more than ten pupils.",
}


def submitted(reference: str) -> None:
    """The author hands a table to the checkers."""
    from rollbook.services.outputs import submitting

    submitting.submit_output(by=actor_of(RESEARCHER), reference=reference, context=CONTEXT)


def study_by(expression: str, *, dimension: str = "group_of", items: str = '"sex"') -> dict[str, bytes]:
    """A study that counts one label a pupil, made by an SQL expression over the table `pupil`."""
    toml = STUDY["study.toml"].decode().replace('items = ["sex"]', f"items = [{items}]")
    sql = (
        f"CREATE TABLE people AS SELECT DISTINCT ON (ppid) ppid, {expression} AS {dimension} FROM pupil ORDER BY ppid;"
    )
    toml = toml.replace('dimensions = ["sex"]', f'dimensions = ["{dimension}"]')
    return {"study.toml": toml.encode(), "people.sql": sql.encode()}


def approved_by_both(reference: str) -> None:
    """Both checkers' approvals."""
    from rollbook.services.outputs import outputs

    for checker in (CHECKER, SECOND_CHECKER):
        outputs.give_verdict(by=actor_of(checker), reference=reference, verdict="approve")


def accounts() -> None:
    """The accounts that take part."""
    for person in (RESEARCHER, CHECKER, SECOND_CHECKER):
        account_of(person)
