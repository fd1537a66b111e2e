"""A pupil's bundle: for one month, the answer to every disclosure, and only one can be right. Section 16 and V7.

The bundle never names the pupil; whoever verifies it knows the identifier already.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Literal

from rollbook.kernel.encoding import b64, unb64
from rollbook.kernel.refusals import InputRefused, Reason, VerificationFailed
from rollbook.tlog import labels, trie_proof, vrf
from rollbook.tlog.checkpoint import Checkpoint, verify_checkpoint
from rollbook.tlog.history import History
from rollbook.tlog.reading import Log
from rollbook.tlog.trust import Policy

HEADER: Final = "rollbook/pupil-proof@v1"
Word = Literal["in", "out", "sealed", "missing"]
_EPOCH = re.compile(r"epoch ([0-9]{4}-[0-9]{2})\Z")
_PI = re.compile(r"pi ([A-Za-z0-9+/=]+)\Z")
_LINE = re.compile(r"d (0|[1-9][0-9]{0,18}) (in|out) ([A-Za-z0-9+/=]+)\Z|s (0|[1-9][0-9]{0,18})\Z")


@dataclass(frozen=True, slots=True)
class Answered:
    """One line: the entry's index, the word on the line, and the proof (empty for a sealed entry)."""

    index: int
    word: Word
    proof: bytes = b""

    def __str__(self) -> str:
        return f"s {self.index}" if self.word == "sealed" else f"d {self.index} {self.word} {b64(self.proof)}"


@dataclass(frozen=True, slots=True)
class Bundle:
    """A parsed bundle; nothing in it is verified yet."""

    epoch: str
    pi: bytes
    lines: tuple[Answered, ...]
    checkpoint: bytes


@dataclass(frozen=True, slots=True)
class BundleVerdict:
    """What a bundle proves: for every set-bearing entry of the month the log holds now, a word.

    `missing` are the entries without an answer that counts; `complete` means that nothing is missing and that no
    entry of the log *cannot be verified*. `checkpoint` is the bundle's own.
    """

    epoch: str
    results: Mapping[int, Word]
    missing: tuple[int, ...]
    unverifiable: tuple[int, ...]
    checkpoint: Checkpoint

    @property
    def complete(self) -> bool:
        """Whether this is the whole answer for the month."""
        return not self.missing and not self.unverifiable


def due(history: History, epoch: str, size: int) -> dict[int, str]:
    """The entries a bundle of `epoch` must answer under a checkpoint of `size`: index to `s` or `d`."""
    return history.sets_of(epoch, size)


def answer(index: int, label: bytes, proof: bytes, root: bytes) -> Answered:
    """The line for a set that `proof` answers; a proof that does not hold is refused before it is given out.

    Raises:
        VerificationFailed: code `trie-proof`.
    """
    return Answered(index, "in" if trie_proof.check(proof, label, root) else "out", proof)


def sealed(index: int) -> Answered:
    """The line for a set still sealed, the same for every person."""
    return Answered(index, "sealed")


def write(*, epoch: str, pi: bytes, lines: list[Answered], checkpoint: bytes) -> bytes:
    """The bytes of a bundle; `checkpoint` verbatim."""
    ordered = sorted(lines, key=lambda line: line.index)
    head = [HEADER, f"epoch {epoch}", f"pi {b64(pi)}", *map(str, ordered)]
    return "".join(f"{line}\n" for line in head).encode() + b"\n" + checkpoint


def read(data: bytes) -> Bundle:
    """Parse a bundle (V7, step 1).

    Raises:
        VerificationFailed: code `bundle-form`.
    """
    head, gap, checkpoint = data.partition(b"\n\n")
    try:
        lines = head.decode("ascii").split("\n")
    except UnicodeDecodeError:
        lines = []
    if not gap or len(lines) < 3 or lines[0] != HEADER:
        raise _refused("it is not a pupil's bundle")
    epoch, pi = _EPOCH.match(lines[1]), _PI.match(lines[2])
    if epoch is None or not labels.is_month(epoch[1]) or pi is None:
        raise _refused("its month or its proof line is malformed")
    try:
        answers = tuple(_read_line(line) for line in lines[3:])
        bundle = Bundle(epoch[1], unb64(pi[1], vrf.PROOF_BYTES), answers, checkpoint)
    except InputRefused:
        raise _refused("a line is not canonical base64") from None
    indexes = [line.index for line in answers]
    if any(after <= before for before, after in pairwise(indexes)):
        raise _refused("its lines do not ascend")
    return bundle


