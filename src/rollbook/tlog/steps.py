"""The steps of a verification, in their order: a refusal names the one that failed. V1 to V7 of the specification."""

from collections.abc import Mapping
from typing import Final

STEPS: Final[Mapping[str, str]] = {
    "policy": "Read the policy: whose signatures count",
    "identifier": "Read the pupil's number",
    "files": "Read the proof files",
    "log-files": "Read the files of the log",
    "log-signatures": "Check the signatures on the log",
    "log-entries": "Hash every entry of the log",
    "log-growth": "Compare with the log seen here before",
    "log-rules": "Apply the rules to every entry",
    "bundle-lines": "Read the lines of the proof file",
    "bundle-signatures": "Check the signatures in the proof file",
    "secret": "Check the secret that belongs to this number and month",
    "entries-of-month": "Compare the lines with the log's entries of the month",
    "proofs": "Check the proof of each answer",
    "nothing-missing": "Look whether every use is answered",
}
_CHECKPOINT: Final = (
    "note", "checkpoint", "origin", "signature", "log-signature", "log-key-unknown", "quorum", "future", "stale",
)  # fmt: skip
_LOG: Final[Mapping[str, str]] = {
    "policy": "policy",
    "verifier-key": "policy",
    "pupil-id": "identifier",
    "file": "files",
    "log-source": "log-files",
    "log-unreadable": "log-files",
    **dict.fromkeys(_CHECKPOINT, "log-signatures"),
    "bundle": "log-entries",
    "root": "log-entries",
    "rewritten": "log-growth",
    "log-fault": "log-rules",
}
_BUNDLE: Final[Mapping[str, str]] = {
    "pupil-id": "identifier",
    "bundle-form": "bundle-lines",
    **dict.fromkeys(_CHECKPOINT, "bundle-signatures"),
    "bundle-log": "bundle-signatures",
    "vrf-key": "secret",
    "vrf-proof": "secret",
    "bundle-line": "entries-of-month",
    "trie-proof": "proofs",
    "bundle-word": "proofs",
}


def step_of_log(code: str) -> str:
    """The step at which reading the log was refused with a reason of this code."""
    return _LOG[code]


def step_of_bundle(code: str) -> str:
    """The step at which a bundle was refused with a reason of this code."""
    return _BUNDLE[code]


def as_data() -> dict[str, Mapping[str, str]]:
    """The steps and which codes belong to which, for the verifier in the browser."""
    return {"steps": STEPS, "log": _LOG, "bundle": _BUNDLE}
