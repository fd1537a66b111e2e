"""Every tampering a verifier must see, once: what is done to an honest story, the verdict, and the step that fails.

`THREATS` follows the specification's table of threats (section 20), row by row; `BAD_INPUT` is what else can be
wrong with a file. Rows of the threat table that no pupil's verifier can see stand in `NOT_SEEN_HERE`, with who sees.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from rollbook.kernel.encoding import b64, sha256, u16, unb64
from rollbook.tlog import bundle, labels, notes, vrf
from rollbook.tlog.tiles import Tiles
from rollbook.tlog.trie_proof import EMPTY, Terminal, decode, encode
from tests import verifier_story as honest
from tests.verifier_story import NOW, ORIGIN, PUPIL, WITNESSES, Story

TILE: Final = "tile/entries/000.p/16"
SEPTEMBER: Final = "proof-2026-09"


@dataclass(frozen=True)
class Tampering:
    """One row: the threat it stands for, what was done, and what every verifier must answer."""

    threat: str
    what: str
    do: Callable[[Story], None]
    verdict: str
    step: str


def entry(index: int, **change: Any) -> Callable[[Story], None]:
    """Change an entry, and sign the log anew; proof files are given out anew where they still can be."""

    def do(story: Story) -> None:
        fields = story.entries[index]
        assert isinstance(fields, dict)
        fields |= change
        story.sign_anew()

    return do


def added(number: int = 16, **fields: Any) -> Callable[[Story], None]:
    """Add an entry at the end, and sign the log anew."""

    def do(story: Story) -> None:
        story.entries.append({"v": 1, "id": f"E-{number}", "at": "2026-11-10T09:00:00Z", **fields})
        story.sign_anew()

    return do


def added_raw(data: bytes) -> Callable[[Story], None]:
    def do(story: Story) -> None:
        story.entries.append(data)
        story.sign_anew()

    return do


def text(old: str, new: str, name: str = SEPTEMBER) -> Callable[[Story], None]:
    """Replace text in a proof file, which is then the only one given."""

    def do(story: Story) -> None:
        assert old.encode() in story.files[name]
        story.files = {name: story.files[name].replace(old.encode(), new.encode(), 1)}

    return do


def lines(change: Callable[[list[str]], None], name: str = SEPTEMBER) -> Callable[[Story], None]:
    """Change the lines before the checkpoint of a proof file, which is then the only one given."""

    def do(story: Story) -> None:
        head, gap, note = story.files[name].partition(b"\n\n")
        parts = head.decode().split("\n")
        change(parts)
        story.files = {name: "\n".join(parts).encode() + gap + note}

    return do


def proof(change: Callable[[bytes], bytes], place: int = 3) -> Callable[[Story], None]:
    """Change the proof on a line of the month's file."""

    def do(parts: list[str]) -> None:
        start, _, encoded = parts[place].rpartition(" ")
        parts[place] = f"{start} {b64(change(unb64(encoded)))}"

    return lines(do)


def note(change: Callable[[list[str]], None]) -> Callable[[Story], None]:
    """Change the lines of the served checkpoint."""

    def do(story: Story) -> None:
        parts = story.checkpoint.decode().split("\n")
        change(parts)
        story.log["checkpoint"] = "\n".join(parts).encode()

    return do


def rewritten(story: Story) -> None:
    fields = story.entries[5]
    assert isinstance(fields, dict)
    fields["recipient"] = {"name": "Somebody else", "sector": "business"}
    story.sign_anew()


def rewritten_without_signing(story: Story) -> None:
    story.log[TILE] = story.log[TILE].replace(b"University", b"Univarsity", 1)


def rewritten_and_seen(story: Story) -> None:
    story.seen = story.checkpoint
    rewritten(story)
    story.prove_anew()


def rewritten_alone(story: Story) -> None:
    rewritten(story)
    story.sign_anew(by=WITNESSES[:2])


def restored_backup(story: Story) -> None:
    story.seen = story.checkpoint
    del story.entries[14:]
    story.sign_anew()
    story.files = {}


def second_key(story: Story) -> None:
    pk = b64(vrf.public_key((9).to_bytes(32, "little")))
    added(type="vrf-key", epoch_from="2026-11", suite=vrf.SUITE, pk=pk)(story)


def of_another_pupil(story: Story) -> None:
    story.identifier = honest.OTHER


def other_pi(parts: list[str]) -> None:
    pi = vrf.prove(honest.SECRETS["2026-09"], labels.alpha("2026-09", honest.OTHER))
    parts[2] = f"pi {b64(pi)}"


def old_log(story: Story) -> None:
    story.now += 86_400


