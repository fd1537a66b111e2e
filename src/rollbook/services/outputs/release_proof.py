"""The proof published beside a released table: its manifest, its entry in the log, and the receipt of that entry.

With the record and the CSV that is all an outsider needs: the manifest has the digests of both, the entry commits to
the manifest, the receipt shows the entry under a checkpoint that the log signed with both of its keys.
"""

import json
from typing import Final

from rollbook.kernel.encoding import b64
from rollbook.services.log.receipts import make_receipt
from rollbook.services.outputs.released_files import ReleasedFile
from rollbook.services.outputs.releases import ReleasedTable

FORM: Final = "rollbook/release-proof@v1"


def proof_of(released: ReleasedTable | ReleasedFile) -> str:
    """The proof of a released table, or of a file by exception, as JSON.

    Raises:
        VerificationFailed: the served log does not prove the entry.
    """
    receipt = make_receipt(released.index)
    proof = {
        "form": FORM,
        "manifest": released.manifest,
        "entry": b64(receipt.entry),
        "receipt": receipt.proof.decode(),
    }
    return json.dumps(proof, ensure_ascii=False, indent=1)
