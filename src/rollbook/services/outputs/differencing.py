"""The differencing audit: no table leaves that shows too few people beside any table that ever left.

Who is in which cell of a table is kept, encrypted under the key of the run's month, from the moment the table is made.
A new table is held against every table released or about to be, of every project, when it is made, where the keys are.
When the checkers have agreed, nothing may have been released that it was not held against: under a lock that only one
agreement can hold. Which differences are covered stands in `sdc.differencing`.

A membership that cannot be read any more (its month's key was destroyed) stops every later table that was not held
against it before: fail closed, and a person decides.
"""

import secrets
from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import product
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.db.models import QuerySet

from rollbook.dataplane.runs import membership_files
from rollbook.kernel.refusals import Reason
from rollbook.records.models.studies import Output, Release
from rollbook.sdc.differencing import Auditor, Isolated
from rollbook.sdc.membership import Kept, Membership
from rollbook.services.platform.keys import open_keys
from rollbook.services.uses.populations import write_durably

CODE = "differencing"
_LOCK = 0x52656C65617365  # 'Release': apart from any other advisory lock in the same database
# Who was in a table that cannot leave any more is of no use to any audit.
_NEVER_LEAVES = (Output.STOPPED, Output.REJECTED, Output.WITHDRAWN)
_WORKERS = 2
_WORDS = {
    "near": "one of its figures beside one of this one's",
    "rest": "a figure less those that lie in it",
    "union": "some of its figures together beside some of this one's",
}
Audited = tuple[Reason | None, tuple[int, ...]]


def lock_releases() -> None:
    """Hold, until the transaction ends, what only one agreement at a time may hold."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])


def held_against_all(tables: Sequence[Membership], threshold: int, already: Collection[int] = ()) -> Audited:
    """Hold all that an output tells against every released one but `already`; gives the first objection and the ids
    held against. A table tells of one membership, a model of one for each of its terms too.
    """
    auditors = [Auditor(table, threshold) for table in tables]
    outputs = [row.output for row in _left().exclude(output__in=already).select_related("output__run").order_by("id")]
    done = list(already)
    with ThreadPoolExecutor(_WORKERS) as pool:
        # No query runs in these threads, so none of them opens a connection.
        answers = pool.map(lambda output: beside(auditors, memberships_of(output)), outputs)
        for output, found in zip(outputs, answers, strict=True):
            if found is not None:
                pool.shutdown(wait=False, cancel_futures=True)
                return _reason(output, found), tuple(done)
            done.append(output.id)
    return None, tuple(done)


def beside(new: Sequence[Auditor], released: Sequence[Kept]) -> Isolated | None:
    """The first difference found between anything of a new output and anything of a released one."""
    return next((found for one, other in product(new, released) for found in one.against(other)), None)


def _left() -> QuerySet[Release]:
    """The tables that left or are about to: not an agreed one that was kept back in the end. Of a file by exception
    nobody knows who is behind its figures: it is held against nothing, and nothing against it.
    """
    return Release.objects.filter(output__kind=Output.TABLE).exclude(output__state__in=_NEVER_LEAVES)


def not_audited(output: Output) -> Reason | None:
    """Why an agreed table may not leave yet: something was released since it was held against the rest."""
    missed = _left().exclude(output__in=output.audited).exclude(output=output).select_related("output").first()
    if missed is None:
        return None
    mend = "Run the study again: its table will be held against this one too."
    return Reason("differencing-not-audited", "Another table left since this one was audited",
                  missed.output.reference, mend)  # fmt: skip


def _reason(output: Output, found: Isolated) -> Reason:
    message = "Taken from a table that left, this one would show too few people"
    mend = "Use the released table, or ask for groups that differ from it by nobody or by many people."
    return Reason(CODE, message, f"{output.reference}: {_WORDS[found.kind]}", mend)


def _folder() -> Path:
    path: Path = settings.ROLLBOOK.data / "memberships"
    return path


def keep(table: Membership, epoch: str) -> str:
    """Write who is in which cell, durable before a row names it; gives the file's name."""
    name, keys = secrets.token_hex(16), open_keys(settings.ROLLBOOK)
    write_durably(_folder(), name, membership_files.sealed(table, name, partial(keys.seal, epoch)))
    return name


def forget_unnamed() -> int:
    """Remove the files of tables that will never leave, and those no output names, left by a process that died; gives
    how many.
    """
    rows = Output.objects.exclude(state__in=_NEVER_LEAVES).values_list("membership_file", "term_files")
    named = {name for first, others in rows for name in (first, *others)}
    stray = [path for path in _folder().iterdir() if path.name not in named] if _folder().is_dir() else []
    for path in stray:
        path.unlink(missing_ok=True)
    return len(stray)


def memberships_of(output: Output) -> tuple[Kept, ...]:
    """Who was in a released table, as far as an audit asks for it; of a model also what its terms tell."""
    unseal = partial(open_keys(settings.ROLLBOOK).unseal, output.run.epoch)
    names = (output.membership_file, *output.term_files)
    return tuple(membership_files.opened(_folder() / name, unseal) for name in names)
