"""What ran, for everybody: the files of a study version, the commit they stand in, and what the log says of them.

A version is published as rules in the log, by the digest of each of its files, in the transaction that hands in the
entry of its first use: so the code a table came from cannot be another one afterwards.
"""

import hashlib
from dataclasses import dataclass

from rollbook.records.models.governance import Publication
from rollbook.records.models.log import LogSubmission
from rollbook.records.models.studies import Study
from rollbook.services.platform import clock
from rollbook.services.platform.actors import system
from rollbook.services.projects.governance import publish

LONGEST_TITLE = 200


@dataclass(frozen=True, slots=True)
class CodeFile:
    """One file of a study: its path, digest and text."""

    path: str
    sha256: str
    text: str


@dataclass(frozen=True, slots=True)
class StudyCode:
    """One version of a study as the public reads it; `commit` is empty where none was shown, `index` is in the log."""

    digest: str
    commit: str
    title: str
    project: str
    request: str
    items: tuple[str, ...]
    files: tuple[CodeFile, ...]
    paper: str
    index: int | None


def publish_code(study: Study) -> None:
    """Enter a version in the log, once; called inside the transaction of its first use."""
    if study.publication_id is not None:
        return
    title = f"What runs under {study.project.reference}: {study.title}"[:LONGEST_TITLE]
    reference = publish(by=system(), kind="rules", title=title, document=_document(study), from_=clock.today())
    study.publication = Publication.objects.get(reference=reference)
    study.save(update_fields=["publication"])


def study_code(digest: str) -> StudyCode | None:
    """The version of that digest, once its entry is in the log; None where there is none."""
    rows = Study.objects.filter(digest=digest, publication__submission__state=LogSubmission.APPENDED)
    study = rows.select_related("project__request", "publication__submission").order_by("id").first()
    if study is None or study.publication is None:
        return None
    return StudyCode(
        digest=study.digest,
        commit=study.commit,
        title=study.title,
        project=study.project.reference,
        request=study.project.request.reference,
        items=tuple(study.items),
        files=_files(study),
        paper=study.publication.reference,
        index=study.publication.submission.index,
    )


def _files(study: Study) -> tuple[CodeFile, ...]:
    return tuple(
        CodeFile(path, hashlib.sha256(text.encode()).hexdigest(), text) for path, text in sorted(study.files.items())
    )


def _document(study: Study) -> str:
    shown = f"{study.commit}, shown by git's own objects when it was sent in" if study.commit else "none was shown"
    lines = [study.title, "", f"Version: {study.digest}", f"Commit: {shown}", "", "SHA-256 and path of each file:"]
    return "\n".join([*lines, *(f"{one.sha256}  {one.path}" for one in _files(study))]) + "\n"
