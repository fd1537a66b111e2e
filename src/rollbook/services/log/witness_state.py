"""How the witnesses stand: who signed the served head and when, who is missing and why, and what still waits for them.

All of it is public. What the head's lines say is recomputed from the served file; why a witness is missing is known to
the writer alone, which leaves it in one small file beside the log's folder.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from django.conf import settings

from rollbook.services.log.folder import log_folder, write_durably
from rollbook.services.log.state import read_state
from rollbook.services.log.trust import policy_of
from rollbook.services.log.witnesses import Answer, cosigned_at
from rollbook.services.platform.config import Config, WhenAway
from rollbook.tlog.checkpoint import parse_body
from rollbook.tlog.notes import Body, open_note
from rollbook.tlog.trust import Policy

_FAULTS: Final = "log-witnesses.json"


@dataclass(frozen=True, slots=True)
class WitnessLine:
    """One witness key of the policy: its name there, the name it signs under, and its part in the served head.

    `signed_at` is the time of its newest cosignature on the served head, `fault` why its last answer had none.
    """

    name: str
    signs_as: str
    address: str
    signed_at: datetime | None
    fault: str


@dataclass(frozen=True, slots=True)
class WitnessState:
    """All witnesses. `quorum` says in words what the policy asks for; empty where it asks for none.

    `waits` is how many entries are signed by the log and not yet witnessed; `when_away` what is done with them.
    """

    quorum: str
    lines: tuple[WitnessLine, ...]
    head_size: int
    waits: int
    when_away: WhenAway

    @property
    def missing(self) -> tuple[WitnessLine, ...]:
        """The witnesses that did not sign the served head."""
        return tuple(line for line in self.lines if line.signed_at is None)


def witness_state() -> WitnessState:
    """The witnesses of this installation's log, as of the files it serves.

    Raises:
        VerificationFailed: the served head has a false cosignature.
    """
    config = settings.ROLLBOOK
    policy, folder, faults = policy_of(config), log_folder(config), _faults(config)
    note = folder.checkpoint()
    body, times = (None, {}) if note is None else _cosigned(policy, note)
    size = body.size if body else 0
    lines = tuple(
        WitnessLine(
            name,
            key.name,
            address := policy.addresses.get(name, ""),
            datetime.fromtimestamp(times[name], UTC) if name in times else None,
            faults.get(address, ""),
        )
        for name, key in policy.witnesses.items()
    )
    recorded = read_state()
    waits = recorded.size - size if recorded else 0
    return WitnessState(quorum_words(policy), lines, size, waits, config.witnesses_away)


def quorum_words(policy: Policy) -> str:
    """What the policy's quorum asks for, in words; empty for `quorum none`."""
    if policy.quorum is None:
        return ""
    group = policy.groups.get(policy.quorum)
    if group is None:
        return f"the witness {policy.quorum}"
    members = ", ".join(group.members)
    return f"{group.needed} of {len(group.members)}: {members}"


def remember(config: Config, answers: Sequence[Answer]) -> None:
    """Leave for readers why each witness's last answer gave no cosignature; called by the writer."""
    faults = {answer.address: answer.fault for answer in answers}
    if faults != _faults(config):
        draft = _file(config).with_suffix(".new")
        write_durably(draft, json.dumps(faults).encode())
        draft.rename(_file(config))


def _cosigned(policy: Policy, note: bytes) -> tuple[Body, dict[str, int]]:
    text, lines = open_note(note)
    body = parse_body(text)
    return body, cosigned_at(policy, lines, body)


def _faults(config: Config) -> dict[str, str]:
    try:
        return dict(json.loads(_file(config).read_bytes()))
    except (FileNotFoundError, ValueError):
        return {}


def _file(config: Config) -> Path:
    return config.data / _FAULTS
