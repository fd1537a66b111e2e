"""Following a log from outside: does it only grow, is it whole, does it keep its rules and duties, do the published
volumes add up.

One run reads everything there is. It needs the address of the log, a policy that did not come from it, and a file of
its own that keeps the last head it saw. V4 of the specification, with every tile compared. Needs no Django.
"""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from rollbook.kernel.encoding import b64, sha256, unb64
from rollbook.kernel.refusals import InputRefused, Reason, VerificationFailed
from rollbook.services.log.counting import Volume, count, differences
from rollbook.services.log.log_source import Fetch, open_source, read_bundles, read_checkpoint
from rollbook.services.log.monitor_report import Breach, Report
from rollbook.services.log.published_entry import of
from rollbook.services.platform.sizes import Interval
from rollbook.tlog.checkpoint import Checkpoint, read_body, verify_checkpoint
from rollbook.tlog.duties import overdue, seals
from rollbook.tlog.entries import documents_of
from rollbook.tlog.notes import open_note, verify_line
from rollbook.tlog.reading import Log, format_at, read_log, require_growth
from rollbook.tlog.tiles import Tiles, document_path
from rollbook.tlog.totals import recount
from rollbook.tlog.trust import Policy, parse_policy

VOLUMES = "register/volumes.json"
# A log that grows while it is read is read again, so that volumes are compared at one size.
TRIES = 3
_PUBLIC_PAPERS = frozenset({"policy", "publication"})


