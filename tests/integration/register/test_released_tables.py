"""A real run, as the public sees it: the use at once, the table only after its release, and then its bytes."""

import csv
import io
import json
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.test import Client
from typer import Typer
from typer.testing import CliRunner

from rollbook.cli.replay import replay as command
from rollbook.kernel.encoding import b64, unb64
from rollbook.kernel.refusals import RollbookError
from rollbook.records.models.log import LogEntry
from rollbook.records.models.studies import Output
from rollbook.services.log.trust import own_policy
from rollbook.services.outputs import releases
from rollbook.services.register.duties import overdue
from rollbook.services.register.volumes import volumes
from rollbook.tlog.notes import ed25519_key
from rollbook.tlog.trust import parse_policy, write_policy
from tests import grounds
from tests import run_ground as ground

pytestmark = pytest.mark.django_db


@dataclass
class Kept:
    """What an outsider downloads, and the policy they have from elsewhere."""

    folder: Path
    names = ("record.json", "table.csv", "proof.json", "policy")

    def write(self, **texts: bytes) -> None:
        for name, data in texts.items():
            (self.folder / name.replace("_", ".")).write_bytes(data)

    def replay(self) -> tuple[int, str]:
        app = Typer()
        app.command()(command)
        record, table, proof, policy = (str(self.folder / name) for name in self.names)
        ran = CliRunner().invoke(app, [record, table, "--verify", proof, "--policy", policy])
        refused = ran.exception.reasons[0].code if isinstance(ran.exception, RollbookError) else ""
        return ran.exit_code, refused or ran.stdout


def without_asking_anybody(client: Client, address: str, folder: Path) -> None:
    """The record is proved by what the log signed, and nothing that was touched is."""
    kept = Kept(folder)
    good = {
        "record_json": client.get(f"{address}record.json").content,
        "table_csv": client.get(f"{address[:-1]}.csv").content,
        "proof_json": client.get(f"{address}proof.json").content,
        "policy": own_policy().encode(),
    }
    kept.write(**good)
    code, told = kept.replay()
    assert (code, "Signed by" in told, "agrees with the record" in told) == (0, True, True)
    assert "no independent witness" in told

    proof = json.loads(good["proof_json"])
    for name, data, refused in (
        ("table_csv", good["table_csv"] + b"x,99\r\n", "files"),
        ("record_json", good["record_json"].replace(b'"threshold":10', b'"threshold":11'), "files"),
        ("proof_json", changed(proof, manifest=proof["manifest"].replace('"v":1', '"v":1 ')), "manifest"),
        ("proof_json", changed(proof, entry=b64(unb64(proof["entry"]).replace(b"output", b"outpuT"))), "inclusion"),
        ("proof_json", changed(proof, receipt=proof["receipt"].replace("index ", "index 1")), "inclusion"),
        ("proof_json", b"{}", "proof"),
        ("policy", policy_of_another(good["policy"]), ""),
    ):
        kept.write(**good | {name: data})
        code, told = kept.replay()
        assert code != 0, name
        assert "agrees" not in told
        assert told == refused or not refused


def changed(proof: dict[str, str], **parts: str) -> bytes:
    return json.dumps(proof | parts).encode()


def policy_of_another(mine: bytes) -> bytes:
    """A policy that trusts other keys of the same name: an installation that calls itself by our origin."""
    first, second = parse_policy(mine.decode()).logs
    return write_policy((ed25519_key(first.name, Ed25519PrivateKey.generate()), second)).encode()


def test_the_use_shows_at_once_and_the_table_only_once_released(
    client: Client, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
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

    without_asking_anybody(client, address, tmp_path)

    found = volumes()
    assert found is not None
    counted = {row.kind: row.count for row in found.rows}
    assert (counted["disclosure"], counted["output"]) == (1, 1)
    assert found.size == LogEntry.objects.count()
    assert overdue(grounds.days(0)) == ()
