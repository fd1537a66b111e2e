"""`rollbook verify` on a machine of one's own: plain words, the limits, and every way to be false."""

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingTCPServer

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from typer.testing import CliRunner, Result

from rollbook.cli import verify as command
from rollbook.kernel.refusals import Family, InputRefused, VerificationFailed
from rollbook.services.log import log_source
from rollbook.tlog import notes
from rollbook.tlog.labels import parse_identifier
from rollbook.tlog.limits import LIMITS
from rollbook.tlog.tiles import Tiles
from rollbook.tlog.trust import NO_WITNESS_SENTENCE, write_policy
from tests.vectors.log_data import NOW, entries, log_files, vectors

ORIGIN = "log.example.gov.uk/rollbook"
ED25519 = Ed25519PrivateKey.from_private_bytes(bytes([1] * 32))
ML_DSA = MLDSA44PrivateKey.from_seed_bytes(bytes([1] * 32))
PUPIL = "V999400026000"
Run = Callable[..., Result]


def write_files(folder: Path, files: dict[str, bytes]) -> None:
    for path, data in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)


def signed_log(raws: list[bytes]) -> dict[str, bytes]:
    """The files of a log of these entries, signed by the log alone."""
    tiles = Tiles()
    files = tiles.grow(raws)
    body = notes.Body(ORIGIN, tiles.size, tiles.tree.root())
    lines = [notes.sign_text(ORIGIN, ED25519, body.text()), notes.cosign_ml_dsa(ORIGIN, ML_DSA, body, NOW - 60)]
    return {**files, "checkpoint": notes.write_note(body.text(), lines)}


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with log, policy, the pupil's bundle and identifier; the clock stands at the vectors' time."""
    monkeypatch.setattr(command.time, "time", lambda: NOW)
    monkeypatch.setattr(Path, "home", lambda: tmp_path / "home")
    write_files(tmp_path / "log", log_files())
    (tmp_path / "policy").write_text(vectors("checkpoint")["policy"])
    (tmp_path / "bundle").write_text(vectors("pupil_bundle")["cases"][0]["bundle"])
    (tmp_path / "me").write_text(f"{PUPIL}\n")
    return tmp_path


@pytest.fixture
def run(place: Path) -> Run:
    def call(*more: str, log: str = "", bundle: str = "bundle", ask: str | None = None) -> Result:
        who = [] if ask is not None else ["--identifier-file", str(place / "me")]
        given = [
            str(place / bundle),
            "--log",
            log or str(place / "log"),
            "--policy",
            str(place / "policy"),
            *who,
            *more,
        ]
        return CliRunner().invoke(command.app, given, input=ask)

    return call


def refused_with(result: Result) -> set[str]:
    assert isinstance(result.exception, VerificationFailed | InputRefused), result.output
    return {reason.code for reason in result.exception.reasons}


def test_a_true_bundle_is_told_in_plain_words_with_its_limits(run: Run) -> None:
    result = run()
    assert result.exit_code == 0, result.output
    assert "COMPLETE: every use of the month is answered" in result.output
    assert "data opened in a safe setting to University of Example for research" in result.output
    assert "This pupil's record WAS in it." in result.output
    assert "This pupil's record was not in it." in result.output
    assert "Not checked, because no bundle was given: 2026-10." in result.output
    assert all(limit in result.output for limit in LIMITS)
    assert NO_WITNESS_SENTENCE not in result.output
    assert PUPIL not in result.output


def test_the_identifier_is_asked_for_and_never_an_option(run: Run) -> None:
    assert run(ask=f"{PUPIL}\n").exit_code == 0
    assert run("--identifier", PUPIL).exit_code == Family.USAGE


def test_without_witnesses_every_verdict_says_so(place: Path, run: Run) -> None:
    keys = (notes.ed25519_key(ORIGIN, ED25519), notes.ml_dsa_key(ORIGIN, ML_DSA))
    (place / "policy").write_text(write_policy(keys))
    result = run()
    assert result.exit_code == 0, result.output
    assert NO_WITNESS_SENTENCE in result.output


def test_another_pupil_learns_nothing_from_the_bundle(place: Path, run: Run) -> None:
    (place / "me").write_text("J999400026001")
    result = run()
    assert refused_with(result) == {"vrf-proof"}
    assert result.exception.family == Family.VERIFICATION
    assert "INVALID" in result.output
    assert "WAS in it" not in result.output


def test_a_missing_line_shows(place: Path, run: Run) -> None:
    lines = (place / "bundle").read_text().split("\n")
    del lines[3]
    (place / "bundle").write_text("\n".join(lines))
    result = run()
    assert refused_with(result) == {"incomplete"}
    assert "NO ANSWER" in result.output


def test_a_tampered_bundle_is_invalid_and_says_which(place: Path, run: Run) -> None:
    text = (place / "bundle").read_text()
    (place / "bundle").write_text(text.replace("d 12 out", "d 12 in", 1))
    result = run()
    assert refused_with(result) == {"bundle-word"}
    assert "bundle" in result.exception.reasons[0].where


@pytest.mark.parametrize("path", ["tile/entries/000", "tile/entries/001.p/44"])
def test_a_tampered_log_is_refused(place: Path, run: Run, path: str) -> None:
    file = place / "log" / path
    file.write_bytes(file.read_bytes().replace(b"no-fault-found", b"no-fault-fouud", 1))
    assert refused_with(run()) == {"root"}


def test_a_bundle_under_a_checkpoint_of_another_history_is_evidence_and_proves_nothing(place: Path, run: Run) -> None:
    keys = (notes.ed25519_key(ORIGIN, ED25519), notes.ml_dsa_key(ORIGIN, ML_DSA))
    (place / "policy").write_text(write_policy(keys))
    raws = entries()
    raws[299] = raws[299].replace(b"no-fault-found", b"no-fault-fouud")
    head, _, _ = (place / "bundle").read_bytes().partition(b"\n\n")
    (place / "bundle").write_bytes(head + b"\n\n" + signed_log(raws)["checkpoint"])
    assert refused_with(run()) == {"bundle-log"}


def test_a_log_file_larger_than_any_may_be_is_refused(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_source, "_LARGEST", 10_000)
    assert refused_with(run()) == {"log-unreadable"}


@pytest.fixture
def server() -> Iterator[Callable[[bytes], str]]:
    """Makes servers that answer every request with the bytes given; "Slow: yes" then sends a byte again and again."""
    done, servers = threading.Event(), []

    class Rude(StreamRequestHandler):
        said = b""

        def handle(self) -> None:
            self.request.recv(65_536)
            with suppress(OSError):
                self.wfile.write(self.said)
                while b"Slow: yes" in self.said and not done.wait(0.05):
                    self.wfile.write(b"x")

    def make(said: bytes) -> str:
        one = ThreadingTCPServer(("127.0.0.1", 0), type("Saying", (Rude,), {"said": said}))
        servers.append(one)
        threading.Thread(target=one.serve_forever, args=(0.05,), daemon=True).start()
        return f"http://127.0.0.1:{one.server_address[1]}/log"

    yield make
    done.set()
    for one in servers:
        one.shutdown()
        one.server_close()


@pytest.mark.parametrize(
    "said",
    [
        b"hello\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 300 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzzz\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: http://a b\x01/\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n",
    ],
)
def test_a_server_that_breaks_the_protocol_is_a_log_that_cannot_be_read(
    server: Callable[[bytes], str], run: Run, said: bytes
) -> None:
    assert refused_with(run("--log", server(said))) == {"log-unreadable"}


def test_a_server_that_never_ends_a_file_is_left(
    server: Callable[[bytes], str], run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_source, "SECONDS_FOR_A_FILE", 0.5)
    log = server(b"HTTP/1.1 200 OK\r\nSlow: yes\r\n\r\n")
    assert refused_with(run("--log", log)) == {"log-unreadable"}


def test_a_truncated_log_file_is_refused(place: Path, run: Run) -> None:
    file = place / "log/tile/entries/000"
    file.write_bytes(file.read_bytes()[:-1])
    assert refused_with(run()) == {"bundle"}


def test_a_missing_log_file_is_refused(place: Path, run: Run) -> None:
    (place / "log/tile/entries/000").unlink()
    assert refused_with(run()) == {"log-unreadable"}


def test_a_log_kept_from_the_reader_is_stale(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command.time, "time", lambda: NOW + 2 * 86_400)
    assert refused_with(run()) == {"stale"}


def test_a_faulty_log_is_named_with_index_and_rule(place: Path, run: Run) -> None:
    keys = (notes.ed25519_key(ORIGIN, ED25519), notes.ml_dsa_key(ORIGIN, ML_DSA))
    (place / "policy").write_text(write_policy(keys))
    raws = entries()
    raws[25] = raws[25].replace(b'"accepted":117', b'"accepted":118')
    write_files(place / "log", signed_log(raws))
    result = run()
    assert "log-fault" in refused_with(result)
    assert "entry 25 breaks L14" in result.output


def test_an_unknown_kind_of_entry_blocks_the_word_complete(place: Path, run: Run) -> None:
    keys = (notes.ed25519_key(ORIGIN, ED25519), notes.ml_dsa_key(ORIGIN, ML_DSA))
    (place / "policy").write_text(write_policy(keys))
    (last_at,) = {json.loads(entries()[-1])["at"]}
    future = json.dumps({"at": last_at, "id": "F-1", "type": "future-type", "v": 1}, separators=(",", ":"))
    write_files(place / "log", signed_log([*entries(), future.encode()]))
    result = run()
    assert refused_with(result) == {"cannot-verify"}
    assert "NOT COMPLETE" in result.output


def test_a_rewritten_log_is_refused_and_both_states_are_kept(place: Path, run: Run) -> None:
    keys = (notes.ed25519_key(ORIGIN, ED25519), notes.ml_dsa_key(ORIGIN, ML_DSA))
    (place / "policy").write_text(write_policy(keys))
    state = place / "seen"
    assert run("--state", str(state)).exit_code == 0
    before = state.read_bytes()
    raws = entries()
    raws[299] = raws[299].replace(b"no-fault-found", b"no-fault-fouud")
    write_files(place / "log", signed_log(raws))
    assert refused_with(run("--state", str(state))) == {"rewritten", "evidence"}
    assert state.read_bytes() == before
    assert (place / "seen.conflict").read_bytes() == (place / "log/checkpoint").read_bytes()


def test_a_shortened_log_is_refused_by_default_too(place: Path, run: Run) -> None:
    keys = (notes.ed25519_key(ORIGIN, ED25519), notes.ml_dsa_key(ORIGIN, ML_DSA))
    (place / "policy").write_text(write_policy(keys))
    assert run().exit_code == 0
    assert list((place / "home/.local/state/rollbook").glob("*.checkpoint"))
    write_files(place / "log", signed_log(entries()[:299]))
    assert refused_with(run()) == {"rewritten", "evidence"}


@pytest.fixture
def address(place: Path, socket_enabled: None) -> Iterator[str]:
    asked: list[str] = []

    class Handler(SimpleHTTPRequestHandler):
        def log_message(self, *args: object) -> None:
            asked.append(self.path)

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(place)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/log/"
    server.shutdown()
    thread.join()
    server.server_close()
    # Whoever runs the log's server learns that someone read all of it, and nothing of whom.
    assert asked
    assert not any(PUPIL in path or "?" in path for path in asked)


def test_the_log_is_read_over_http_without_naming_the_pupil(run: Run, address: str) -> None:
    assert run(log=address).exit_code == 0


@pytest.mark.parametrize(
    ("more", "code"),
    [({"log": "/no/such/folder"}, "log-source"), ({"bundle": "none"}, "file"), ({"log": "ftp://x/log"}, "log-source")],
)
def test_what_cannot_be_read_is_named(run: Run, more: dict[str, str], code: str) -> None:
    assert refused_with(run(**more)) == {code}


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        (PUPIL, f"upn:{PUPIL}"),
        (f" {PUPIL.lower()} \n", f"upn:{PUPIL}"),
        (f"UPN:{PUPIL}", f"upn:{PUPIL}"),
        ("1234567890", "uln:1234567890"),
    ],
)
def test_identifiers_as_people_type_them(typed: str, meant: str) -> None:
    assert parse_identifier(typed) == meant


@pytest.mark.parametrize("typed", ["", "12345", "V99940002600", "name:x", "ulnn:1234567890", "I999400026000"])
def test_other_texts_are_refused_and_not_repeated(typed: str) -> None:
    with pytest.raises(InputRefused) as refused:
        parse_identifier(typed)
    assert not typed or typed not in str(refused.value)


def test_the_verifier_runs_without_django_and_database() -> None:
    program = (
        "import sys; import rollbook.cli.verify; "
        "bad = {'django', 'duckdb', 'rollbook.records', 'rollbook.dataplane'} & set(sys.modules); sys.exit(bool(bad))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