def read_policy(path: Path) -> Policy:
    """The policy in a file.

    Raises:
        InputRefused: code `file` or `policy`.
    """
    try:
        return parse_policy(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        raise InputRefused(Reason("file", "This file cannot be read", where=path.name)) from None


def watch(
    *,
    log: str,
    policy: Policy,
    now: int,
    state: Path | None = None,
    volumes: str | None = None,
    site: str = "",
    views: Sequence[str] = (),
) -> Report:
    """Read the log at `log` (an address or a folder) whole and report every breach. `now` is POSIX seconds.

    `state` keeps the last head seen here; a head that conflicts with it is kept beside it as evidence. `volumes` is
    the text of the published volumes, or None to fetch them from `site`, where one is named. `views` are other heads of
    the same log, as a witness or a mirror holds them: addresses or files (V5).

    Raises:
        InputRefused: `log` is no place of a log, or `volumes` no list of volumes.
    """
    fetch, tries = open_source(log), TRIES
    while True:
        report, tries = Report(log, format_at(now)), tries - 1
        read = _read(report, fetch, policy, now, state)
        if read is None:
            return report
        if _volumes(report, read, volumes, site) or not tries or not _has_grown(fetch, read):
            break
    _head(report, read.checkpoint, policy)
    _tiles(report, fetch, read)
    _documents(report, fetch, read)
    _rules(report, read)
    _totals(report, read)
    _views(report, read, policy, now, views)
    _duties(report, read, now)
    return report


def _read(report: Report, fetch: Fetch, policy: Policy, now: int, state: Path | None) -> Log | None:
    """The whole log, held against the last head seen; None where there is nothing to go on with."""
    try:
        note = read_checkpoint(fetch)
        checkpoint = _verified(report, note, policy, now)
    except VerificationFailed as refused:
        report.add(Breach.SIGNATURE, refused.reasons)
        return None
    body = checkpoint.body
    report.origin, report.size, report.root = body.origin, body.size, b64(body.root)
    try:
        log = read_log(checkpoint, read_bundles(fetch, body.size))
    except VerificationFailed as refused:
        family = Breach.FILES if refused.reasons[0].code == "log-unreadable" else Breach.CONTENT
        report.add(family, refused.reasons)
        return None
    report.checked["entries"] = log.size
    if state is not None:
        _growth(report, log, state)
    return log


def _verified(report: Report, note: bytes, policy: Policy, now: int) -> Checkpoint:
    try:
        return verify_checkpoint(note, policy, now, fresh=True)
    except VerificationFailed as refused:
        if refused.reasons[0].code != "stale":
            raise
        # An old head is a breach; what it signs can still be read.
        report.add(Breach.SIGNATURE, refused.reasons)
        return verify_checkpoint(note, policy, now, fresh=False)


def _growth(report: Report, log: Log, state: Path) -> None:
    if state.exists():
        earlier = read_body(state.read_bytes())
        report.grown_from = earlier.size
        try:
            require_growth(log, earlier)
        except VerificationFailed as rewritten:
            report.add(Breach.GROWTH, rewritten.reasons)
            state.with_name(state.name + ".conflict").write_bytes(log.checkpoint.note)
            return
    state.parent.mkdir(parents=True, exist_ok=True)
    draft = state.with_name(f".{state.name}")
    draft.write_bytes(log.checkpoint.note)
    draft.replace(state)


def _head(report: Report, checkpoint: Checkpoint, policy: Policy) -> None:
    report.signed_at, report.warning = format_at(checkpoint.time), checkpoint.warning
    text, lines = open_note(checkpoint.note)
    for name, key in policy.witnesses.items():
        for line in lines:
            if (line.name, line.key_id) == (key.name, key.id):
                time = verify_line(key, line, text, checkpoint.body)
                report.witnesses[name] = format_at(time) if time else ""


def _tiles(report: Report, fetch: Fetch, log: Log) -> None:
    """Every hash tile must be the one that the entries make; bundles were read already."""
    files = {path: data for path, data in Tiles().grow(log.raws).items() if not path.startswith("tile/entries/")}
    for path, data in files.items():
        try:
            if fetch(path) != data:
                report.add(Breach.FILES, [_differs(path)])
        except VerificationFailed as missing:
            report.add(Breach.FILES, missing.reasons)
    report.checked["tiles"] = len(files)


def _documents(report: Report, fetch: Fetch, log: Log) -> None:
    """A document that is served must be the one named. Texts may have been removed; public papers may not."""
    report.checked |= {"documents": 0, "texts_removed": 0}
    for entry in log.history.entries:
        if entry.body is not None and entry.type and entry.index not in log.history.faulty:
            for named in documents_of(entry.body):
                _document(report, fetch, named, entry.type)


def _document(report: Report, fetch: Fetch, named: str, type_: str) -> None:
    digest = unb64(named)
    path = document_path(digest)
    try:
        served = fetch(path)
    except VerificationFailed as missing:
        if type_ in _PUBLIC_PAPERS:
            report.add(Breach.FILES, missing.reasons)
        report.checked["texts_removed"] += type_ not in _PUBLIC_PAPERS
        return
    report.checked["documents"] += 1
    if sha256(served) != digest:
        report.add(Breach.FILES, [_differs(path)])


def _differs(path: str) -> Reason:
    mend = "Keep the file and the signed head; the log must serve what its entries give."
    return Reason("file-differs", "A served file is not the one that the entries make", path, mend)


def _rules(report: Report, log: Log) -> None:
    mend = "A log that breaks its own rules may not be relied on. Tell its keeper and the regulator."
    report.add(Breach.RULES, (Reason(fault.rule, fault.message, f"entry {fault.index}", mend) for fault in log.faults))
    message = "This version cannot read this entry, so nothing it could change is complete"
    for index in log.history.unverifiable():
        report.add(Breach.UNKNOWN, [Reason("entry-unknown", message, f"entry {index}", "Get a newer monitor.")])


def _views(report: Report, log: Log, policy: Policy, now: int, views: Sequence[str]) -> None:
    """Every other head must be one this log had; a larger one says that entries are being kept back here."""
    for view in views:
        try:
            # What counts is that the log signed it. Whether enough witnesses did is asked of the served head.
            other = verify_checkpoint(_view(view), replace(policy, quorum=None), now, fresh=False).body
            if other.size > log.size:
                message, mend = "Elsewhere the log has more entries", "Read it again; if it stays so, keep both heads."
                report.add(Breach.GROWTH, [Reason("behind", message, view, mend)])
            else:
                require_growth(log, other)
        except VerificationFailed as refused:
            family = Breach.GROWTH if refused.reasons[0].code == "rewritten" else Breach.SIGNATURE
            report.add(family, (Reason(one.code, one.message, view, one.mend) for one in refused.reasons))
    report.checked["views"] = len(views)


def _view(place: str) -> bytes:
    """The head at an address or in a file."""
    if place.startswith(("http://", "https://")):
        top, _, name = place.rpartition("/")
        return open_source(top)(name)
    try:
        return Path(place).read_bytes()
    except OSError:
        raise VerificationFailed(Reason("log-unreadable", "A head cannot be read", place)) from None


def _totals(report: Report, log: Log) -> None:
    """The exact numbers in `totals` entries against the entries they count, as far as entries tell."""
    mend = "Ask the authority to correct the entry; the first figure stays visible."
    known = [entry for entry in log.history.entries if entry.type == "totals" and entry.index not in log.history.faulty]
    for entry in known:
        for wrong in recount(log.history, entry.index):
            message = f"Published totals are not those of the entries: {wrong}"
            report.add(Breach.VOLUMES, [Reason("totals-differ", message, f"entry {entry.index}", mend)])
    report.checked["totals"] = len(known)


def _duties(report: Report, log: Log, now: int) -> None:
    today = datetime.fromtimestamp(now, UTC).date().isoformat()
    counts = seals(log.history, today)
    report.checked |= {"sealed": counts.in_force, "sealed_overdue": counts.overdue, "sealed_extended": counts.extended}
    late = [entry for entry in log.history.entries if entry.type == "disclosure" and "late" in (entry.body or {})]
    report.checked["late_entries"] = len(late)
    mend = "Ask the authority to do what is due; the day stands in the log."
    for one in overdue(log.history, today):
        message = f"{one.message} (due {one.due})"
        report.add(Breach.OVERDUE, [Reason(one.code, message, f"entry {one.index}", mend)])


def _volumes(report: Report, log: Log, text: str | None, site: str) -> bool:
    """Count the entries and hold the published volumes against that; whether they agree, or there are none."""
    if text is None and not site:
        return True
    try:
        claimed = _claimed(text if text is not None else open_source(site)(VOLUMES).decode("utf-8", "replace"))
    except VerificationFailed as unreadable:
        report.add(Breach.VOLUMES, unreadable.reasons)
        return True
    except (ValueError, TypeError, KeyError, AttributeError, ArithmeticError, RecursionError):
        report.add(Breach.VOLUMES, [Reason("volumes-form", "The published volumes cannot be read", VOLUMES)])
        return True
    known = [
        of(entry.index, entry.body) for entry in log.history.entries
        if entry.body is not None and entry.type and entry.index not in log.history.faulty
    ]  # fmt: skip
    wrong = differences(claimed, count(known))
    mend = "Ask the authority for the entries behind the figure; keep both."
    message = "A published figure is not the one counted from the log"
    report.add(Breach.VOLUMES, (Reason("figures-differ", message, key, mend) for key in wrong))
    report.checked["volumes"] = len(claimed)
    return not wrong


def _claimed(text: str) -> Sequence[Volume]:
    return [
        Volume(
            str(row["month"]), str(row["kind"]), str(row["name"]), str(row["power"]), int(row["count"]),
            Interval(int(row["people"]["low"]), int(row["people"]["high"])) if row["people"] else None,
        )
        for row in json.loads(text)
    ]  # fmt: skip


def _has_grown(fetch: Fetch, log: Log) -> bool:
    try:
        return read_body(read_checkpoint(fetch)).size > log.size
    except VerificationFailed:
        return False
