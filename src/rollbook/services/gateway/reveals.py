"""Telling a sealed case: the overseer opens it, the log shows the facts that were sealed, and everybody gets an answer.

The authority cannot open a sealed case, so it hands the sealed files to the overseer and takes back what the overseer
opened. Nothing can be chosen now: facts, set and people are held against what the entry fixed, or nothing is told.
Source: the specification of the log, section 14 and V10.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from rollbook.dataplane.store.populations import decode
from rollbook.kernel import canonical
from rollbook.kernel.encoding import b64, unb64
from rollbook.kernel.refusals import InputRefused, Reason, RollbookError, UseRefused, VerificationFailed
from rollbook.records.models.identity import GatewayCase
from rollbook.records.models.log import DisclosureSet
from rollbook.services.gateway.gateway_seal import BLOB
from rollbook.services.log import reader
from rollbook.services.log.outbox import submit
from rollbook.services.outside.overseer_desk import pack
from rollbook.services.platform import clock
from rollbook.services.platform.actors import Actor, Role, require_role, require_session
from rollbook.services.platform.audit import audit
from rollbook.services.platform.people_zone import people_zone
from rollbook.services.uses import populations, sets
from rollbook.tlog.manifests import read_manifest
from rollbook.tlog.seals import manifest_commit, opens
from rollbook.tlog.trie import Trie

FACTS, SET, PEOPLE = "facts.json", "set", "people"
# Grounds on which a case may stay sealed longer, as the log codes them.
GROUNDS: Mapping[str, str] = {
    "court-order": "A court ordered it",
    "investigation-open": "The investigation is still open",
    "risk-to-a-child": "Telling would put a child at risk",
}


@dataclass(frozen=True, slots=True)
class SealedCase:
    """A case that is still sealed, for the officer who watches its day."""

    reference: str
    agreement: str
    index: int
    reveal_by: date
    overdue: bool


@dataclass(frozen=True, slots=True)
class Opened:
    """What the overseer opened of one case, held against its entry."""

    body: dict[str, Any]
    salt: str
    store: bytes
    manifest: bytes
    people: bytes


def hand_case(*, by: Actor, reference: str, to: Path) -> None:
    """Write a sealed case's files, as sealed as they lie here, to `to` (a name ending in `.case`) for the overseer.

    Raises:
        AccessDenied: code `role`. UseRefused: code `case-unknown` or `case-told`. InputRefused: code `case-name`.
    """
    require_role(by, Role.OPERATOR)
    if to.suffix != ".case":
        raise InputRefused(Reason("case-name", "The file's name must end in .case", to.name))
    with people_zone():
        case = _sealed_case(reference)
        people = (populations.folder() / case.population_file).read_bytes()
        store = sets.sealed_store(case.set_store)
        to.write_bytes(pack({FACTS: bytes(case.sealed_body or b""), SET: store, PEOPLE: people}))
        audit(by, "hand-case", reference)


def reveal(*, by: Actor, reference: str, opened: Mapping[str, bytes]) -> str:
    """Tell a case from what the overseer opened; gives the id of the entry handed in.

    Raises:
        AccessDenied: code `role`. UseRefused: code `case-unknown` or `case-told`.
        InputRefused, VerificationFailed: what was opened is not what was sealed; nothing is told.
    """
    require_role(by, Role.OPERATOR)
    with people_zone():
        case = _sealed_case(reference, lock=True)
        logged = _entry_of(case)
        found = _checked(reference, logged, opened)
        name = sets.unsealed(did=logged["did"], store=found.store, manifest=found.manifest)
        case.population_file = populations.keep(decode(found.people), logged["set"]["epoch"])
        case.set_store = name
        case.save(update_fields=["population_file", "set_store"])
        DisclosureSet.objects.filter(did=logged["did"]).update(store=name, sealed=False)
        entry_id = f"{logged['id']}-reveal"
        submit(
            {"type": "reveal", "id": entry_id, "salt": found.salt, "body": found.body}, refs={"of": _submission(case)}
        )
        _log_outcome(case, logged["id"], found.body)
        audit(by, "reveal-case", reference)
    return entry_id


def extend(*, by: Actor, reference: str, reveal_by: date, ground: str) -> None:
    """Keep a case sealed until a later day, which the log says with the ground and the role that decided.

    Raises:
        AccessDenied: code `role`, `session` or `second-factor`. InputRefused: code `ground` or `reveal-by`.
        UseRefused: code `case-unknown` or `case-told`.
    """
    require_session(by, Role.DATA_PROTECTION_OFFICER)
    if ground not in GROUNDS:
        raise InputRefused(Reason("ground", "This is no ground for staying sealed", ground[:64], "Choose one listed."))
    with people_zone():
        case = _sealed_case(reference, lock=True)
        if case.reveal_by is None or reveal_by <= max(case.reveal_by, clock.today()):
            mend = "Name a day after the one in force and after today."
            raise InputRefused(Reason("reveal-by", "A case is put off to a later day", str(reveal_by), mend))
        entry = {
            "type": "seal-extend", "id": f"{_entry_of(case)['id']}-until-{reveal_by}", "reveal_by": str(reveal_by),
            "basis": ground, "by": Role.DATA_PROTECTION_OFFICER.value,
        }  # fmt: skip
        submit(entry, refs={"of": _submission(case)})
        case.reveal_by = reveal_by
        case.save(update_fields=["reveal_by"])
        audit(by, "extend-seal", reference, until=str(reveal_by), ground=ground)


def sealed_cases(*, by: Actor) -> tuple[SealedCase, ...]:
    """Every case that is still sealed, the one due first at the top. Whom one is about nobody can see."""
    require_session(by, Role.DATA_PROTECTION_OFFICER)
    with people_zone():
        rows = GatewayCase.objects.filter(set_store__startswith=sets.SEALED, submission__index__isnull=False)
        cases = list(rows.select_related("submission", "agreement__publication").order_by("reveal_by", "id"))
    return tuple(_shown(case) for case in cases)


def sealed_case(*, by: Actor, reference: str) -> SealedCase:
    """One of them. Refuses as `extend` does."""
    require_session(by, Role.DATA_PROTECTION_OFFICER)
    with people_zone():
        case = _sealed_case(reference)
        _entry_of(case)
        return _shown(case)


def _shown(case: GatewayCase) -> SealedCase:
    index, day = case.submission.index if case.submission else None, case.reveal_by
    if index is None or day is None:
        raise ValueError("a sealed case has its entry and its day")
    return SealedCase(case.reference, case.agreement.publication.reference, index, day, day < clock.today())


def _checked(reference: str, logged: Mapping[str, Any], opened: Mapping[str, bytes]) -> Opened:
    """Every part against the entry: facts and salt against the commitment, labels against the root, manifest and
    people against the manifest's hash.
    """
    try:
        facts = canonical.loads(opened[FACTS])
        found = Opened(facts["body"], facts["salt"], opened[SET], unb64(facts["manifest"]), opened[PEOPLE])
        right = facts["kind"] == BLOB and facts["case"] == reference and opens(logged["commit"], found.salt, found.body)
    except (KeyError, RollbookError):
        mend = "Give the folder into which the overseer opened the package of this very case."
        raise InputRefused(Reason("case-files", "These are not the opened files of a case", mend=mend)) from None
    manifest = read_manifest(found.manifest)
    committed = manifest_commit(found.manifest) == logged["manifest"] and manifest["did"] == logged["did"]
    same_set = b64(Trie.from_store(found.store).root()) == logged["set"]["root"]
    same_people = b64(populations.digest(decode(found.people))) == manifest.get("population")
    if not (right and committed and same_set and same_people):
        mend = "Nothing was told. Find out who changed the files; the entry in the log stands."
        raise VerificationFailed(Reason("case-other", "What was opened is not what was sealed", reference, mend))
    return found


def _log_outcome(case: GatewayCase, entry_id: str, body: Mapping[str, Any]) -> None:
    """What came of it, which could not be said before. A case that was confirmed and then refused told nothing."""
    told = case.disclosed_at is not None
    counts = {**body["counts"], "returned": int(told)}
    result = "disclosed" if told else "nothing-told"
    entry = {"type": "outcome", "id": f"{entry_id}-outcome", "result": result, "counts": counts}
    submit(entry, refs={"of": _submission(case)})


def _sealed_case(reference: str, *, lock: bool = False) -> GatewayCase:
    rows = GatewayCase.objects.select_for_update() if lock else GatewayCase.objects
    # Until whoever asked has been told, nobody knows yet what came of it.
    case = rows.filter(reference=reference, told_at__isnull=False).exclude(submission=None).first()
    if case is None:
        mend = "See the list of cases."
        raise UseRefused(Reason("case-unknown", "No case of this name stands in the log", reference[:64], mend))
    if not case.set_store.startswith(sets.SEALED):
        raise UseRefused(Reason("case-told", "This case has been told already", reference))
    return case


def _submission(case: GatewayCase) -> int:
    if case.submission_id is None:
        raise ValueError("a sealed case has its entry")
    return case.submission_id


def _entry_of(case: GatewayCase) -> Mapping[str, Any]:
    """The sealed entry as it stands in the published log.

    Raises:
        UseRefused: code `case-unpublished`.
    """
    index = reader.index_of(_submission(case))
    entry = reader.entry(index) if index is not None else None
    if entry is None:
        raise UseRefused(Reason("case-unpublished", "The case's entry is not public yet", mend="Wait for the log."))
    return entry.fields
