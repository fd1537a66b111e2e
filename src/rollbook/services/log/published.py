"""What the release gate asks of the log before anything is opened or leaves: the very entry that was handed in,
published and proved by the served files alone.
"""

from rollbook.kernel import canonical
from rollbook.kernel.refusals import Reason, VerificationFailed
from rollbook.records.models.log import LogSubmission
from rollbook.services.log.reader import wait_for
from rollbook.services.log.receipts import make_receipt


def published(submission_id: int, *, timeout_s: float) -> bytes:
    """Wait until a submission's entry is in a signed, published checkpoint; gives the entry's bytes as anyone reads
    them.

    Raises:
        UseRefused: the log's rules do not allow the entry; it will never be published.
        StateBroken: code `log-wait`, where it is not public in time; ask again later.
        VerificationFailed: the served files do not prove the entry, or prove another one in its place.
    """
    index = wait_for(submission_id, timeout_s=timeout_s)
    raw = make_receipt(index).entry
    asked = LogSubmission.objects.get(id=submission_id).entry
    # The database says where our entry is; what counts is that the signed file says the same, word for word.
    logged = canonical.loads(raw)
    if any(logged.get(name) != value for name, value in asked.items()):
        mend = "Stop releasing and compare the log with its mirrors."
        raise VerificationFailed(Reason("entry-other", "The log holds another entry in this place", mend=mend))
    return raw
