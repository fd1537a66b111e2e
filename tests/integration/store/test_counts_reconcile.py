"""Counts of files, study tables and identity zone: a planted difference is seen; schools are named, pupils never."""

import json
import os
import subprocess
import sys

import pytest
from django.conf import settings

from rollbook.dataplane.store.tables import open_table
from rollbook.kernel.refusals import AccessDenied, InputRefused
from rollbook.records.models.collections import Return
from rollbook.records.models.identity import Sighting
from rollbook.services.platform.people_zone import people_zone
from rollbook.services.returns.ingest import ingest
from rollbook.services.returns.reconcile import Counts, progress, reconcile
from tests import census_ground as ground
from tests.people import CUSTODIAN, OPERATOR, RESEARCHER, actor_of

OTHERS = [ground.upn(n) for n in range(1, 5)]
ABSENT = "3013997"


@pytest.fixture(autouse=True)
def received(transactional_db: None) -> None:
    ground.empty_store()
    ground.open_spring(ground.SCHOOL, ground.OTHER_SCHOOL, ABSENT)
    for data in (
        ground.a_file(),
        ground.a_file("+ P1/PupilIdentifiers <FormerUPN>A123456789123</FormerUPN>", serial="002"),
        ground.a_file("P2/PupilIdentifiers/UPN = B801200005002", school=ground.OTHER_SCHOOL, upns=OTHERS),
    ):
        ingest(by=OPERATOR, data=data, name="return.xml")


def differing() -> list[str]:
    return [one.what for one in reconcile(by=OPERATOR, collection=ground.SPRING).differing]


def test_counts_agree_for_school_authority_and_nation_and_missing_schools_are_named() -> None:
    found = reconcile(by=OPERATOR, collection=ground.SPRING)
    assert [one.what for one in found.schools] == [ground.SCHOOL]
    assert [one.what for one in found.authorities] == ["201"]
    for line in (*found.schools, *found.authorities, found.nation):
        assert line.counts == (Counts(1, 3, 1),) * 3
    assert (found.differing, found.missing) == ((), (ground.OTHER_SCHOOL, ABSENT))


def test_a_pupil_gone_from_the_study_tables_is_seen() -> None:
    delta = open_table(settings.ROLLBOOK.study, "pupil")
    assert delta is not None
    delta.delete("on_roll = false")
    assert differing() == [ground.SCHOOL]


def test_a_pupil_who_changed_place_in_the_identity_zone_is_seen() -> None:
    with people_zone():
        Sighting.objects.filter(source__state=Return.ACCEPTED, on_roll=False).update(on_roll=True)
    assert differing() == [ground.SCHOOL]


def test_a_count_kept_at_receipt_that_differs_is_seen_by_the_command_which_names_the_school_alone() -> None:
    Return.objects.filter(state=Return.ACCEPTED).update(on_roll=4)
    command = [sys.executable, "-m", "rollbook.cli.main", "reconcile", ground.SPRING, "--json"]
    done = subprocess.run(command, env=dict(os.environ), capture_output=True, text=True, check=False)
    assert done.returncode == 7, done.stderr
    assert json.loads(done.stdout)["differing"] == [ground.SCHOOL]
    assert ground.ADA not in done.stdout


def test_progress_by_authority_tells_received_refused_missing_and_queries() -> None:
    here, elsewhere = progress(by=actor_of(CUSTODIAN), collection=ground.SPRING)
    assert (here.authority, here.received, here.refused, here.missing, here.queries) == ("201", 1, 1, 0, 1)
    assert (elsewhere.authority, elsewhere.received, elsewhere.refused, elsewhere.missing) == ("301", 0, 0, 1)
    assert here.agrees
    Return.objects.filter(state=Return.ACCEPTED).update(no_longer_on_roll=0)
    assert not progress(by=actor_of(CUSTODIAN), collection=ground.SPRING)[0].agrees


def test_only_operator_and_custodian_may_count_and_only_what_there_is() -> None:
    with pytest.raises(AccessDenied):
        reconcile(by=actor_of(RESEARCHER), collection=ground.SPRING)
    with pytest.raises(InputRefused):
        reconcile(by=OPERATOR, collection="sc-spr-1999")
