"""Asking the witnesses for their cosignatures: step 8 of writing the log. All are asked at once.

An answer that shows the log itself to be wrong (a witness has seen more of it, or other entries in it) stops the
writer. A witness that is away, refuses or answers nonsense is only missing; why is kept for the log's health.
"""

import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from http.client import HTTPException, HTTPResponse
from typing import Final

from rollbook.kernel.refusals import Reason, StateBroken, VerificationFailed
from rollbook.tlog.checkpoint import FUTURE_SECONDS, read_body
from rollbook.tlog.notes import (
    LONGEST_NOTE,
    Body,
    SignatureLine,
    VerifierKey,
    open_note,
    parse_signature_line,
    verify_line,
)
from rollbook.tlog.trust import Policy
from rollbook.tlog.witness import (
    ADD_CHECKPOINT,
    SIZE_TYPE,
    Request,
    origin_path,
    parse_size,
    read_cosignatures,
)

SECONDS: Final = 5.0
# For one answer as a whole, and for a round: a witness that sends a byte now and then may not hold the log up.
SECONDS_FOR_AN_ANSWER: Final = 8.0
SECONDS_FOR_A_ROUND: Final = 15.0
# How long the others may still answer once enough have: more cosignatures are worth a moment, not a wait.
GRACE_SECONDS: Final = 0.3
# A witness that names another size each time would keep the log waiting for ever.
MOST_TRIES: Final = 4
Prove = Callable[[int], list[bytes]]


class WitnessAlarm(StateBroken):
    """A witness has seen another log than this one. Nothing may be published until somebody has looked."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of asking one witness: its lines, or why there are none."""

    address: str
    lines: tuple[str, ...] = ()
    fault: str = ""


@dataclass(slots=True)
class Round:
    """The answers of all witnesses to one checkpoint, and whether they meet the policy."""

    answers: list[Answer] = field(default_factory=list)
    met: bool = False

    @property
    def lines(self) -> list[str]:
        """The cosignature lines that came, in the order of the policy."""
        return [line for answer in self.answers for line in answer.lines]


class Witnesses:
    """The witnesses of a policy that have an address, and the size each is thought to have cosigned last."""

    def __init__(self) -> None:
        self._sizes: dict[str, int] = {}

    def collect(self, policy: Policy, note: bytes, body: Body, prove: Prove, now: int) -> Round:
        """Ask all witnesses to cosign `note`; `prove(old)` gives the proof of growth from an older size.

        Ends soon after the policy is met, or when all have answered or the time for a round is over.

        Raises:
            WitnessAlarm: code `witness-ahead` or `witness-conflict`.
        """
        asked = _by_address(policy)
        found = Round(met=policy.quorum is None)
        if not asked:
            return found
        pool = ThreadPoolExecutor(len(asked), thread_name_prefix="witness")
        pending = {pool.submit(self._ask, address, keys, note, body, prove) for address, keys in asked.items()}
        ends = time.monotonic() + SECONDS_FOR_A_ROUND
        try:
            while pending and not found.met and (left := ends - time.monotonic()) > 0:
                done, pending = wait(pending, left, FIRST_COMPLETED)
                _take(found, done)
                found.met = meets(policy, found.lines, body, now)
            _take(found, wait(pending, GRACE_SECONDS).done if found.met else ())
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
        silent = asked.keys() - {answer.address for answer in found.answers}
        found.answers += [Answer(address, fault="did not answer in time") for address in silent]
        order = list(asked)
        found.answers.sort(key=lambda answer: order.index(answer.address))
        return found

    def _ask(self, address: str, keys: tuple[VerifierKey, ...], note: bytes, body: Body, prove: Prove) -> Answer:
        for _ in range(MOST_TRIES):
            old = min(self._sizes.get(address, body.size), body.size)
            request = Request(old, tuple(prove(old)), note)
            status, kind, data = post(f"{address.rstrip('/')}/{ADD_CHECKPOINT}", request.encode())
            if status == 200:
                return self._cosigned(address, keys, body, data)
            if status == 409 and kind == SIZE_TYPE:
                self._sizes[address] = _named_size(address, data, body)
                continue
            if status in (409, 422):
                raise _alarm("witness-conflict", "A witness has cosigned other entries of this log", address)
            self._sizes.pop(address, None)
            return Answer(address, fault=f"answered {status}" if status else "does not answer")
        return Answer(address, fault="named a new size each time it was asked")

    def _cosigned(self, address: str, keys: tuple[VerifierKey, ...], body: Body, data: bytes) -> Answer:
        try:
            lines = tuple(read_cosignatures(data, body, keys))
        except VerificationFailed as refused:
            return Answer(address, fault=refused.reasons[0].message)
        self._sizes[address] = body.size
        return Answer(address, lines, "" if lines else "signed with keys that the policy does not name")


