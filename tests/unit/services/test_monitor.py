"""A monitor over a served log: it names every breach that a hostile authority could try, each by family and code."""

import json
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from rollbook.cli import monitor as command
from rollbook.kernel import canonical
from rollbook.kernel.encoding import b64, sha256
from rollbook.services.log.counting import Volume, count
from rollbook.services.log.published_entry import of
from rollbook.services.platform.exports import as_json
from rollbook.tlog import notes, vrf
from rollbook.tlog.tiles import Tiles, document_path
from rollbook.tlog.trust import write_policy
from tests.unit.tlog.test_audit_rules import BASE, ORIGIN, VRF, disclosure, reveal, sealed, set_of
from tests.unit.tlog.test_verify_for_people import ED25519, ML_DSA, write_files
from tests.vectors.log_data import NOW

PAPER = b"A notice that anyone may read."
NOTICE = {
    "type": "publication", "kind": "notice", "title": "Notice", "document": b64(sha256(PAPER)), "from": "2026-09-01",
}  # fmt: skip
OUTCOME = {"type": "outcome", "of": 4, "result": "done"}
DESTROYED = {
    "type": "destroyed", "of": 4, "on": "2026-09-03", "method": "overwritten", "certificate_text": b64(bytes(32)),
}  # fmt: skip
STORY: list[dict[str, Any]] = [*BASE, disclosure(), sealed(), NOTICE, DESTROYED]
Silent = type("Silent", (SimpleHTTPRequestHandler,), {"log_message": lambda *_: None})


def raws_of(entries: list[dict[str, Any]]) -> list[bytes]:
    filled = [{"v": 1, "id": f"e-{n}", "at": "2026-09-02T10:00:00Z", **entry} for n, entry in enumerate(entries)]
    return [canonical.dumps(entry) for entry in filled]


class Site:
    """An authority's site: its log under /log, its volumes in the register; anything of it can be falsified."""

    def __init__(self, folder: Path, address: str) -> None:
        self.folder, self.address = folder, address
        keys = notes.ed25519_key(ORIGIN, ED25519), notes.ml_dsa_key(ORIGIN, ML_DSA)
        (folder / "policy").write_text(write_policy(keys))
        self.publish(STORY)

    def publish(self, entries: list[dict[str, Any]], raws: list[bytes] | None = None, signed: int = NOW - 60) -> None:
        raws = raws or raws_of(entries)
        tiles = Tiles()
        files = tiles.grow(raws)
        body = notes.Body(ORIGIN, tiles.size, tiles.tree.root())
        lines = [notes.sign_text(ORIGIN, ED25519, body.text()), notes.cosign_ml_dsa(ORIGIN, ML_DSA, body, signed)]
        files |= {"checkpoint": notes.write_note(body.text(), lines), document_path(sha256(PAPER)): PAPER}
        write_files(self.folder / "site/log", files)
        known = [of(n, one) for n, one in enumerate(map(canonical.loads, raws)) if one["v"] == 1]
        self.volumes(count(known))

    def volumes(self, rows: tuple[Volume, ...]) -> None:
        write_files(self.folder / "site/register", {"volumes.json": as_json(rows).encode()})

    def run(self, *more: str) -> tuple[int, dict[str, Any]]:
        place = self.folder / "report.json"
        args = [f"{self.address}/log", "--policy", str(self.folder / "policy"), "--json", str(place)]
        done = CliRunner().invoke(command.app, [*args, "--state", str(self.folder / "seen"), *more])
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        report = json.loads(place.read_text())
        for breach in report["breaches"]:
            assert breach["code"] in done.output, "what the report says is said in words too"
        assert done.exit_code == report["exit"]
        return done.exit_code, report

    def breaches(self, *more: str) -> set[tuple[str, str, str]]:
        return {(one["family"], one["code"], one["where"]) for one in self.run(*more)[1]["breaches"]}


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setattr(command.time, "time", lambda: NOW)
    (tmp_path / "site").mkdir()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Silent, directory=str(tmp_path / "site")))
    threading.Thread(target=partial(server.serve_forever, poll_interval=0.02), daemon=True).start()
    yield Site(tmp_path, f"http://127.0.0.1:{server.server_port}")
    server.shutdown()
    server.server_close()


