"""A real run, as the public sees it: the use at once, the table only after its release, and then its bytes."""

import csv
import io
import json

import pytest
from django.test import Client

from rollbook.records.models.log import LogEntry
from rollbook.records.models.studies import Output
from rollbook.services import releases
from rollbook.services.duties import overdue
from rollbook.services.volumes import volumes
from tests import grounds
from tests import run_ground as ground

pytestmark = pytest.mark.django_db


def test_the_use_shows_at_once_and_the_table_only_once_released(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    ground.clean_folders()
    ground.pupils()
    log = ground.log_of_its_own(monkeypatch)
    run = ground.executed(ground.study(ground.project(log)))
    output = Output.objects.get(run=run)
    request = run.study.project.request.reference
    address = f"/register/releases/{output.reference}/"

    uses = json.loads(client.get("/register/uses.json").content)
    assert [(use["request"], use["power"], use["people"]) for use in uses] == [
        (request, "PWR-03", {"low": 0, "high": 1024})
    ]
    (use,) = uses
    assert (use["run"], use["study"], use["result"]) == (f"run-{run.id}", run.study.digest, "")
    assert use["started"] <= use["ended"]
    assert run.study.digest[:12] in client.get("/register/uses/").content.decode()
    assert "Live" in client.get(f"/register/requests/{request}/").content.decode()
    assert client.get(address).status_code == client.get(f"{address[:-1]}.csv").status_code == 404
    assert output.title not in client.get("/register/releases/").content.decode()

    ground.approved_by_both(output.reference)
    assert json.loads(client.get("/register/releases.json").content) == []
    releases.release(output.id)
    assert json.loads(client.get("/register/uses.json").content)[0]["result"] == "released"
    (listed,) = json.loads(client.get("/register/releases.json").content)
    (line,) = csv.DictReader(io.StringIO(client.get("/register/releases.csv").content.decode()))
    assert (
        (listed["reference"], listed["csv"])
        == (output.reference, output.release.csv)
        == (line["reference"], line["csv"])
    )
    page = client.get(address).content.decode()
    assert output.title in page
    assert "no figure about fewer than 10 people" in page
    answer = client.get(f"{address[:-1]}.csv")
    assert answer.content.decode() == output.release.csv
    head, *rows = csv.reader(io.StringIO(answer.content.decode()))
    assert head == ["sex", "count"]
    assert sum(int(row[1]) for row in rows) == ground.PUPILS
    (table,) = json.loads(client.get(f"{address[:-1]}.json").content)
    assert table["request"] == request
    assert output.title in client.get(f"/register/requests/{request}/").content.decode()

    found = volumes()
    assert found is not None
    counted = {row.kind: row.count for row in found.rows}
    assert (counted["disclosure"], counted["output"]) == (1, 1)
    assert found.size == LogEntry.objects.count()
    assert overdue(grounds.days(0)) == ()