def slow_clock(story: Story) -> None:
    story.now -= 3_600


def other_policy(story: Story) -> None:
    story.policy = story.policy.replace(ORIGIN, "log.of-another.example")
    names = {"ed": notes.ed25519_key("log.of-another.example", honest.ed25519("other"))}
    story.policy = "".join(
        f"log {names['ed']}\n" if line.startswith("log ") and index == 0 else f"{line}\n"
        for index, line in enumerate(honest.policy_text().split("\n"))
        if not (line.startswith("log ") and index == 1)
    )


def other_logs_checkpoint(story: Story) -> None:
    tiles = Tiles()
    tiles.grow(map(honest.raw, story.entries))
    head, gap, _ = story.files[SEPTEMBER].partition(b"\n\n")
    story.files = {SEPTEMBER: head + gap + honest.signed(tiles, origin="log.of-another.example")}


def quantum(parts: list[str]) -> None:
    """The ML-DSA line of the log, forged."""
    start, _, encoded = parts[5].rpartition(" ")
    field = bytearray(unb64(encoded))
    field[-1] ^= 1
    parts[5] = f"{start} {b64(bytes(field))}"


def without_ml_dsa(parts: list[str]) -> None:
    del parts[5]


def new_key(parts: list[str]) -> None:
    """The log signs with a key that the policy does not have yet."""
    parts[4] = notes.sign_text(ORIGIN, honest.ed25519("new"), "\n".join(parts[:3]) + "\n")


def few_witnesses(parts: list[str]) -> None:
    del parts[6]


def line_left_out(parts: list[str]) -> None:
    del parts[4]


def explicit_empty(data: bytes) -> bytes:
    """The same statement, with an empty side written out: 32 zero bytes and its bit set."""
    depth = data[0]
    width = (depth + 7) // 8
    bitmap = int.from_bytes(data[1 : 1 + width], "little")
    place = next(place for place in range(depth) if not bitmap >> place & 1)
    sent = (bitmap & ((1 << place) - 1)).bit_count()
    at = 1 + width + 32 * sent
    return bytes([depth]) + (bitmap | 1 << place).to_bytes(width, "little") + data[1 + width : at] + EMPTY + data[at:]


def below_the_path(data: bytes) -> bytes:
    """A side below the end of the path: the member's place is said to be empty."""
    siblings, _ = _decoded(data)
    return encode([*siblings, EMPTY], Terminal(_decoded(data)[1].answer))


def _decoded(data: bytes) -> Any:
    did = unb64(honest._did("study"))
    return decode(data, labels.label(did, honest.secret("2026-09")))


def named_dummy(data: bytes) -> bytes:
    """A dummy at the end of the path, where the pupil stands: the pupil hidden among the dummies."""
    siblings, _ = _decoded(data)
    return encode(siblings, Terminal(type(_decoded(data)[1].answer)(1), sha256(b"dummy")))


def own_as_other(story: Story) -> None:
    """The pupil's own label shown as another one's, to say `out` of a set it is in."""
    own = labels.label(unb64(honest._did("study")), honest.secret("2026-09"))
    siblings, end = _decoded(proof_of(story))
    proof(lambda _: encode(siblings, Terminal(type(end.answer)(1), own)))(story)
    text("d 4 in", "d 4 out")(story)


def proof_of(story: Story) -> bytes:
    """The proof on the first line of the month's file."""
    return unb64(story.files[SEPTEMBER].split(b"\n")[3].rpartition(b" ")[2].decode())


def month_left_out(story: Story) -> None:
    _, months = bundle.read_file(story.files["history"])
    story.files = {"history": bundle.write_history([months[0], months[2]])}


def months_swapped(story: Story) -> None:
    _, months = bundle.read_file(story.files["history"])
    story.files = {"history": bundle.write_history([months[1], months[0], months[2]])}


def older_than_the_reveal(story: Story) -> None:
    """A true file from before the reveal: since then the sealed use must be answered."""
    before = story.copy()
    del before.entries[13:]
    before.sign_anew()
    before.prove_anew()
    story.files = {SEPTEMBER: before.files[SEPTEMBER]}


def tile(change: Callable[[bytes], bytes]) -> Callable[[Story], None]:
    def do(story: Story) -> None:
        story.log[TILE] = change(story.log[TILE])

    return do


def tile_missing(story: Story) -> None:
    del story.log[TILE]


def one_seal_more(story: Story) -> None:
    """A late use of September, signed after the files were given out: they say nothing of it."""
    fields = story.entries[14]
    assert isinstance(fields, dict)
    late = {"released": "2026-09-29", "reason": "emergency"}
    again = {**fields, "id": "E-16", "did": DID, "late": late, "at": "2026-11-10T09:00:00Z"}
    story.entries.append({**again, "set": {**fields["set"], "epoch": "2026-09"}})
    story.sign_anew()


