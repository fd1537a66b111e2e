"""A pupil's bundle: for one month, the answer to every disclosure, and only one can be right. Section 16 and V7.

The bundle never names the pupil; whoever verifies it knows the identifier already. A history holds the same lines for
every month, one month after another, under one checkpoint: it is verified as that many bundles would be.
"""

import re
from collections.abc import Mapping, Sequence
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
HISTORY_HEADER: Final = "rollbook/pupil-history@v1"
LONGEST: Final = 2**26  # bytes; a year of 50,000 entries is about 40 MB
MOST_LINES: Final = 2**17
Word = Literal["in", "out", "sealed", "missing"]
_EPOCH = re.compile(r"epoch ([0-9]{4}-[0-9]{2})\Z")
_PI = re.compile(r"pi ([A-Za-z0-9+/=]{1,200})\Z")
# A proof of 255 levels has some 8,200 bytes; whatever is longer is not decoded first.
_LINE = re.compile(r"d (0|[1-9][0-9]{0,18}) (in|out) ([A-Za-z0-9+/=]{1,12000})\Z|s (0|[1-9][0-9]{0,18})\Z")


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
    return _written([HEADER, *_month_lines(epoch, pi, lines)], checkpoint)


def write_history(months: Sequence[Bundle]) -> bytes:
    """The bytes of a history of these months, oldest first, all under the one checkpoint that stands in each."""
    head = [line for month in months for line in _month_lines(month.epoch, month.pi, month.lines)]
    return _written([HISTORY_HEADER, *head], months[0].checkpoint)


def read(data: bytes) -> Bundle:
    """Parse a bundle of one month (V7, step 1).

    Raises:
        VerificationFailed: code `bundle-form`.
    """
    lines, checkpoint = _open(data, HEADER)
    return _read_month(lines, checkpoint)


def read_file(data: bytes) -> tuple[bool, tuple[Bundle, ...]]:
    """Whether `data` is a history, and its months: one in a bundle, ascending in a history.

    Raises:
        VerificationFailed: code `bundle-form`.
    """
    if not data.startswith(HISTORY_HEADER.encode()):
        return False, (read(data),)
    lines, checkpoint = _open(data, HISTORY_HEADER)
    starts = [place for place, line in enumerate(lines) if line.startswith("epoch ")]
    if not starts or starts[0] != 0:
        raise _refused("it does not begin with a month")
    ends = [*starts[1:], len(lines)]
    months = tuple(_read_month(lines[start:end], checkpoint) for start, end in zip(starts, ends, strict=True))
    if any(after.epoch <= before.epoch for before, after in pairwise(months)):
        raise _refused("its months do not ascend")
    return True, months


def _month_lines(epoch: str, pi: bytes, lines: Sequence[Answered]) -> list[str]:
    ordered = sorted(lines, key=lambda line: line.index)
    return [f"epoch {epoch}", f"pi {b64(pi)}", *map(str, ordered)]


def _written(lines: list[str], checkpoint: bytes) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode() + b"\n" + checkpoint


def _open(data: bytes, header: str) -> tuple[list[str], bytes]:
    head, gap, checkpoint = data.partition(b"\n\n") if len(data) <= LONGEST else (b"", b"", b"")
    if len(data) > LONGEST or head.count(b"\n") > MOST_LINES:
        raise _refused("it is too long")
    try:
        lines = head.decode("ascii").split("\n")
    except UnicodeDecodeError:
        lines = []
    if not gap or not lines or lines[0] != header:
        raise _refused("it is not a pupil's bundle")
    return lines[1:], checkpoint


def _read_month(lines: list[str], checkpoint: bytes) -> Bundle:
    epoch, pi = (_EPOCH.match(lines[0]), _PI.match(lines[1])) if len(lines) > 1 else (None, None)
    if epoch is None or not labels.is_month(epoch[1]) or pi is None:
        raise _refused("its month or its proof line is malformed")
    try:
        answers = tuple(_read_line(line) for line in lines[2:])
        bundle = Bundle(epoch[1], unb64(pi[1], vrf.PROOF_BYTES), answers, checkpoint)
    except InputRefused:
        raise _refused("a line is not canonical base64") from None
    if any(after.index <= before.index for before, after in pairwise(answers)):
        raise _refused("its lines do not ascend")
    return bundle


def verify(data: bytes, pupil_id: str, log: Log, policy: Policy, now: int) -> BundleVerdict:
    """Check a bundle of one month against a freshly read log and say what it proves about `pupil_id` (V7).

    Raises:
        InputRefused: code `pupil-id`.
        VerificationFailed: where the bundle is invalid: codes `bundle-form`, `bundle-log`, `bundle-line`,
            `bundle-word`, `vrf-key`, `vrf-proof`, `trie-proof`, or one of the checkpoint's.
    """
    bundle = read(data)
    labels.alpha(bundle.epoch, pupil_id)  # an identifier of unknown form is refused before anything is checked
    return verify_month(bundle, pupil_id, log, verify_place(bundle, log, policy, now))


def verify_place(bundle: Bundle, log: Log, policy: Policy, now: int) -> Checkpoint:
    """The checkpoint of a bundle, once it is one of this log as it stands (V7, step 2).

    Raises:
        VerificationFailed: code `bundle-log`, or one of the checkpoint's.
    """
    checkpoint = verify_checkpoint(bundle.checkpoint, policy, now, fresh=False)
    size = checkpoint.body.size
    if checkpoint.body.origin != log.checkpoint.body.origin or size > log.size:
        raise _wrong_log()
    if log.root_at(size) != checkpoint.body.root:
        raise _wrong_log()
    return checkpoint


def verify_month(bundle: Bundle, pupil_id: str, log: Log, checkpoint: Checkpoint) -> BundleVerdict:
    """What one month proves under its verified checkpoint (V7, steps 3 to 11).

    Raises:
        VerificationFailed: codes `bundle-line`, `bundle-word`, `vrf-key`, `vrf-proof`, `trie-proof`.
    """
    y = _secret(bundle, pupil_id, log.history, checkpoint.body.size)
    due_then = due(log.history, bundle.epoch, checkpoint.body.size)
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
        raise VerificationFailed(Reason("bundle-word", "The word on a line is not what its proof shows", where=where))


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


def unanswered_month(epoch: str, log: Log, checkpoint: Checkpoint) -> BundleVerdict:
    """What a history says of a month it leaves out: nothing, so that every entry of the month is missing."""
    return _verdict(Bundle(epoch, b"", (), b""), log, checkpoint)


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
