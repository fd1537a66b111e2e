"""The published log read and audited as any client would (V4), from the files this installation serves."""

from functools import lru_cache

from django.conf import settings

from rollbook.kernel.refusals import Reason, VerificationFailed
from rollbook.services.log.folder import State, log_folder
from rollbook.services.log.trust import policy_of
from rollbook.services.platform import clock
from rollbook.tlog.checkpoint import verify_checkpoint
from rollbook.tlog.reading import Log, read_log


def published_log() -> Log:
    """The whole log under the checkpoint served now. The last one read is kept while the checkpoint stays the same.

    Raises:
        VerificationFailed: nothing is served, or what is served does not verify.
    """
    note = log_folder(settings.ROLLBOOK).checkpoint()
    if note is None:
        raise VerificationFailed(Reason("unpublished", "No log is being published"))
    return _read(note)


def audit_published() -> Log:
    """The whole log read anew from its files, however recently it was read.

    Raises:
        VerificationFailed: it does not verify. Broken audit rules are in the answer's `faults`.
    """
    _read.cache_clear()
    return published_log()


@lru_cache(maxsize=1)
def _read(note: bytes) -> Log:
    config = settings.ROLLBOOK
    checkpoint = verify_checkpoint(note, policy_of(config), int(clock.now().timestamp()), fresh=False)
    folder = log_folder(config)
    return read_log(checkpoint, folder.bundles(State(checkpoint.body.size, checkpoint.body.root)))
