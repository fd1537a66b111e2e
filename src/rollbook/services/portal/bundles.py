"""Proof files: asked for in the portal, made by the job process, given once, then wiped.

A file is as secret as the record. It is kept for a day at most, in the identity schema, and never leaves by mail.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.conf import settings

from rollbook.kernel.refusals import Reason, RollbookError, UseRefused
from rollbook.records.models.identity import Access, Bundle, Identifier
from rollbook.rights.bases import Deed
from rollbook.services.accounts.access import allowed, asker
from rollbook.services.accounts.access_rows import passing, ready
from rollbook.services.platform import clock, jobs
from rollbook.services.platform.actors import Actor, system
from rollbook.services.platform.audit import audit
from rollbook.services.platform.keys import open_keys
from rollbook.services.platform.one_person import keys_of
from rollbook.services.platform.people_zone import people_zone
from rollbook.services.uses import sets

KEPT = timedelta(days=1)
HISTORY = "history"  # stands where a month does, for the file with every month in it


@dataclass(frozen=True, slots=True)
class ProofFile:
    """One file: the month or `history`, the identifier it is about (`place` counts them from 1), and how far it is."""

    epoch: str
    place: int
    identifier: str
    state: str
    expires_at: datetime | None

    @property
    def month(self) -> str:
        """The month as people write it."""
        if self.epoch == HISTORY:
            return "the whole history"
        return f"{date.fromisoformat(f'{self.epoch}-01'):%B %Y}"


@dataclass(frozen=True, slots=True)
class ProofPage:
    """Every file that can be had now, newest month first. `waiting`: one is being made."""

    files: tuple[ProofFile, ...]

    @property
    def waiting(self) -> bool:
        """Whether the job process still works on one."""
        return any(one.state == Bundle.ASKED for one in self.files)

    @property
    def asked(self) -> bool:
        """Whether any was asked for."""
        return any(one.state != "none" for one in self.files)


def proof_page(by: Actor, handle: str) -> ProofPage:
    """The files for the record behind `handle`: one for each identifier and each month that has a use in the log."""
    person_key = allowed(by, handle)
    epochs = _kinds()
    forget_expired()
    with people_zone():
        made = {
            (row.identifier_id, row.epoch): row
            for row in Bundle.objects.filter(account_id=asker(by), person_id=person_key).order_by("pk")
        }
        identifiers = _identifiers(person_key)
    return ProofPage(
        tuple(
            _file(epoch, place, one, made.get((one.pk, epoch)))
            for epoch in sorted(epochs, reverse=True)
            for place, one in enumerate(identifiers, start=1)
        )
    )


def ask_bundles(*, by: Actor, handle: str) -> int:
    """Ask for every file that can be had now, anew; gives how many. What was made before is wiped."""
    person_key = allowed(by, handle)
    epochs, now = _kinds(), clock.now()
    with people_zone():
        Bundle.objects.filter(account_id=asker(by), person_id=person_key).delete()
        made = [
            Bundle.objects.create(
                account_id=asker(by), person_id=person_key, identifier=one, epoch=epoch, asked_at=now,
                expires_at=now + KEPT,
            )
            for one in _identifiers(person_key)
            for epoch in epochs
        ]  # fmt: skip
        for row in made:
            jobs.defer("make_bundle", bundle_id=row.pk)
        audit(by, "ask-bundle", f"account:{by.account_id}", files=len(made))
    return len(made)


def take_bundle(*, by: Actor, handle: str, epoch: str, place: int) -> bytes:
    """The file, once: from now on it is gone.

    Raises:
        UseRefused: it is not ready, was taken, or has expired.
    """
    person_key = allowed(by, handle)
    forget_expired()
    with people_zone():
        identifiers = _identifiers(person_key)
        if not 1 <= place <= len(identifiers):
            raise _not_there()
        rows = Bundle.objects.select_for_update().filter(
            account_id=asker(by), person_id=person_key, epoch=epoch, identifier=identifiers[place - 1],
            state=Bundle.READY,
        )  # fmt: skip
        row = rows.first()
        if row is None or row.content is None:
            raise _not_there()
        content = open_keys(settings.ROLLBOOK).unseal(_key_of(row), bytes(row.content), _name(row.pk))
        row.content, row.state = None, Bundle.TAKEN
        row.save(update_fields=["content", "state"])
        audit(by, "take-bundle", f"bundle:{row.pk}")
    return content


def fill(bundle_id: int) -> None:
    """Make one file that was asked for; the work of the job `make_bundle`. Access is looked at again first."""
    forget_expired()
    with people_zone():
        rows = Bundle.objects.select_related("identifier").filter(pk=bundle_id, state=Bundle.ASKED)
        row = rows.first()
        if row is None or not _still_allowed(row):
            Bundle.objects.filter(pk=bundle_id).delete()
            return
        pupil_id = f"{row.identifier.scheme}:{row.identifier.value}"
    try:
        whole = row.epoch == HISTORY
        plain = sets.write_history(pupil_id) if whole else sets.write_bundle(row.epoch, pupil_id)
        # Encrypted, so that no page of the database and no backup of it ever held a proof.
        content, state = open_keys(settings.ROLLBOOK).seal(_key_of(row), plain, _name(bundle_id)), Bundle.READY
    except RollbookError:
        _settle(bundle_id, None, Bundle.FAILED)
        raise
    _settle(bundle_id, content, state)


def forget_expired() -> None:
    """Wipe what is older than a day, in a transaction of its own: a refusal afterwards must not bring it back."""
    with people_zone():
        Bundle.objects.filter(expires_at__lte=clock.now()).delete()


def make_bundle(person_key: int, epoch: str) -> bytes:
    """The file of a person's current identifier for one month; only the job process can make one."""
    with people_zone():
        identifier = _identifiers(person_key)[0]
    return sets.write_bundle(epoch, f"{identifier.scheme}:{identifier.value}")