def test_a_sound_log_is_followed_and_what_was_looked_at_is_said(site: Site) -> None:
    assert site.run()[0] == 0
    grown = [*STORY, {**NOTICE, "title": "Second"}]
    site.publish(grown)
    code, report = site.run()
    assert (code, report["verdict"], report["size"], report["grown_from"]) == (0, "sound", len(grown), len(STORY))
    assert report["checked"] == {
        "entries": 9, "tiles": 1, "documents": 2, "texts_removed": 3, "volumes": 4,
        "totals": 0, "sealed": 1, "sealed_overdue": 0, "sealed_extended": 0, "late_entries": 0, "views": 0,
    }  # fmt: skip
    assert "no independent witness" in report["warning"]


def test_a_log_that_was_rewritten_or_cut_is_named_and_both_heads_are_kept(site: Site) -> None:
    site.run()
    before = (site.folder / "seen").read_bytes()
    without = [entry for entry in STORY if entry.get("type") != "disclosure"]
    site.publish([*without[:5], {**NOTICE, "title": "In its place"}, NOTICE, {**NOTICE, "title": "Filler"}])
    assert ("growth", "rewritten", "now 8 entries") in site.breaches()
    site.publish(STORY[:-1])
    assert ("growth", "rewritten", "now 7 entries") in site.breaches()
    assert (site.folder / "seen").read_bytes() == before
    assert (site.folder / "seen.conflict").read_bytes() == (site.folder / "site/log/checkpoint").read_bytes()


def test_a_head_that_a_witness_or_a_mirror_holds_must_be_one_the_log_had(site: Site) -> None:
    held, served = site.folder / "held", site.folder / "site/log/checkpoint"
    held.write_bytes(served.read_bytes())
    site.publish([*STORY, {**NOTICE, "title": "Second"}])
    view = "--view", str(held)
    assert site.breaches(*view, "--view", f"{site.address}/log/checkpoint") == set()
    larger = served.read_bytes()
    site.publish([*STORY[:6], {**NOTICE, "title": "What only some are shown"}, *STORY[7:]])
    (site.folder / "seen").unlink()
    assert site.breaches(*view) == {("growth", "rewritten", str(held))}
    held.write_bytes(larger)
    assert site.breaches(*view) == {("growth", "behind", str(held))}
    held.write_bytes(larger.replace(b"\n9\n", b"\n8\n"))
    assert site.breaches(*view) == {("signature", "signature", str(held))}
    assert site.breaches("--view", str(site.folder / "none")) == {
        ("signature", "log-unreadable", str(site.folder / "none"))
    }


def test_a_head_that_is_forged_old_or_anothers_is_named(site: Site) -> None:
    site.publish(STORY, signed=NOW - 90_000)
    assert site.breaches() == {("signature", "stale", "")}
    head = site.folder / "site/log/checkpoint"
    head.write_bytes(head.read_bytes().replace(ORIGIN.encode(), b"log.example/other", 1))
    code, report = site.run()
    assert (code, report["breaches"][0]["code"]) == (20, "origin")
    head.unlink()
    assert ("signature", "log-unreadable", f"{site.address}/log/checkpoint") in site.breaches()


@pytest.mark.parametrize(
    ("path", "family", "code"),
    [
        ("tile/entries/000.p/8", "content", "root"),
        ("tile/0/000.p/8", "files", "file-differs"),
        (document_path(sha256(PAPER)), "files", "file-differs"),
    ],
)
def test_a_changed_file_is_named_and_a_missing_one(site: Site, path: str, family: str, code: str) -> None:
    file = site.folder / "site/log" / path
    data = file.read_bytes()
    file.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    ((found, named, _),) = site.breaches()
    assert (found, named) == (family, code) or (found, named) == ("content", "root")
    file.unlink()
    ((found, named, where),) = site.breaches()
    assert (found, named, where) == ("files", "log-unreadable", f"{site.address}/log/{path}")


