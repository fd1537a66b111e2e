"""The log across processes, each with the database rights and keys of its own.

Jobs hand in, the writer signs, web only reads.
"""

import subprocess
import sys

import pytest
from django.db import connection

from tests.integration.log import log_story as story

pytestmark = pytest.mark.django_db(transaction=True)

START = "import sys; from rollbook.services.platform.start import start_django; start_django(sys.argv[1])\n"
HAND_IN = """
from django.db import transaction
from rollbook.services.uses import sets
from rollbook.services.log import genesis
from tests.integration.log import log_story as story
from rollbook.services.log.outbox import submit
with transaction.atomic():
    genesis.found_log("A made-up authority")
    decision = story.submit_decision(1, story.submit_request(1))
    made = sets.make_set(pupil_ids=[story.upn(1)])
    submit(story.disclosure(1, **made.entry_fields), refs={"of": decision})
"""
WRITE = "from rollbook.services.log import writer; print(writer.append_waiting())"
READ = "from rollbook.services.log import reader; print(reader.head().size, reader.entry(5).type)"
BUNDLE = """
from rollbook.services.platform import clock
from rollbook.services.uses import sets
from tests.integration.log import log_story as story
(epoch,) = sets.epochs_with_sets()
print(sets.write_bundle(epoch, story.upn(1)).decode().count("\\nd 5 in "))
"""
SIGN = """
from django.conf import settings
from rollbook.services.platform.keys import open_keys
from rollbook.tlog.notes import Body
body = Body(settings.ROLLBOOK.log_origin, 1, bytes(32)).text().encode()
open_keys(settings.ROLLBOOK).sign_checkpoint(body, 1)
"""
SWAP = "from rollbook.services.log import state; state.swap_state(state.NOTHING, state.State(1, bytes(32)))"


def run_as(process: str, code: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", START + code, process]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


@pytest.fixture(autouse=True)
def beginning(transactional_db: None) -> None:
    story.empty_log()
    connection.close()


def test_each_process_does_its_own_part() -> None:
    done = [run_as(*step) for step in (("jobs", HAND_IN), ("log", WRITE), ("web", READ), ("jobs", BUNDLE))]
    assert [step.returncode for step in done] == [0, 0, 0, 0], "".join(step.stderr for step in done)
    assert [step.stdout.strip() for step in done] == ["", "6", "6 disclosure", "1"]


@pytest.mark.parametrize("process", ["web", "jobs"])
def test_no_other_process_can_sign_or_move_the_log(process: str) -> None:
    assert run_as("log", SIGN).returncode == 0
    assert "AccessDenied" in run_as(process, SIGN).stderr
    assert "permission denied" in run_as(process, SWAP).stderr


def test_the_web_process_can_make_no_set_and_no_bundle() -> None:
    refused = run_as("web", HAND_IN)
    assert "AccessDenied" in refused.stderr
