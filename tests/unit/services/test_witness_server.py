"""A witness over HTTP and its folder: what it remembers, what it keeps, and what it will not start with."""

import http.client
import json
import socket
import stat
from pathlib import Path

import pytest

from rollbook.kernel.refusals import InputRefused, SetupFailed, StateBroken
from rollbook.services.log.witnesses import fetch, post
from rollbook.services.outside import witness
from rollbook.services.outside.witness_http import LONGEST_REQUEST, WitnessServer
from rollbook.tlog.checkpoint import verify_checkpoint
from rollbook.tlog.notes import open_note
from rollbook.tlog.trust import parse_policy
from rollbook.tlog.witness import WitnessRefused, origin_path, read_cosignatures
from tests import log_keys as log

NOW = 1_900_000_000


def ask(server: WitnessServer, old: int, size: int) -> tuple[int, str, bytes]:
    return post(f"{server.address}/add-checkpoint", log.request(old, size).encode())


def test_a_log_grows_under_a_witness_and_cannot_be_rewritten(tmp_path: Path) -> None:
    rewritten = log.request(7, 9, log.OTHER_LEAVES).encode()
    with log.serving(tmp_path) as server:
        assert ask(server, 0, 3)[0] == 200
        status, _, lines = ask(server, 3, 7)
        assert status == 200
        assert len(read_cosignatures(lines, log.body(7), server.witness.keys.public())) == 2
        assert ask(server, 3, 9) == (409, "text/x.tlog.size", b"7\n")
        assert post(f"{server.address}/add-checkpoint", rewritten)[0] == 422
        assert ask(server, 7, 7)[0] == 200
    with log.serving(tmp_path) as again:  # what it knows outlives it
        assert ask(again, 0, 9) == (409, "text/x.tlog.size", b"7\n")
    (kept,) = (tmp_path / "evidence").iterdir()
    assert kept.read_bytes() == rewritten


def test_the_last_checkpoint_is_served_with_the_lines_of_log_and_witness(tmp_path: Path) -> None:
    with log.serving(tmp_path) as server:
        address = f"{server.address}/{origin_path(log.ORIGIN)}"
        assert fetch(address)[0] == 404
        ask(server, 0, 3)
        status, _, note = fetch(address)
        lines = witness.policy_lines(server.witness.keys, server.address)
        policy = parse_policy(log.POLICY.replace("quorum none\n", f"{lines}quorum witness.example-one\n"))
        assert status == 200
        assert verify_checkpoint(note, policy, 2**40, fresh=False).body == log.body(3)
        assert len(open_note(note)[1]) == 4


def test_requests_that_are_no_requests(tmp_path: Path) -> None:
    with log.serving(tmp_path) as server:
        assert post(f"{server.address}/add-checkpoint", b"nonsense")[0] == 400
        assert post(f"{server.address}/other", b"x")[0] == 404
        host, port = server.server_address[:2]
        for headers, wanted in (
            ({"Content-Length": str(LONGEST_REQUEST + 1)}, 413),
            ({"Content-Length": "x"}, 400),
            ({"Transfer-Encoding": "chunked", "Content-Length": "1"}, 400),
        ):
            caller = http.client.HTTPConnection(str(host), port, timeout=5)
            caller.putrequest("POST", "/add-checkpoint")
            for name, value in headers.items():
                caller.putheader(name, value)
            caller.endheaders()
            assert caller.getresponse().status == wanted
            caller.close()
        with socket.create_connection((host, port)) as silent:
            silent.sendall(b"POST /add-checkpoint HTTP/1.1\r\nContent-Length: 10\r\n\r\nab")
        assert ask(server, 0, 3)[0] == 200


def test_a_clock_that_went_back_signs_nothing(tmp_path: Path) -> None:
    witness.create(tmp_path, "witness.example/one")
    made = witness.Witness(tmp_path, witness.logs_of(log.POLICY))
    made.add_checkpoint(log.request(0, 3).encode(), NOW)
    with pytest.raises(WitnessRefused) as refused:
        made.add_checkpoint(log.request(3, 7).encode(), NOW - 1)
    assert refused.value.status == 503
    made.add_checkpoint(log.request(3, 7).encode(), NOW)
    made.close()


def test_what_is_signed_is_durable_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    witness.create(tmp_path, "witness.example/one")
    made = witness.Witness(tmp_path, witness.logs_of(log.POLICY))
    asked = log.request(0, 3).encode()
    with monkeypatch.context() as full:
        full.setattr(Path, "rename", lambda source, target: (_ for _ in ()).throw(OSError("full")))
        with pytest.raises(OSError, match="full"):
            made.add_checkpoint(asked, NOW)
    assert made.last(origin_path(log.ORIGIN)) is None
    made.add_checkpoint(log.request(0, 5).encode(), NOW)
    assert json.loads((tmp_path / witness.STATE).read_text())[log.ORIGIN].startswith(f"{log.ORIGIN}\n5\n")
    made.close()


def test_a_witness_that_lost_its_memory_does_not_start(tmp_path: Path) -> None:
    witness.create(tmp_path, "witness.example/one")
    (tmp_path / witness.STATE).unlink()
    with pytest.raises(StateBroken, match="state of this witness is lost"):
        witness.Witness(tmp_path, witness.logs_of(log.POLICY))


def test_one_process_over_one_folder(tmp_path: Path) -> None:
    with log.serving(tmp_path), pytest.raises(StateBroken, match="runs over this folder already"):
        witness.Witness(tmp_path, witness.logs_of(log.POLICY))


def test_keys_are_made_once_and_are_private(tmp_path: Path) -> None:
    made = witness.create(tmp_path, "witness.example/one")
    assert witness.open_keys(tmp_path).public() == made.public()
    assert stat.S_IMODE((tmp_path / witness.KEY).stat().st_mode) == 0o600
    with pytest.raises(SetupFailed, match="already"):
        witness.create(tmp_path, "witness.example/one")
    (tmp_path / witness.KEY).chmod(0o644)
    with pytest.raises(SetupFailed, match="no private witness key"):
        witness.open_keys(tmp_path)


@pytest.mark.parametrize("name", ["", "two words", "plus+sign", "new\nline", "x" * 256])
def test_names_that_no_note_could_carry(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputRefused):
        witness.create(tmp_path, name)
