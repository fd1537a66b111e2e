"""The way out where the database is behind what the log has shown: the entries come back from somebody's whole copy.

The copy is believed no more than any reader believes it: its head must verify, its entries must obey the rules, and it
must begin with everything that is recorded, served or cosigned here.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from django.conf import settings

from rollbook.kernel.encoding import sha256, unb64
from rollbook.kernel.refusals import Reason, StateBroken, VerificationFailed
from rollbook.services.log import documents, writer
from rollbook.services.log import state as rows
from rollbook.services.log.folder import LogFolder, State, log_folder
from rollbook.services.log.log_source import Fetch, open_source, read_bundles, read_checkpoint
from rollbook.services.log.trust import policy_of
from rollbook.services.log.witnesses import furthest
from rollbook.services.platform import clock
from rollbook.tlog.checkpoint import read_body, verify_checkpoint
from rollbook.tlog.entries import documents_of
from rollbook.tlog.notes import Body
from rollbook.tlog.reading import Log, read_log
from rollbook.tlog.tiles import CHECKPOINT, UNWITNESSED, Tiles, document_path


@dataclass(frozen=True, slots=True)
class Restored:
    """What was brought back. `lost` are the ids of entries whose deeds this database does not have."""

    size_before: int
    size: int
    missing_documents: int
    lost: tuple[str, ...]


def restore(source: str, *, accept_loss: bool) -> Restored:
    """Bring the log's files and record up to the whole copy at `source`, an address or a folder.

    Raises:
        VerificationFailed: the copy does not verify.
        StateBroken: code `log-copy-behind` or `log-copy-other`, where the copy cannot be this log as it was shown;
            `log-lost-deeds`, unless `accept_loss`, where entries have no deed in this database.
    """
    config = settings.ROLLBOOK
    folder, fetch = log_folder(config), open_source(source)
    with rows.writer_lock():
        before = rows.read_state() or rows.NOTHING
        log = _whole(fetch)
        _require_growth(log, [Body(config.log_origin, before.size, before.root), *_shown(folder)])
        lost = rows.without_submission([str(log.history.body(index)["id"]) for index in range(before.size, log.size)])
        if lost and not accept_loss:
            raise _lost_deeds(lost)
        found, missing = _documents(log, folder, fetch)
        after = State(log.size, log.checkpoint.body.root)
        if after != before:
            _put_in_place(folder, log, before, after, found)
        documents.keep(found.values())
        rows.refuse_other_contents(log.history.body(index) for index in range(log.size))
    writer.forget()
    writer.recover()
    return Restored(before.size, log.size, missing, lost)


def _whole(fetch: Fetch) -> Log:
    config = settings.ROLLBOOK
    now = int(clock.now().timestamp())
    checkpoint = verify_checkpoint(read_checkpoint(fetch), policy_of(config), now, fresh=False)
    log = read_log(checkpoint, read_bundles(fetch, checkpoint.body.size))
    if log.faults:
        raise VerificationFailed([Reason("log-fault", str(fault)) for fault in log.faults])
    return log


def _shown(folder: LogFolder) -> list[Body]:
    """Every head of this log that somebody may have: served ones, and the furthest that a witness cosigned."""
    served = [read_body(note) for name in (CHECKPOINT, UNWITNESSED) if (note := folder.checkpoint(name))]
    cosigned = furthest(policy_of(settings.ROLLBOOK), settings.ROLLBOOK.log_origin)
    return [*served, cosigned] if cosigned else served


def _require_growth(log: Log, shown: list[Body]) -> None:
    for body in shown:
        if body.size > log.size:
            mend = "Look for a fuller copy: at a mirror, a monitor, or in the served folder itself."
            message = f"The copy has {log.size} entries, and this log has shown {body.size}"
            raise StateBroken(Reason("log-copy-behind", message, mend=mend))
        if log.root_at(body.size) != body.root:
            mend = (
                "Two histories were signed. Keep both, tell the regulator and the witnesses; nothing was changed here."
            )
            raise StateBroken(Reason("log-copy-other", "The copy has other entries than this log has shown", mend=mend))


def _documents(log: Log, folder: LogFolder, fetch: Fetch) -> tuple[dict[str, bytes], int]:
    """The documents that the entries name and this folder does not have, by path, and how many the copy lacks too."""
    named = {unb64(one) for index in range(log.size) for one in documents_of(log.history.body(index))}
    found, missing = {}, 0
    for digest in sorted(named):
        path = document_path(digest)
        if (folder.served / path).is_file():
            continue
        try:
            data = fetch(path)
        except VerificationFailed:
            data = b""
        if sha256(data) == digest:
            found[path] = data
        else:
            missing += 1
    return found, missing


def _put_in_place(folder: LogFolder, log: Log, before: State, after: State, found: Mapping[str, bytes]) -> None:
    tiles = Tiles()
    files = {**tiles.grow(log.raws[: before.size]), **tiles.grow(log.raws[before.size :]), **found}
    new = {path: data for path, data in files.items() if not folder.has(path, data)}
    if new:
        folder.stage(after, new)
    rows.swap_state(before, after)
    folder.move(after)
    served = folder.checkpoint()
    if served is None or read_body(served).size < after.size:
        folder.publish(log.checkpoint.note)


def _lost_deeds(lost: tuple[str, ...]) -> StateBroken:
    shown = ", ".join(lost[:20]) + (f" and {len(lost) - 20} more" if len(lost) > 20 else "")
    mend = (
        "Look for a newer copy of the database first. If there is none, copy the data folder, which may hold the files "
        "of these deeds, and repeat with --accept-loss."
    )
    return StateBroken(
        Reason("log-lost-deeds", f"{len(lost)} entries have no deed in this database: {shown}", mend=mend)
    )
