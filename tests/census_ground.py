"""Returns for tests: an open collection, registered schools, and files made from the rules' own model return.

The model return has three pupils on roll (P1 to P3) and one leaver (L1), all invented.
"""

import copy
import shutil
from collections.abc import Sequence
from datetime import date
from typing import Any

from django.conf import settings
from lxml import etree

from rollbook.dataplane.census.catalogue import items_of
from rollbook.dataplane.census.examples import edited
from rollbook.kernel.upn import check_letter
from tests.people import OPERATOR
from tests.rolls import RECEIVED

SPRING = "sc-spr-2025"
SCHOOL, OTHER_SCHOOL = "2013999", "2013998"
PUPILS = ("P1", "P2", "P3", "L1")
ADA = "C201399919001"


def empty_store() -> None:
    """No study tables: what a transaction that was rolled back cannot undo."""
    from rollbook.records.models.log import LogState

    shutil.rmtree(settings.ROLLBOOK.study, ignore_errors=True)
    if not LogState.objects.exists():
        # The log of an earlier test, which the database of this one never signed.
        shutil.rmtree(settings.ROLLBOOK.log, ignore_errors=True)


def a_paper(kind: str, reference: str, items: Sequence[str], *, logged: bool = True, **more: Any) -> Any:
    """A publication that covers `items`, and for an assessment its record."""
    from rollbook.records.models.governance import Assessment, Publication
    from rollbook.records.models.log import LogSubmission

    state = LogSubmission.APPENDED if logged else LogSubmission.WAITING
    submission = LogSubmission.objects.create(entry_id=f"pub/{reference}", entry={}, made_at=RECEIVED, state=state)
    fields = {"starts": date(2024, 9, 1), "review_by": date(2030, 9, 1), "items": list(items), **more}
    paper = Publication.objects.create(
        kind=kind, reference=reference, title=reference, body="Text.", document="x" * 44, submission=submission,
        made_at=RECEIVED, **fields,
    )  # fmt: skip
    if kind == "assessment":
        Assessment.objects.create(
            publication=paper,
            items=list(items),
            purposes=[],
            starts=paper.starts,
            review_by=paper.review_by or paper.starts,
        )
    return paper


def open_spring(*schools: str) -> None:
    """The spring collection, opened by its deed, and these schools registered by theirs."""
    from rollbook.services.collections.collections import open_collection, register_school

    items = [item.id for item in items_of(SPRING)]
    a_paper("notice", "notice-spring", items)
    a_paper("assessment", "assessment-spring", items)
    open_collection(by=OPERATOR, code=SPRING, notice="notice-spring", assessment="assessment-spring")
    for laestab in schools or (SCHOOL, OTHER_SCHOOL):
        register_school(by=OPERATOR, laestab=laestab, name=f"School {laestab}", phase="PS")


def upn(serial: int) -> str:
    """A valid UPN of the model school."""
    body = f"2013999{20 + serial // 1000:02}{serial % 1000:03}"
    return check_letter(body) + body


def a_file(*edits: str, school: str = SCHOOL, upns: Sequence[str] | None = None, serial: str = "001") -> bytes:
    """The model return with edits. `upns` are the numbers of P1, P2, P3 and L1; another school needs its own."""
    header = (f"H/Source/LEA = {school[:3]}", f"H/Source/Estab = {school[3:]}", f"H/Source/SerialNo = {serial}")
    given = zip(PUPILS, upns or (), strict=False)
    return edited((*header, *(f"{pupil}/PupilIdentifiers/UPN = {one}" for pupil, one in given), *edits))


def a_large_file(pupils: int, *, school: str = SCHOOL, first: int = 0) -> bytes:
    """A return of many pupils on roll: the model's three over and over, each with a UPN and a name of its own."""
    root = etree.fromstring(a_file(school=school))
    roll = root.find("Pupils/PupilsOnRoll")
    assert roll is not None
    models = list(roll)
    roll[:] = []
    for number in range(first, first + pupils):
        pupil = copy.deepcopy(models[number % len(models)])
        for path, text in (("UPN", upn(number)), ("Surname", f"Sample{number}"), ("Forename", f"Ada{number}")):
            found = pupil.find(f"PupilIdentifiers/{path}")
            assert found is not None
            found.text = text
        roll.append(pupil)
    leavers = root.find("Pupils/PupilsNoLongerOnRoll")
    assert leavers is not None
    leavers[:] = []
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True)
