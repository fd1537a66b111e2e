"""A monitor follows the log this installation serves; its report stands in the log, and the public page shows it."""

import json
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from typer.testing import CliRunner

from rollbook.cli import monitor as command
from rollbook.kernel.refusals import AccessDenied, InputRefused
from rollbook.services.log import writer
from rollbook.services.log.monitor_entry import log_report
from rollbook.services.log.trust import own_policy
from tests.people import CUSTODIAN, OPERATOR, actor_of
from tests.register_ground import Register

pytestmark = pytest.mark.django_db


def test_a_monitors_report_is_entered_and_shown(client: Client, register: Register, tmp_path: Path) -> None:
    (tmp_path / "policy").write_text(own_policy())
    (tmp_path / "volumes").write_bytes(client.get("/register/volumes.json").content)
    files = {"--policy": "policy", "--state": "seen", "--json": "report", "--volumes": "volumes"}
    words = [word for option, name in files.items() for word in (option, str(tmp_path / name))]
    done = CliRunner().invoke(command.app, [str(settings.ROLLBOOK.log), *words])
    report = (tmp_path / "report").read_bytes()
    assert done.exit_code == 0, done.output
    assert json.loads(report)["checked"]["volumes"] == 3

    page = client.get("/register/log/health/").content.decode()
    assert "No monitor has put a report" in page
    assert "ML-DSA-44, with its time" in page
    assert "Nothing is overdue" in page
    with pytest.raises(AccessDenied):
        log_report(by=actor_of(CUSTODIAN), monitor="University", report=report)
    for wrong in (b"", b"[]", b'{"kind": "other"}', report.replace(b"monitor-report", b"monitor-rumour")):
        with pytest.raises(InputRefused):
            log_report(by=OPERATOR, monitor="University", report=wrong)
    log_report(by=OPERATOR, monitor="University of Quillmere", report=report)
    bad = {**json.loads(report), "breaches": [{"family": "overdue"}, {"family": "growth"}]}
    log_report(by=OPERATOR, monitor="The evening paper", report=json.dumps(bad).encode())
    writer.append_waiting()
    page = client.get("/register/log/health/").content.decode()
    for text in ("University of Quillmere", "sound", "The evening paper", "growth"):
        assert text in page
