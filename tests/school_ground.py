"""A school's data manager at work: files with queries, sent by the page's deeds and worked off as the job process does.

In the model return P1 to P3 are on roll. `WRONG_YEAR` puts P1 far from the year group of their age, which is a query
(PT-048); `NO_SURNAME` is an error (PT-024).
"""

import json
from typing import Any

from rollbook.services.returns.uploads import upload_return
from rollbook.services.work import tasks
from tests import census_ground as ground
from tests.people import SCHOOL_DATA_MANAGER, Person, account_of, actor_of

WRONG_YEAR = "P1/PupilStatus/NCyearActual = 9"
OTHER_WRONG_YEAR = "P1/PupilStatus/NCyearActual = 10"
SECOND_WRONG_YEAR = "P2/PupilStatus/NCyearActual = 11"
NO_SURNAME = "- P1/PupilIdentifiers/Surname"
YEAR_RULE = "PT-048"
OTHER_MANAGER = Person("other-data-manager", "Wilf Tarrandine", SCHOOL_DATA_MANAGER.role)


def open_school() -> Any:
    """The spring collection, two schools and their data managers; gives the actor of the first."""
    from rollbook.records.models.accounts import School

    ground.empty_store()
    ground.open_spring()
    account_of(OTHER_MANAGER, school=School.objects.get(pk=ground.OTHER_SCHOOL))
    return actor_of(SCHOOL_DATA_MANAGER, school=School.objects.get(pk=ground.SCHOOL))


def send(by: Any, data: bytes, name: str = "return.xml") -> str:
    """Upload a file and let the job process check it; gives its handle."""
    handle = upload_return(by=by, name=name, data=data)
    work()
    return handle


def work() -> int:
    """Do the jobs that wait, as the job process does, each once; gives how many."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs WHERE status = 'todo' RETURNING id, task_name, args")
        found = sorted(cursor.fetchall())
    for _, job, arguments in found:
        given = json.loads(arguments) if isinstance(arguments, str) else arguments
        tasks.work_of(job)(*given.values())
    return len(found)


def a_file_of_issues(pupils: int) -> bytes:
    """A large school: every second pupil has no surname (an error), the others are in a wrong year group (a query)."""
    from lxml import etree

    root = etree.fromstring(ground.a_large_file(pupils))
    for number, pupil in enumerate(root.iter("PupilOnRoll")):
        surname, year = pupil.find("PupilIdentifiers/Surname"), pupil.find("PupilStatus/NCyearActual")
        assert surname is not None
        assert year is not None
        if number % 2:
            surname.text = "."
        else:
            year.text = "13"
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True)
