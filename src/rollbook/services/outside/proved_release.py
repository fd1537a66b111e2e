"""Verifying, without Django and without asking anybody, that the log signed a released table and its record.

V3 and V11 of the log's specification: the receipt shows the entry under a checkpoint that the policy trusts, the entry
commits to the manifest, and the manifest to the very files.
"""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rollbook.kernel.encoding import unb64
from rollbook.kernel.refusals import InputRefused, Reason
from rollbook.tlog.receipt import verify_proof
from rollbook.tlog.release import verify_output
from rollbook.tlog.trust import Policy, parse_policy


@dataclass(frozen=True, slots=True)
class Signed:
    """Which log signed, at which entry and when; `warning` says what the policy leaves open."""

    origin: str
    index: int
    signed_at: str
    title: str
    warning: str


@dataclass(frozen=True, slots=True)
class Proof:
    """A proof of a release, read but not yet believed, and the policy it is held to."""

    manifest: bytes
    entry: bytes
    receipt: bytes
    policy: Policy

    def verified(self, files: Mapping[str, bytes], now: int | None = None) -> Signed:
        """Who signed `files` (by the names they were released under).

        Raises:
            VerificationFailed: codes `proof-file`, `inclusion`, `entry`, `manifest`, `files`, or a checkpoint's.
        """
        moment = int(time.time()) if now is None else now
        index, checkpoint = verify_proof(self.receipt, self.entry, self.policy, moment)
        fields = verify_output(self.entry, self.manifest, files, checkpoint.body.origin)
        when = datetime.fromtimestamp(checkpoint.time, UTC).isoformat()
        return Signed(checkpoint.body.origin, index, when, str(fields["title"]), checkpoint.warning)


def read_proof(file: Path, policy: Path) -> Proof:
    """The proof in a file.

    Raises:
        InputRefused: code `proof` or one of the policy's.
    """
    try:
        found: dict[str, Any] = json.loads(file.read_bytes())
        return Proof(
            manifest=found["manifest"].encode(),
            entry=unb64(found["entry"]),
            receipt=found["receipt"].encode(),
            policy=parse_policy(policy.read_text()),
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        mend = "Take it from the page of the released table."
        raise InputRefused(Reason("proof", "This is not the proof of a release", file.name, mend)) from None