def verify(data: bytes, pupil_id: str, log: Log, policy: Policy, now: int) -> BundleVerdict:
    """Check a bundle against a freshly read log and say what it proves about `pupil_id` (V7).

    Raises:
        InputRefused: code `pupil-id`.
        VerificationFailed: where the bundle is invalid: codes `bundle-form`, `bundle-log`, `bundle-line`, `vrf-key`,
            `vrf-proof`, `trie-proof`, or one of the checkpoint's.
    """
    bundle = read(data)
    labels.alpha(bundle.epoch, pupil_id)  # an identifier of unknown form is refused before anything is checked
    checkpoint = verify_checkpoint(bundle.checkpoint, policy, now, fresh=False)
    size = checkpoint.body.size
    if checkpoint.body.origin != log.checkpoint.body.origin or size > log.size:
        raise _wrong_log()
    if log.root_at(size) != checkpoint.body.root:
        raise _wrong_log()
    y = _secret(bundle, pupil_id, log.history, size)
    due_then = due(log.history, bundle.epoch, size)
    for line in bundle.lines:
        _check_line(line, due_then, log.history, y)
    return _verdict(bundle, log, checkpoint)


def _secret(bundle: Bundle, pupil_id: str, history: History, size: int) -> bytes:
    key = history.key_of(bundle.epoch, below=size)
    if key is None:
        raise VerificationFailed(Reason("vrf-key", "The log has no key for this month", where=bundle.epoch))
    return labels.secret(vrf.verify(unb64(key.pk), labels.alpha(bundle.epoch, pupil_id), bundle.pi))


def _check_line(line: Answered, due_then: Mapping[int, str], history: History, y: bytes) -> None:
    letter = "s" if line.word == "sealed" else "d"
    where = f"entry {line.index}"
    if due_then.get(line.index) != letter:
        message = "The bundle answers an entry that is not of this month, or calls it sealed when it is not"
        raise VerificationFailed(Reason("bundle-line", message, where=where))
    if letter == "s":
        return
    fields = history.body(line.index)
    member = trie_proof.check(line.proof, labels.label(unb64(fields["did"]), y), unb64(fields["set"]["root"]))
    if member != (line.word == "in"):
        raise VerificationFailed(Reason("bundle-line", "The word on a line is not what its proof shows", where=where))


def _verdict(bundle: Bundle, log: Log, checkpoint: Checkpoint) -> BundleVerdict:
    answered = {line.index: line.word for line in bundle.lines}
    due_now = due(log.history, bundle.epoch, log.size)
    # An answer of "sealed" satisfies an entry only as long as the log still holds it sealed.
    missing = tuple(
        index
        for index, letter in due_now.items()
        if index not in answered or (letter == "d" and answered[index] == "sealed")
    )
    results: dict[int, Word] = {index: answered.get(index, "missing") for index in due_now}
    return BundleVerdict(bundle.epoch, results, missing, tuple(log.history.unverifiable()), checkpoint)


def _read_line(line: str) -> Answered:
    match = _LINE.match(line)
    if match is None:
        raise _refused("it holds an unknown line")
    if match[4] is not None:
        return Answered(int(match[4]), "sealed")
    return Answered(int(match[1]), "in" if match[2] == "in" else "out", unb64(match[3]))


def _wrong_log() -> VerificationFailed:
    mend = "Read the log again; if this stays, keep the bundle: together with the log it is evidence."
    message = "The bundle's checkpoint is not one of this log as it stands"
    return VerificationFailed(Reason("bundle-log", message, mend=mend))


def _refused(why: str) -> VerificationFailed:
    mend = "Download the bundle again from the portal."
    return VerificationFailed(Reason("bundle-form", f"The bundle cannot be read: {why}", mend=mend))
