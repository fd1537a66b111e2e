"""The policy this installation's verifiers use: its own two log keys, and until witnesses sign, `quorum none`."""

from django.conf import settings

from rollbook.kernel.refusals import Reason, SetupFailed
from rollbook.services.config import Config
from rollbook.services.keys import open_keys
from rollbook.tlog.notes import parse_key
from rollbook.tlog.trust import NO_WITNESS_SENTENCE, Policy, parse_policy, write_policy


def policy_text(config: Config) -> str:
    """The policy file, as it is released with the verifier and named by the log's `policy` entry.

    Raises:
        SetupFailed: code `witnesses`, in production, where no independent witness signs.
    """
    if config.production:
        mend = "Witnesses of at least four independent operators must stand in the policy first."
        message = f"A log without witnesses may not be used in production: {NO_WITNESS_SENTENCE}"
        raise SetupFailed(Reason("witnesses", message, mend=mend))
    return write_policy(tuple(parse_key(text) for text in open_keys(config).log_public()))


def own_policy() -> str:
    """The policy file of this installation."""
    return policy_text(settings.ROLLBOOK)


def policy_of(config: Config) -> Policy:
    """The same policy, parsed."""
    return parse_policy(policy_text(config))
