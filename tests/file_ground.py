"""A project whose panel has allowed one file by exception, and the file on its way."""

from typing import Any

from tests import grounds
from tests import run_ground as ground
from tests.people import CHECKER, DPO, PANEL_MEMBER, RESEARCHER, SECOND_CHECKER, Person, actor_of

WHY = "It fits no mixture of two groups, and the share of each is what the question is about: no table says it."
STUDY = {
    "study.toml": f"""\
title = "Two kinds of schools"
purpose = "To see whether there are two."
items = ["sex"]
[[steps]]
sql = "mixture.sql"
[file]
name = "mixture"
format = "csv"
columns = ["part", "share"]
reason = "{WHY}"
""".encode(),
    "mixture.sql": b"COPY (SELECT 'first' AS part, 0.41239 AS share UNION ALL SELECT 'second', 0.58761)"
    b" TO '/out/mixture.csv' (FORMAT csv, HEADER);",
}
# Worked out by hand: four significant digits, rows in order.
TEXT = "part,share\r\nfirst,0.4124\r\nsecond,0.5876\r\n"
GROUNDS = {
    "need": "No measure of the platform fits a mixture.",
    "groups": "Both shares are of all the pupils of the run, as line one shows.",
    "person": "Two shares of everybody tell of nobody.",
    "difference": "Nothing was released about these shares before.",
    "hidden": "Two labels that the step spells out, and four digits each.",
    "warnings": "There is no warning about this file.",
}


def asked(project: str, name: str = "mixture", form: str = "csv", **change: Any) -> str:
    """The exception the project asks for; gives its reference."""
    from rollbook.services.projects import file_leave

    facts: dict[str, Any] = {"project_ref": project, "name": name, "format": form, "reason": WHY}
    return file_leave.ask_exception(by=actor_of(RESEARCHER), **(facts | change))


def decided(reference: str, result: str = "allow", person: Person = PANEL_MEMBER, **change: Any) -> None:
    """The panel's decision, for a month."""
    from rollbook.services.projects import file_leave

    facts: dict[str, Any] = {"reasons": "The question is worth it."}
    if result == "allow":
        facts["expires"] = grounds.days(30)
    file_leave.decide_exception(by=actor_of(person), reference=reference, result=result, **(facts | change))


def allowed(log: ground.Writer) -> str:
    """A project with leave for the file in the log; gives the project's reference."""
    project = ground.project(log)
    decided(asked(project))
    log.write()
    return project


def made(project: str, files: dict[str, bytes] | None = None) -> Any:
    """The file of a run, of which its author has said nothing yet; gives the output's row."""
    return ground.undeclared(ground.study(project, files or STUDY)).outputs.get()


def handed_in(project: str, files: dict[str, bytes] | None = None) -> Any:
    """The same, handed to the checkers."""
    output = made(project, files)
    ground.submitted(output.reference)
    return output


def checked(output: Any, *people: Person) -> None:
    """Both checkers' approvals, with their grounds."""
    from rollbook.services.outputs import outputs

    for person in people or (CHECKER, SECOND_CHECKER):
        outputs.give_verdict(by=actor_of(person), reference=output.reference, verdict="approve", grounds=GROUNDS)


def let_out(output: Any, person: Person = DPO, turn: int = 1) -> None:
    """The officer's word."""
    from rollbook.services.outputs import deciding

    deciding.decide_file(by=actor_of(person), reference=output.reference, verdict="approve", turn=turn, grounds=GROUNDS)


def released(log: ground.Writer) -> Any:
    """A file that left."""
    from rollbook.services.outputs import releases

    output = handed_in(allowed(log))
    checked(output)
    let_out(output)
    releases.release(output.id)
    output.refresh_from_db()
    return output
