"""What only a person in a signed-in session may do does not exist for a command, a process, or a session without a
second factor.
"""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from rollbook.cli import main
from rollbook.cli.main import COMMANDS
from rollbook.kernel.refusals import AccessDenied
from rollbook.services.gateway import gateway
from rollbook.services.outputs import deciding, outputs
from rollbook.services.platform.actors import Actor, Role, operator, system
from rollbook.services.projects import file_leave
from rollbook.services.studies import studies
from tests.people import CHECKER, CUSTODIAN, DPO, PANEL_MEMBER, POLICE_OFFICER, RESEARCHER, Person, actor_of

pytestmark = pytest.mark.django_db

CHILD = {"surname": "Thrennet", "forename": "Ivo", "born": date(2009, 5, 14)}
DEEDS: list[tuple[Callable[..., Any], dict[str, Any], Person]] = [
    (outputs.give_verdict, {"reference": "table-1", "verdict": "approve"}, CHECKER),
    (
        gateway.open_case,
        {"agreement_ref": "a", "purpose": "missing-child", "items": ["surname"], **CHILD},
        POLICE_OFFICER,
    ),
    (gateway.match_case, {"reference": "case-1"}, CUSTODIAN),
    (gateway.confirm_case, {"reference": "case-1"}, CUSTODIAN),
    (gateway.refuse_case, {"reference": "case-1"}, CUSTODIAN),
    (gateway.collect, {"reference": "case-1"}, POLICE_OFFICER),
    (studies.submit, {"project_ref": "project-1", "files": {"study.toml": b""}}, RESEARCHER),
    (studies.ask_run, {"study_id": 1}, RESEARCHER),
    (deciding.decide_file, {"reference": "file-1", "verdict": "approve", "turn": 1}, DPO),
    (
        file_leave.ask_exception,
        {"project_ref": "project-1", "name": "a", "format": "txt", "reason": "x" * 80},
        RESEARCHER,
    ),
    (
        file_leave.decide_exception,
        {"reference": "exception-1", "result": "allow", "reasons": "Useful."},
        PANEL_MEMBER,
    ),
]
NAMES = [deed.__name__ for deed, _, _ in DEEDS]


@pytest.mark.parametrize(("deed", "arguments", "person"), DEEDS, ids=NAMES)
def test_a_command_or_a_process_cannot_stand_in_for_a_person(
    deed: Callable[..., Any], arguments: dict[str, Any], person: Person
) -> None:
    role = person.role
    assert role is not None
    for by in (operator(), system(), Actor(role=Role.OPERATOR, channel="web", account_id=1, second_factor=True)):
        with pytest.raises(AccessDenied) as refused:
            deed(by=by, **arguments)
        assert refused.value.reasons[0].code == "role"
    # Even a command that claimed the role, and an account number with it, is no session.
    for claimed in (Actor(role=role, channel="command"), Actor(role, "command", account_id=1, second_factor=True)):
        with pytest.raises(AccessDenied) as refused:
            deed(by=claimed, **arguments)
        assert refused.value.reasons[0].code == "session"
    with pytest.raises(AccessDenied) as refused:
        deed(by=actor_of(person, second_factor=False), **arguments)
    assert refused.value.reasons[0].code == "second-factor"


def test_no_command_gives_verdicts_or_confirms_and_none_acts_as_somebody() -> None:
    forbidden = {"verdict", "approve", "decide", "confirm", "collect", "match"}
    assert not [name for name in COMMANDS if forbidden & set(name.split("-"))]
    cli = Path(main.__file__).parent
    deeds = (
        "give_verdict",
        "decide_file",
        "decide_exception",
        "confirm_case",
        "match_case",
        "decide(",
        "collect(",
        '"--by"',
    )
    assert not [path.name for path in cli.glob("*.py") for deed in deeds if deed in path.read_text()]