DID: Final = b64(sha256(b"another"))
UNKNOWN: Final[dict[str, Any]] = {"type": "of-the-future", "anything": 1}

THREATS: Final = [
    Tampering("insider rewrites history", "an entry changed", rewritten_without_signing, "refused", "log-entries"),
    Tampering("insider rewrites history", "and signed by too few", rewritten_alone, "refused", "log-signatures"),
    Tampering("insider rewrites history", "after this device saw it", rewritten_and_seen, "refused", "log-growth"),
    Tampering("insider rewrites history", "after the files were given", rewritten, "invalid", "bundle-signatures"),
    Tampering("log restored from an old backup", "it is shorter", restored_backup, "refused", "log-growth"),
    Tampering(
        "authority denies a disclosure", "a line left out", lines(line_left_out), "incomplete", "nothing-missing"
    ),
    Tampering("authority denies a disclosure", "in made out", text("d 4 in", "d 4 out"), "invalid", "proofs"),
    Tampering("authority denies a disclosure", "out made in", text("d 5 out", "d 5 in"), "invalid", "proofs"),
    Tampering("authority denies a disclosure", "a month left out", month_left_out, "incomplete", "nothing-missing"),
    Tampering(
        "authority denies a disclosure",
        "called sealed",
        lines(lambda p: p.__setitem__(5, "s 6")),
        "invalid",
        "entries-of-month",
    ),
    Tampering(
        "authority denies a disclosure",
        "sealed once, revealed since",
        older_than_the_reveal,
        "incomplete",
        "nothing-missing",
    ),
    Tampering("authority adds a second VRF key", "for a month in use", second_key, "invalid", "log-rules"),
    Tampering("authority adds a second VRF key", "another secret shown", lines(other_pi), "invalid", "secret"),
    Tampering("authority hides a pupil among the dummies", "a dummy shown", proof(named_dummy), "invalid", "proofs"),
    Tampering("authority denies a disclosure", "called another's", own_as_other, "invalid", "proofs"),
    Tampering("authority hides a pupil among the dummies", "a longer path", proof(below_the_path), "invalid", "proofs"),
    Tampering("wrong, double or invented identifiers", "another number", of_another_pupil, "invalid", "secret"),
    Tampering(
        "press or neighbour guesses a small set",
        "not padded",
        entry(4, set={"alg": "rollbook-trie-sha256-v1", "epoch": "2026-09", "root": DID, "size_padded": 62}),
        "invalid",
        "log-rules",
    ),
    Tampering(
        "tipping off",
        "a sealed use answered",
        lines(lambda p: p.__setitem__(4, p[3].replace("d 10", "d 11")), "proof-2026-10"),
        "invalid",
        "entries-of-month",
    ),
    Tampering(
        "relative with the child's login",
        "a secret of another month",
        text("epoch 2026-09", "epoch 2026-10"),
        "invalid",
        "secret",
    ),
    Tampering("VRF key stolen", "replaced for a month with sets", second_key, "invalid", "log-rules"),
    Tampering("quantum computer, later", "ML-DSA line forged", note(quantum), "refused", "log-signatures"),
    Tampering("quantum computer, later", "ML-DSA line missing", note(without_ml_dsa), "refused", "log-signatures"),
    Tampering("witness outage", "too few signed", note(few_witnesses), "refused", "log-signatures"),
    Tampering("host serves an old log", "a day old", old_log, "refused", "log-signatures"),
    Tampering(
        "verifier served by the authority lies", "policy of another log", other_policy, "refused", "log-signatures"
    ),
    Tampering(
        "flood of entries hides one", "one use more than answered", one_seal_more, "incomplete", "nothing-missing"
    ),
    Tampering("unknown entry types slipped in", "a type", added(**UNKNOWN), "incomplete", "nothing-missing"),
    Tampering(
        "unknown entry types slipped in", "a version", added(type="intake", v=2), "incomplete", "nothing-missing"
    ),
    Tampering(
        "unknown entry types slipped in",
        "true for a version",
        added(type="disclosure", v=True),
        "incomplete",
        "nothing-missing",
    ),
]
NOT_SEEN_HERE: Final = {
    "release outside the gate": "whoever finds a file without a receipt",
    "pupil left out of the set but in the file": "the recipient and the regulator: rollbook verify-release",
    "recipient claims it received less, or other data": "the regulator: receipt, manifest, acknowledgement",
    "bundle leaks": "nobody: it is as secret as the record",
    "proof requests overload the service": "the operator",
}

