"""A process killed at any step of ingest: the next start finds the store unchanged, or the return landed once.

Each step is broken three ways: killed before it, killed after it, and done but reported as failed. A kill is an
exception that no handler of the code catches, after which the connection is closed as PostgreSQL would find it; a few
are real processes.
"""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

from rollbook.dataplane.store import landing
from rollbook.dataplane.store.tables import TABLES, files_of
from rollbook.kernel.refusals import InputRefused
from rollbook.records.models.collections import Return
from rollbook.records.models.control import Audit
from rollbook.records.models.identity import Identifier, Person, Sighting
from rollbook.services.platform.people_zone import people_zone
from rollbook.services.returns import identity_rows, ingest, returns
from tests import census_ground as ground
from tests.people import OPERATOR

NEW_UPN = ground.upn(77)
FIRST = ground.a_file()
SECOND = ground.a_file("P1/PupilCharacteristics/Ethnicity = REFU", serial="002", upns=[ground.ADA, NEW_UPN])
# The tables that the model return has rows for, in the order they are appended.
APPENDED = ("pupil", "fsm_period", "sen_need", "exclusion", "session")


class Killed(BaseException):
    """The process is gone: nothing of ours runs after this."""


class ReportedAsFailed(Exception):
    """The step said that it failed."""


def _nth(number: int) -> Callable[[int], bool]:
    return lambda call: call == number


STEPS: dict[str, tuple[Any, str, Callable[[int], bool]]] = {
    "give keys": (identity_rows, "give_keys", _nth(1)),
    **{f"append {name}": (landing, "append", _nth(place)) for place, name in enumerate(APPENDED, start=1)},
    "supersede": (ingest, "_supersede", _nth(1)),
    "write identity": (identity_rows, "write_identity", _nth(1)),
    "audit": (ingest, "audit_each", _nth(1)),
    "tell the school": (ingest, "_tell_schools", _nth(1)),
    "commit": (ingest, "_commit", _nth(1)),
}


def break_step(monkeypatch: pytest.MonkeyPatch, step: str, how: str) -> None:
    module, name, meant = STEPS[step]
    real, calls = getattr(module, name), 0

    def broken(*args: Any, **kwargs: Any) -> Any:
        nonlocal calls
        calls += 1
        if not meant(calls):
            return real(*args, **kwargs)
        if how == "killed before":
            raise Killed
        real(*args, **kwargs)
        raise Killed if how == "killed after" else ReportedAsFailed

    monkeypatch.setattr(module, name, broken)


@pytest.fixture
def first_return(transactional_db: None) -> str:
    ground.empty_store()
    ground.open_spring()
    return ingest.ingest(by=OPERATOR, data=FIRST, name="first.xml").return_id


def ethnicity_of_ada() -> str:
    with people_zone():
        ada = Identifier.objects.get(scheme="upn", value=ground.ADA).person_id
    return next(fact.value for fact in returns.facts_held(ada) if fact.item == "ethnicity")


def rows_on_disk() -> set[str]:
    return {file.first_return for table in TABLES for file in files_of(settings.ROLLBOOK.study, table)}


def landed() -> bool:
    """Whether the second return stands, having checked that the two stores say one thing."""
    states = dict(Return.objects.values_list("state", "pk"))
    assert rows_on_disk() == {str(pk) for pk in states.values()}
    accepted = str(states[Return.ACCEPTED])
    assert returns.current_return_ids([ground.SPRING]) == [accepted]
    second_stands = Return.SUPERSEDED in states
    with people_zone():
        people = set(Sighting.objects.filter(source_id=accepted).values_list("person_id", flat=True))
        assert set(returns.people_in([accepted])) == people
        assert Person.objects.count() == (5 if second_stands else 4)
        assert Identifier.objects.filter(value=NEW_UPN).exists() == second_stands
    assert ethnicity_of_ada() == ("REFU" if second_stands else "WBRI")
    assert Audit.objects.filter(deed="accept-return").count() == (2 if second_stands else 1)
    return second_stands


def next_start_completes_or_undoes(first: str) -> None:
    connection.close()
    ingest.recover()
    if landed():
        with pytest.raises(InputRefused, match="already received"):
            ingest.ingest(by=OPERATOR, data=SECOND, name="second.xml")
    else:
        assert ingest.ingest(by=OPERATOR, data=SECOND, name="second.xml").supersedes == first
    assert landed()
    with people_zone():
        keys = list(Person.objects.values_list("key", flat=True))
        assert Identifier.objects.filter(scheme="upn").count() == len(keys) == len(set(keys)) == 5


@pytest.mark.parametrize("how", ["killed before", "killed after", "reported as failed"])
@pytest.mark.parametrize("step", STEPS)
def test_the_next_start_completes_or_undoes(
    first_return: str, monkeypatch: pytest.MonkeyPatch, step: str, how: str
) -> None:
    with monkeypatch.context() as patched:
        break_step(patched, step, how)
        with pytest.raises((Killed, ReportedAsFailed)):
            ingest.ingest(by=OPERATOR, data=SECOND, name="second.xml")
    if how == "reported as failed":
        assert landed() == (step == "commit")  # put right at once, without waiting for a start
    next_start_completes_or_undoes(first_return)


def test_every_step_is_reached(first_return: str, monkeypatch: pytest.MonkeyPatch) -> None:
    reached: list[str] = []
    for step, (module, name, _) in STEPS.items():
        if step.startswith("append") and step != "append pupil":
            continue
        real = getattr(module, name)
        monkeypatch.setattr(
            module, name, lambda *a, _real=real, _name=name, **k: (reached.append(_name), _real(*a, **k))[1]
        )
    ingest.ingest(by=OPERATOR, data=SECOND, name="second.xml")
    assert reached.count("append") == len(APPENDED)
    assert set(reached) == {name for _, name, _ in STEPS.values()}


PROGRAM = """
import os, sys
from pathlib import Path
from rollbook.services.platform.start import start_django
start_django("operator")
from rollbook.dataplane.store import landing
from rollbook.services.returns import identity_rows
from rollbook.services.returns import ingest
from rollbook.services.platform.actors import operator
modules = {"landing": landing, "identity_rows": identity_rows, "ingest": ingest}
module, name, call = modules[sys.argv[2]], sys.argv[3], int(sys.argv[4])
real, calls = getattr(module, name), 0
def die_after(*args, **kwargs):
    global calls
    calls += 1
    done = real(*args, **kwargs)
    if calls == call:
        os._exit(9)
    return done
setattr(module, name, die_after)
ingest.ingest(by=operator(), data=Path(sys.argv[1]).read_bytes(), name="second.xml")
"""


@pytest.mark.parametrize(
    ("module", "name", "call"),
    [
        ("identity_rows", "give_keys", 1),
        ("landing", "append", 2),
        ("identity_rows", "write_identity", 1),
        ("ingest", "_commit", 1),
    ],
)
def test_a_real_process_killed_as_the_operator_leaves_what_the_next_start_puts_right(
    first_return: str, tmp_path: Path, module: str, name: str, call: int
) -> None:
    file = tmp_path / "second.xml"
    file.write_bytes(SECOND)
    command = [sys.executable, "-c", PROGRAM, str(file), module, name, str(call)]
    done = subprocess.run(command, env=dict(os.environ), capture_output=True, text=True, check=False)
    assert done.returncode == 9, done.stderr
    next_start_completes_or_undoes(first_return)