def test_an_entry_of_an_unknown_version_is_never_skipped(site: Site) -> None:
    site.publish([*STORY, {**NOTICE, "v": 2}, {**NOTICE, "type": "sealed-for-ever"}])
    assert {("unknown", "entry-unknown", "entry 8"), ("unknown", "entry-unknown", "entry 9")} == site.breaches()
    assert site.run()[0] == 25


def test_a_second_key_or_a_second_set_id_for_a_month_in_use_is_named(site: Site) -> None:
    other = b64(vrf.public_key((2).to_bytes(32, "little")))
    site.publish([*STORY, {**VRF, "pk": other}, {**disclosure(), "set": set_of("2026-09")}])
    assert {(family, code) for family, code, _ in site.breaches()} >= {("rules", "L7"), ("rules", "L9")}


def test_a_late_reveal_and_a_file_never_destroyed_are_named(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    day = 86_400
    monkeypatch.setattr(command.time, "time", lambda: NOW + 90 * day)
    late = [*STORY[:-1], OUTCOME, {**NOTICE, "review_by": "2026-12-01"}]
    site.publish(late, signed=NOW + 90 * day - 60)
    assert site.breaches() == {
        ("overdue", "destruction-overdue", "entry 4"),
        ("overdue", "review-overdue", "entry 8"),
        ("overdue", "reveal-overdue", "entry 5"),
    }
    assert site.run()[0] == 27
    done = [{**reveal(5)}, {**DESTROYED}, {**NOTICE, "supersedes": 8, "from": "2026-12-02"}]
    site.publish([*late, *({**one, "at": "2026-12-24T10:00:00Z"} for one in done)], signed=NOW + 90 * day - 60)
    assert site.breaches() == set()


def test_volumes_that_do_not_add_up_are_named(site: Site) -> None:
    rows = count([of(n, canonical.loads(raw)) for n, raw in enumerate(raws_of(STORY))])
    first = rows[0]
    site.volumes((Volume(first.month, first.kind, first.name, first.power, first.count + 1, first.people), *rows[2:]))
    found = {(family, code) for family, code, _ in site.breaches()}
    assert found == {("volumes", "figures-differ")}
    assert len(site.breaches()) == 2, "one figure is wrong, one was left out"
    row = '{"month": "x", "kind": "x", "name": "x", "power": "x", "people": null, "count": Infinity}'
    for broken in ('{"no": "list"}', "[" * 100_000, f"[{row}]", "\x00", '[{"month": 1}]'):
        (site.folder / "site/register/volumes.json").write_text(broken)
        assert site.breaches() == {("volumes", "volumes-form", "register/volumes.json")}


TOTALS = {"type": "totals", "from": "2026-09-01", "to": "2026-09-30"}
RIGHT = {"group": "law", "requests": 1, "disclosures": 2, "pupils": 70}


@pytest.mark.parametrize(
    ("rows", "codes"),
    [
        ([RIGHT], 0),
        ([{**RIGHT, "requests": 2}], 1),
        ([{**RIGHT, "disclosures": 1}], 1),
        ([{**RIGHT, "pupils": 2_049}], 1),
        ([RIGHT, {**RIGHT, "group": "police"}], 3),
        ([RIGHT, RIGHT], 1),
        ([{**RIGHT, "group": "police", "requests": 0, "disclosures": 0, "pupils": 0}], 1),
    ],
)
def test_exact_numbers_are_held_against_the_entries_they_count(site: Site, rows: list[Any], codes: int) -> None:
    site.publish([*STORY, {**TOTALS, "rows": rows}])
    found = site.run()[1]["breaches"]
    assert [(one["family"], one["code"], one["where"]) for one in found] == [
        ("volumes", "totals-differ", f"entry {len(STORY)}")
    ] * codes


def test_a_folder_is_read_like_an_address_and_every_breach_of_one_run_is_reported(site: Site) -> None:
    (site.folder / "volumes").write_text("[]")
    at = {"--policy": "policy", "--state": "other", "--volumes": "volumes"}
    args = [word for option, name in at.items() for word in (option, str(site.folder / name))]
    done = CliRunner().invoke(command.app, [str(site.folder / "site/log"), "--json", "-", *args])
    report = json.loads(done.stdout)
    assert {one["code"] for one in report["breaches"]} == {"figures-differ"}
    assert done.exit_code == 26