BAD_INPUT: Final = [
    Tampering("", "for another month, lines and all", text("epoch 2026-09", "epoch 2026-11"), "invalid", "secret"),
    Tampering("", "a month that is none", text("epoch 2026-09", "epoch 2026-13"), "invalid", "bundle-lines"),
    Tampering("", "a month without a key", text("epoch 2026-09", "epoch 2026-08"), "invalid", "secret"),
    Tampering("", "an explicit empty sibling", proof(explicit_empty, 5), "invalid", "proofs"),
    Tampering("", "a proof with a trailing byte", proof(lambda p: p + b"\0"), "invalid", "proofs"),
    Tampering("", "a proof cut", proof(lambda p: p[:-1]), "invalid", "proofs"),
    Tampering("", "an empty proof line", lines(lambda p: p.__setitem__(3, "d 4 in ")), "invalid", "bundle-lines"),
    Tampering("", "a proof of 255 levels that ends", proof(lambda p: b"\xff"), "invalid", "proofs"),
    Tampering(
        "", "a secret of 79 bytes", lines(lambda p: p.__setitem__(2, f"pi {b64(bytes(79))}")), "invalid", "bundle-lines"
    ),
    Tampering("", "a secret of zeros", lines(lambda p: p.__setitem__(2, f"pi {b64(bytes(80))}")), "invalid", "secret"),
    Tampering("", "a line of 32 kB", lines(lambda p: p.insert(4, f"d 5 in {'A' * 2**15}")), "invalid", "bundle-lines"),
    Tampering(
        "", "131,074 lines", lines(lambda p: p.extend(f"s {n}" for n in range(7, 2**17 + 9))), "invalid", "bundle-lines"
    ),
    Tampering("", "a line twice", lines(lambda p: p.insert(4, p[3])), "invalid", "bundle-lines"),
    Tampering("", "an unknown line", lines(lambda p: p.insert(3, "x 1")), "invalid", "bundle-lines"),
    Tampering("", "an index with a leading zero", text("d 4 in", "d 04 in"), "invalid", "bundle-lines"),
    Tampering("", "an index of 19 digits", lines(lambda p: p.append(f"s {'9' * 19}")), "invalid", "entries-of-month"),
    Tampering(
        "",
        "an index one above 2^53, near one that is due",
        lines(lambda p: p.append("s 9007199254740993")),
        "invalid",
        "entries-of-month",
    ),
    Tampering("", "a carriage return", text("\n", "\r\n"), "invalid", "bundle-lines"),
    Tampering("", "base64 with other trailing bits", text("==\n", "=\n"), "invalid", "bundle-lines"),
    Tampering(
        "",
        "text after the checkpoint",
        lambda s: s.files.update({SEPTEMBER: s.files[SEPTEMBER] + b"x"}),
        "invalid",
        "bundle-signatures",
    ),
    Tampering(
        "",
        "a newline after the checkpoint",
        lambda s: s.files.update({SEPTEMBER: s.files[SEPTEMBER] + b"\n"}),
        "invalid",
        "bundle-signatures",
    ),
    Tampering("", "a checkpoint of another log", other_logs_checkpoint, "invalid", "bundle-signatures"),
    Tampering("", "an empty file", lambda s: s.files.update({"empty": b""}), "invalid", "bundle-lines"),
    Tampering(
        "",
        "a file that is no text",
        lambda s: s.files.update({"noise": bytes(range(256)) * 300}),
        "invalid",
        "bundle-lines",
    ),
    Tampering("", "a history with its months swapped", months_swapped, "invalid", "bundle-lines"),
    Tampering(
        "",
        "a history without a month",
        lambda s: s.files.update({"history": b"rollbook/pupil-history@v1\n\n"}),
        "invalid",
        "bundle-lines",
    ),
    Tampering("", "a clock an hour slow", slow_clock, "refused", "log-signatures"),
    Tampering(
        "",
        "an entry later than its signatures",
        added(
            type="intake",
            at="2026-11-19T09:00:00Z",
            collection="autumn",
            day="2026-11-02",
            returns=0,
            accepted=0,
            refused=0,
        ),
        "invalid",
        "log-rules",
    ),
    Tampering(
        "",
        "an hour that is none",
        added(
            type="intake",
            at="2026-11-10T24:00:00Z",
            collection="autumn",
            day="2026-11-02",
            returns=0,
            accepted=0,
            refused=0,
        ),
        "invalid",
        "log-rules",
    ),
    Tampering("", "a field called constructor", added(type="constructor"), "incomplete", "nothing-missing"),
    Tampering(
        "",
        "duplicate keys",
        added_raw(b'{"at":"2026-11-10T09:00:00Z","at":"2026-11-10T09:00:00Z"}'),
        "invalid",
        "log-rules",
    ),
    Tampering(
        "",
        "JSON nested 30,000 deep",
        added_raw(b'{"a":' + b"[" * 30_000 + b"]" * 30_000 + b"}"),
        "invalid",
        "log-rules",
    ),
    Tampering("", "JSON that never closes", added_raw(b'{"a":' + b"[" * 65_000), "invalid", "log-rules"),
    Tampering("", "a number of 60,000 digits", added_raw(b'{"a":' + b"9" * 60_000 + b"}"), "invalid", "log-rules"),
    Tampering("", "a number no program keeps", added_raw(b'{"a":9007199254740993}'), "invalid", "log-rules"),
    Tampering("", "a fraction", added_raw(b'{"a":1.0}'), "invalid", "log-rules"),
    Tampering("", "half a character", added_raw(b'{"a":"\\ud800"}'), "invalid", "log-rules"),
    Tampering("", "JSON with spaces", added_raw(json.dumps({"at": "x", "v": 1}).encode()), "invalid", "log-rules"),
    Tampering("", "an empty entry", added_raw(b""), "invalid", "log-rules"),
    Tampering(
        "",
        "a look-up of an account that is a decision",
        added(
            type="lookup-batch",
            of=3,
            day="2026-11-10",
            did=DID,
            manifest=DID,
            set={"alg": "rollbook-trie-sha256-v1", "epoch": "2026-11", "root": DID, "size_padded": 1024},
        ),
        "invalid",
        "log-rules",
    ),
    Tampering("", "a use that points beyond the log", entry(4, of=99), "invalid", "log-rules"),
    Tampering("", "a truncated tile", tile(lambda data: data[:-1]), "refused", "log-entries"),
    Tampering("", "a tile with a trailing byte", tile(lambda data: data + b"\0"), "refused", "log-entries"),
    Tampering("", "a tile with an entry more", tile(lambda data: data + u16(2) + b"{}"), "refused", "log-entries"),
    Tampering(
        "",
        "a tile without its last entry",
        tile(lambda data: data[: data.rindex(b'{"accepted"') - 2]),
        "refused",
        "log-entries",
    ),
    Tampering("", "a tile that is missing", tile_missing, "refused", "log-files"),
    Tampering("", "an empty tile", tile(lambda data: b""), "refused", "log-entries"),
    Tampering(
        "",
        "a checkpoint larger than any may be",
        lambda s: s.log.update(checkpoint=s.checkpoint + b"a" * 140_000),
        "refused",
        "log-signatures",
    ),
    Tampering("", "a checkpoint with a fourth line", note(lambda p: p.insert(3, "more")), "refused", "log-signatures"),
    Tampering("", "a key the policy does not know", note(new_key), "refused", "log-signatures"),
    Tampering("", "a size of 20 digits", note(lambda p: p.__setitem__(1, "1" * 20)), "refused", "log-signatures"),
    Tampering("", "a size that is not signed", note(lambda p: p.__setitem__(1, "17")), "refused", "log-signatures"),
    Tampering(
        "",
        "sixty-five signature lines",
        note(lambda p: p.__setitem__(slice(-1, None), [p[4]] * 65 + [""])),
        "refused",
        "log-signatures",
    ),
    Tampering(
        "",
        "a policy without a quorum",
        lambda s: setattr(s, "policy", s.policy.replace("quorum most\n", "")),
        "refused",
        "policy",
    ),
    Tampering(
        "",
        "a policy with a number of 5,000 digits",
        lambda s: setattr(s, "policy", s.policy.replace("most 3", "most " + "3" * 5000)),
        "refused",
        "policy",
    ),
    Tampering(
        "",
        "an operator who counts twice",
        lambda s: setattr(s, "policy", s.policy.replace("group most 3", "group most 3 regulator")),
        "refused",
        "policy",
    ),
    Tampering("", "a number that is none", lambda s: setattr(s, "identifier", "upn:I99"), "refused", "identifier"),
]
TAMPERINGS: Final = [Tampering("", "nothing at all", lambda story: None, "complete", ""), *THREATS, *BAD_INPUT]


def tampered(row: Tampering) -> Story:
    """The story of a row."""
    story = honest.story()
    row.do(story)
    return story


__all__ = ["BAD_INPUT", "NOT_SEEN_HERE", "NOW", "PUPIL", "TAMPERINGS", "THREATS", "Tampering", "tampered"]
