"""The policy that this installation's verifiers use: the log's own keys, then the witnesses that operators agreed on.

The lines about witnesses are one file (`ROLLBOOK_WITNESSES`); the lines about the log's keys are never typed.
"""

from functools import lru_cache

from django.conf import settings

from rollbook.kernel.refusals import InputRefused, Reason, SetupFailed
from rollbook.services.platform.config import Config
from rollbook.services.platform.keys import open_keys
from rollbook.tlog.notes import parse_key
from rollbook.tlog.trust import NO_WITNESS_SENTENCE, Policy, parse_policy, write_policy


def policy_text(config: Config) -> str:
    """The policy file, as it is released with the verifier and named by the log's `policy` entries.

    Raises:
        SetupFailed: code `witnesses`, in production, where no independent witness signs; `witnesses-file`, where the
            file of witnesses cannot be used.
    """
    if config.production and config.witnesses is None:
        raise _without_witnesses()
    text = _written(open_keys(config).log_public(), _witness_lines(config))
    if config.production and _parsed(text).quorum is None:
        raise _without_witnesses()
    return text


def own_policy() -> str:
    """The policy file of this installation."""
    return policy_text(settings.ROLLBOOK)


def policy_of(config: Config) -> Policy:
    """The same policy, parsed."""
    return _parsed(policy_text(config))


@lru_cache(maxsize=8)
def _parsed(text: str) -> Policy:
    return parse_policy(text)


@lru_cache(maxsize=8)
def _written(keys: tuple[str, ...], witnesses: str) -> str:
    text = write_policy(tuple(parse_key(key) for key in keys), witnesses)
    try:
        logs = parse_policy(text).logs
    except InputRefused as refused:
        raise _unusable(refused.reasons[0].message, refused.reasons[0].where) from refused
    if len(logs) != len(keys):
        raise _unusable("It names a log; the log's own keys are put in by themselves", "a log line")
    return text


def _witness_lines(config: Config) -> str:
    if config.witnesses is None:
        return ""
    try:
        text = config.witnesses.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as fault:
        raise _unusable("It cannot be read", config.witnesses.name) from fault
    return text if text.endswith("\n") else f"{text}\n"


def _without_witnesses() -> SetupFailed:
    mend = "Name witnesses of at least four independent operators in the file that ROLLBOOK_WITNESSES says."
    message = f"A log without witnesses may not be used in production: {NO_WITNESS_SENTENCE}"
    return SetupFailed(Reason("witnesses", message, mend=mend))


def _unusable(message: str, where: str) -> SetupFailed:
    mend = "See docs/how-to/witnesses.md for the lines it needs: witness, group and quorum."
    return SetupFailed(Reason("witnesses-file", f"The file of witnesses cannot be used: {message}", where, mend))