def _kinds() -> list[str]:
    """What files there can be: one for each month, and one with all of them where there is more than one."""
    epochs = sets.epochs_with_sets()
    return [*epochs, HISTORY] if len(epochs) > 1 else epochs


def _key_of(row: Bundle) -> str:
    """The month whose key a kept file is encrypted under."""
    return f"{row.asked_at:%Y-%m}" if row.epoch == HISTORY else row.epoch


def _settle(bundle_id: int, content: bytes | None, state: str) -> None:
    with people_zone():
        # A stop may have deleted the row meanwhile; then nothing is kept.
        changed = Bundle.objects.filter(pk=bundle_id, state=Bundle.ASKED).update(content=content, state=state)
        audit(system(), "make-bundle", f"bundle:{bundle_id}", state=state, kept=bool(changed))


def _still_allowed(row: Bundle) -> bool:
    accesses = Access.objects.filter(account_id=row.account_id, person_id=row.person_id, state=Access.CONFIRMED)
    return bool(passing(ready(accesses), Deed.SEE))


def _identifiers(person_key: int) -> Sequence[Identifier]:
    """Current first, then former ones; each stands in disclosures of its own time."""
    rows = Identifier.objects.filter(person_id__in=keys_of(person_key))
    return sorted(rows, key=lambda one: (one.standing != "current", one.scheme != "upn", one.pk))


def _file(epoch: str, place: int, identifier: Identifier, row: Bundle | None) -> ProofFile:
    state = row.state if row else "none"
    value = f"{identifier.scheme}:{identifier.value}"
    return ProofFile(epoch, place, value, state, row.expires_at if row and state == Bundle.READY else None)


def _name(bundle_id: int) -> str:
    """What the encrypted file is bound to, so that one cannot be put in another's place."""
    return f"bundle-{bundle_id}"


def _not_there() -> UseRefused:
    return UseRefused(Reason("no-bundle", "This file is not there to take", mend="Ask for it again."))
