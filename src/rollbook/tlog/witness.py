"""The witness protocol: what a log asks, what a witness answers, and when it must refuse. C2SP `tlog-witness`.

A witness remembers the last checkpoint of each log it cosigned and cosigns only growth of it. All here is bytes in and
bytes or a refusal out; sockets, clocks and keys are the callers'.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from rollbook.kernel.encoding import HASH_BYTES, b64, sha256, unb64
from rollbook.kernel.refusals import InputRefused, Reason, VerificationFailed
from rollbook.tlog.checkpoint import parse_body
from rollbook.tlog.notes import Body, SignatureLine, VerifierKey, open_note, parse_signature_line, verify_line
from rollbook.tlog.tree import root_of, verify_consistency

MOST_HASHES: Final = 63
SIZE_TYPE: Final = "text/x.tlog.size"
ADD_CHECKPOINT: Final = "add-checkpoint"
EMPTY_ROOT: Final = root_of(())


class WitnessRefused(VerificationFailed):
    """A request that a witness does not sign: the HTTP `status`, and for 409 the `size` it last cosigned."""

    def __init__(self, status: int, message: str, size: int | None = None) -> None:
        super().__init__(Reason(f"witness-{status}", message))
        self.status = status
        self.size = size


@dataclass(frozen=True, slots=True)
class Request:
    """One add-checkpoint request: the size the log believes was cosigned last, the proof of growth, the checkpoint."""

    old: int
    proof: tuple[bytes, ...]
    note: bytes

    def encode(self) -> bytes:
        """The body of the POST."""
        lines = "".join(f"{b64(node)}\n" for node in self.proof)
        return f"old {self.old}\n{lines}\n".encode() + self.note


@dataclass(frozen=True, slots=True)
class Asked:
    """A request whose checkpoint one of the log's own keys has signed; `lines` are the log's lines that verified."""

    old: int
    proof: tuple[bytes, ...]
    body: Body
    text: str
    lines: tuple[SignatureLine, ...]


def origin_path(origin: str) -> str:
    """The path under a witness's monitoring prefix at which it serves the last checkpoint it cosigned of a log."""
    return f"{sha256(origin.encode()).hex()}/checkpoint"


def read_request(data: bytes) -> Request:
    """The request in the body of a POST.

    Raises:
        WitnessRefused: 400, where it does not have the form of one.
    """
    head, gap, note = data.partition(b"\n\n")
    lines = head.split(b"\n")
    if not gap or len(lines) - 1 > MOST_HASHES or not lines[0].startswith(b"old "):
        raise WitnessRefused(400, "The request is not an old size, hashes, an empty line and a checkpoint")
    try:
        proof = tuple(unb64(line.decode("ascii"), HASH_BYTES) for line in lines[1:])
        return Request(parse_size(lines[0][4:].decode("ascii")), proof, note)
    except (InputRefused, UnicodeDecodeError, ValueError):
        raise WitnessRefused(400, "The old size or a hash of the proof is malformed") from None


def parse_size(text: str) -> int:
    """A tree size in decimal.

    Raises:
        ValueError: it is not one, has a leading zero, or is 2^63 or more.
    """
    if not text.isascii() or not text.isdigit() or (text[0] == "0" and text != "0") or len(text) > 19:
        raise ValueError("not a tree size")
    size = int(text)
    if size >= 2**63:
        raise ValueError("not a tree size")
    return size


def check_asked(request: Request, logs: Mapping[str, Sequence[VerifierKey]]) -> Asked:
    """What is asked, once it is sure that a known log signed it; nothing is compared with the witness's memory yet.

    `logs` are the keys of each log by its origin.

    Raises:
        WitnessRefused: 400 malformed, 404 unknown log, 403 no valid signature of the log, or a false one.
    """
    try:
        text, lines = open_note(request.note)
        body = parse_body(text)
    except VerificationFailed as refused:
        raise WitnessRefused(400, refused.reasons[0].message) from None
    keys = logs.get(body.origin)
    if keys is None:
        raise WitnessRefused(404, "This witness does not know this log")
    signed = tuple(line for line in lines if _verified(line, keys, text, body))
    if not signed:
        raise WitnessRefused(403, "No known key of the log has signed this checkpoint")
    if request.old > body.size:
        raise WitnessRefused(400, "The old size is above the size of the checkpoint")
    return Asked(request.old, request.proof, body, text, signed)


def check_growth(asked: Asked, last: Body | None) -> None:
    """Refuse unless the checkpoint grew out of `last`, the last one this witness cosigned of the log.

    Raises:
        WitnessRefused: 409 with the witness's own size, where the request is about another one; 422, where it was not
            shown that the log only grew. The second is evidence against the log and worth keeping.
    """
    known = 0 if last is None else last.size
    if asked.old != known:
        raise WitnessRefused(409, "The old size is not the one cosigned last", known)
    if asked.body.size == 0 and asked.body.root != EMPTY_ROOT:
        raise WitnessRefused(422, "An empty log has another root than this")
    root = EMPTY_ROOT if last is None else last.root
    try:
        verify_consistency(asked.old, root, asked.body.size, asked.body.root, asked.proof)
    except VerificationFailed as refused:
        raise WitnessRefused(422, refused.reasons[0].message) from None


def read_cosignatures(answer: bytes, body: Body, keys: Sequence[VerifierKey]) -> list[str]:
    """The lines of an answer that are valid cosignatures by `keys`; lines of other keys are passed over.

    Raises:
        VerificationFailed: code `note` where the answer is not lines of signatures, `signature` where a line of one of
            the keys is false.
    """
    try:
        text = answer.decode("utf-8")
    except UnicodeDecodeError:
        text = ""
    if not text.endswith("\n"):
        raise VerificationFailed(Reason("note", "The answer of a witness is not made of signature lines"))
    lines = [parse_signature_line(line) for line in text[:-1].split("\n")]
    return [str(line) for line in lines if _verified(line, keys, body.text(), body, code=None)]


def _verified(line: SignatureLine, keys: Sequence[VerifierKey], text: str, body: Body, code: int | None = 403) -> bool:
    for key in keys:
        if (line.name, line.key_id) == (key.name, key.id):
            try:
                verify_line(key, line, text, body)
            except VerificationFailed:
                if code is None:
                    raise
                raise WitnessRefused(code, "A signature of a known key of the log is false") from None
            return True
    return False
