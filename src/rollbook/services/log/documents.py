"""Detached documents: texts that entries name by hash, kept until the writer serves them, and for as long as they may
stand.

A document is served from the moment an entry names it, never before: the summary of a sealed case waits here for its
reveal.
"""

import secrets
from collections.abc import Iterable, Mapping
from typing import Any

from rollbook.kernel.encoding import b64, sha256, unb64
from rollbook.kernel.refusals import InputRefused, Reason
from rollbook.records.models.log import LogDocument
from rollbook.tlog.entries import documents_of
from rollbook.tlog.seals import SALT_BYTES, write_text


def text_document(text: str) -> tuple[str, bytes]:
    """A text about people: the DOC value for a `…_text` field, and the salted bytes to hand to `outbox.submit`."""
    return plain_document(write_text(text, secrets.token_bytes(SALT_BYTES)))


def plain_document(data: bytes) -> tuple[str, bytes]:
    """A document that is public as it stands: its DOC value and its bytes."""
    return b64(sha256(data)), data


def keep(documents: Iterable[bytes]) -> None:
    """Store documents in the caller's transaction; the same bytes twice are kept once."""
    rows = [LogDocument(digest=sha256(data).hex(), body=data) for data in documents]
    LogDocument.objects.bulk_create(rows, ignore_conflicts=True)


def require_kept(entry: Mapping[str, Any]) -> None:
    """Refuse an entry that names a document nobody has handed in: it could never be read.

    Raises:
        InputRefused: code `document-missing`.
    """
    named = digests_of(entry)
    kept = set(LogDocument.objects.filter(digest__in=named).values_list("digest", flat=True))
    if missing := named - kept:
        mend = "Hand the document's bytes in with the entry."
        raise InputRefused(Reason("document-missing", f"{len(missing)} named documents were not handed in", mend=mend))


def digests_of(entry: Mapping[str, Any]) -> set[str]:
    """The hex digests of the documents an entry names."""
    named = documents_of(entry)
    return {unb64(document).hex() for document in named} if named else set()