def furthest(policy: Policy, origin: str) -> Body | None:
    """The largest checkpoint of this log that any witness says it cosigned, signed by the log's own keys; None if none.

    Witnesses that cannot be asked are passed over: this only ever stops a log that lost entries.
    """
    asked = list(_by_address(policy))
    if not asked:
        return None
    keys = tuple(key for key in policy.logs if key.name == origin)
    with ThreadPoolExecutor(len(asked), thread_name_prefix="witness") as pool:
        answers = pool.map(lambda address: fetch(f"{address.rstrip('/')}/{origin_path(origin)}"), asked)
        bodies = [_signed_body(data, keys) for status, _, data in answers if status == 200]
    return max((body for body in bodies if body), key=lambda body: body.size, default=None)


def post(address: str, data: bytes) -> tuple[int, str, bytes]:
    """Status, content type and body of the answer to a POST; status 0 where there is none."""
    headers = {"Content-Type": "application/octet-stream"}
    return _call(urllib.request.Request(address, data=data, headers=headers, method="POST"))  # noqa: S310


def fetch(address: str) -> tuple[int, str, bytes]:
    """Status, content type and body of the answer to a GET; status 0 where there is none."""
    return _call(urllib.request.Request(address))  # noqa: S310  the policy file says whom to ask


def _call(request: urllib.request.Request) -> tuple[int, str, bytes]:
    try:
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:  # noqa: S310
            return int(answer.status), answer.headers.get_content_type(), _read_in_time(answer)
    except urllib.error.HTTPError as refusal:
        with refusal:
            return refusal.code, refusal.headers.get_content_type(), refusal.read1(100)
    except (OSError, ValueError, HTTPException):
        return 0, "", b""


def _read_in_time(answer: HTTPResponse) -> bytes:
    ends, data = time.monotonic() + SECONDS_FOR_AN_ANSWER, bytearray()
    while len(data) <= LONGEST_NOTE and (part := answer.read1(LONGEST_NOTE)):
        data += part
        if time.monotonic() > ends:
            raise TimeoutError
    return bytes(data)


def _take(found: Round, done: Iterable[Future[Answer]]) -> None:
    found.answers += [future.result() for future in done]


def _by_address(policy: Policy) -> dict[str, tuple[VerifierKey, ...]]:
    """The keys to expect from each address: an operator with two keys is asked once."""
    asked: dict[str, tuple[VerifierKey, ...]] = {}
    for name, address in policy.addresses.items():
        asked[address] = (*asked.get(address, ()), policy.witnesses[name])
    return asked


def meets(policy: Policy, lines: Iterable[str], body: Body, now: int) -> bool:
    """Whether cosignature lines of a checkpoint, all verified before, are enough for the policy at POSIX second `now`.

    Times more than 600 seconds ahead are not counted, as no verifier counts them.
    """
    times = cosigned_at(policy, [parse_signature_line(line) for line in lines], body)
    counted = {name: time for name, time in times.items() if time <= now + FUTURE_SECONDS}
    return policy.quorum is None or policy.quorum_time(counted) is not None


def cosigned_at(policy: Policy, lines: Iterable[SignatureLine], body: Body) -> dict[str, int]:
    """The newest time at which each witness of the policy cosigned `body`, by the name it has in the policy.

    Raises:
        VerificationFailed: code `signature`, where the line of a known witness is false.
    """
    times: dict[str, int] = {}
    for line in lines:
        for name, key in policy.witnesses.items():
            if (line.name, line.key_id) == (key.name, key.id):
                times[name] = max(times.get(name, 0), verify_line(key, line, body.text(), body) or 0)
    return times


def _named_size(address: str, data: bytes, body: Body) -> int:
    try:
        size = parse_size(data.decode("ascii").removesuffix("\n"))
    except (UnicodeDecodeError, ValueError, IndexError):
        return 0
    if size > body.size:
        raise _alarm(
            "witness-ahead", f"A witness has cosigned {size} entries of this log, more than there are", address
        )
    return size


def _signed_body(note: bytes, keys: tuple[VerifierKey, ...]) -> Body | None:
    try:
        body = read_body(note)
        text, lines = open_note(note)
        known = {(key.name, key.id): key for key in keys}
        signed = [line for line in lines if (line.name, line.key_id) in known]
        for line in signed:
            verify_line(known[line.name, line.key_id], line, text, body)
    except VerificationFailed:
        return None
    return body if signed else None


def _alarm(code: str, message: str, address: str) -> WitnessAlarm:
    mend = (
        "The log has lost entries, or signed two histories: see docs/how-to/restore-the-log.md. There is no override."
    )
    return WitnessAlarm(Reason(code, message, where=address, mend=mend))
