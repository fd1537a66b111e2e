"""What the tests of the log share: an empty log of their own, entries of common types, reading as a client."""

import hashlib
import shutil
from typing import Any

from django.conf import settings
from django.db import connection

from rollbook.services.log import history, writer
from rollbook.services.log.documents import plain_document
from rollbook.services.log.folder import LogFolder, log_folder
from rollbook.services.log.outbox import submit
from rollbook.tlog.reading import Log

ORG = {"name": "University of Example", "sector": "academic"}


def empty_log() -> LogFolder:
    """Remove every file and forget the writer: the log of a new installation, as far as files go."""
    folder = log_folder(settings.ROLLBOOK)
    shutil.rmtree(folder.served, ignore_errors=True)
    shutil.rmtree(folder.staging, ignore_errors=True)
    writer.forget()
    history._read.cache_clear()
    return folder


def clear_rows() -> None:
    """Remove every row of the log, where a test's transaction does not do it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "TRUNCATE records_logstate, records_logsubmission, records_logdocument, records_logentry,"
            " records_disclosureset CASCADE"
        )


def submit_publication(number: int, **more: Any) -> int:
    """Hand in a published notice with a document of its own."""
    digest, data = plain_document(f"notice {number}".encode())
    fields = {"kind": "notice", "title": f"Notice {number}", "document": digest, "from": "2026-01-01", **more}
    return submit({"type": "publication", "id": f"PUB-{number}", **fields}, documents=[data])


def submit_request(number: int) -> int:
    """Hand in a new request."""
    digest, data = plain_document(f"request {number}".encode())
    entry = {
        "type": "request",
        "id": f"REQ-{number}",
        "org": ORG,
        "title": "Absence",
        "kind": "new",
        "purpose": "research",
        "basis": "education-act-1996-s537a",
        "classes": ["3C"],
        "items": ["attendance-reason"],
        "mode": "safe-setting",
        "register_text": digest,
    }
    return submit(entry, documents=[data])


def submit_decision(number: int, request: int, result: str = "approve") -> int:
    """Hand in a decision on a request that was handed in before."""
    digest, data = plain_document(f"decision {number}".encode())
    expires = {"expires": "2099-01-01"} if result == "approve" else {}
    entry = {
        "type": "decision",
        "id": f"DEC-{number}",
        "result": result,
        "by": "panel",
        "reasons_text": digest,
        **expires,
    }
    return submit(entry, refs={"of": request}, documents=[data])


def disclosure(number: int, **more: Any) -> dict[str, Any]:
    """The fields of a disclosure in a safe setting; the set's fields are the caller's."""
    fields = {"mode": "safe-setting", "recipient": ORG, "basis": "education-act-1996-s537a", "classes": ["3C"]}
    return {"type": "disclosure", "id": f"DIS-{number}", "items": ["attendance-reason"], **fields, **more}


def read_as_client() -> Log:
    """The served log, read and audited afresh."""
    history._read.cache_clear()
    log = history.published_log()
    assert log.faults == ()
    return log


def upn(number: int) -> str:
    """An identifier of the right form; its check letter is not the log's business."""
    return f"upn:A{int(hashlib.sha256(str(number).encode()).hexdigest(), 16) % 10**11:011}{number % 10}"
