"""Choices about a record: objecting to research, and taking that back. What is not a choice is said too, with its law.

No entry of the log is about a choice: an entry about one person would be personal data in public.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from rollbook.kernel.refusals import Reason, UseRefused
from rollbook.records.models.identity import Choice
from rollbook.rights import objections
from rollbook.rights.bases import Deed
from rollbook.rights.objections import RULES, ChoiceKind, Effect
from rollbook.services.accounts.access import allowed, asker, may
from rollbook.services.catalogue.mapped_items import every_item
from rollbook.services.platform import clock
from rollbook.services.platform.actors import Actor, Role
from rollbook.services.platform.audit import audit
from rollbook.services.platform.one_person import keys_of
from rollbook.services.platform.people_zone import people_zone


@dataclass(frozen=True, slots=True)
class RefusableItem:
    """A fact that a family may refuse to give."""

    code: str
    name: str


@dataclass(frozen=True, slots=True)
class ChoicePage:
    """What the asker can choose for one record, and how it stands. `may_take_back` is False for another's objection."""

    objected_at: datetime | None
    by_asker: bool
    may_choose: bool
    may_take_back: bool
    law: str
    effects: tuple[Effect, ...]
    refusable: tuple[RefusableItem, ...]
    refusable_words: str = objections.REFUSABLE_WORDS
    refusable_law: str = objections.REFUSABLE_LAW
    not_refusable_words: str = objections.NOT_REFUSABLE_WORDS
    not_refusable_law: str = objections.NOT_REFUSABLE_LAW


def choice_page(by: Actor, handle: str) -> ChoicePage:
    """The choices for the record behind `handle`."""
    person_key = allowed(by, handle)
    rule = RULES[ChoiceKind.OBJECT_RESEARCH]
    with people_zone():
        standing = _standing(person_key)
    may_choose = may(by, handle, Deed.CHOOSE)
    return ChoicePage(
        objected_at=standing.made_at if standing else None,
        by_asker=standing is not None and standing.made_by_id == by.account_id,
        may_choose=may_choose,
        may_take_back=may_choose and standing is not None and _may_take_back(by, standing),
        law=rule.law,
        effects=tuple(rule.effects),
        refusable=tuple(_refusable()),
    )


def object_to_research(*, by: Actor, handle: str) -> None:
    """Leave the record out of every research use from now on. Objecting twice changes nothing."""
    person_key = allowed(by, handle, Deed.CHOOSE)
    with people_zone():
        if _standing(person_key) is not None:
            return
        made = Choice.objects.create(
            person_id=person_key, kind=ChoiceKind.OBJECT_RESEARCH.value, made_by_id=asker(by), made_at=clock.now()
        )
        audit(by, "object", f"choice:{made.pk}", kind=made.kind)


def take_back_objection(*, by: Actor, handle: str) -> None:
    """Allow research again. The objection stays on record with the time it ended.

    Two people with responsibility may disagree, and neither wins by being quicker: an objection stands until whoever
    made it, or the pupil, takes it back. One that was carried over when a record was divided was made by nobody of this
    child's: whoever may choose for the child decides.

    Raises:
        UseRefused: there is none, or somebody else made it.
    """
    person_key = allowed(by, handle, Deed.CHOOSE)
    with people_zone():
        standing = _standing(person_key)
        if standing is None:
            raise UseRefused(Reason("no-objection", "There is no objection to take back"))
        if not _may_take_back(by, standing):
            mend = "Talk to each other, or ask the data protection officer to decide. Until then it stands."
            raise UseRefused(Reason("anothers-objection", "Someone else with responsibility objected", mend=mend))
        standing.withdrawn_at = clock.now()
        standing.save(update_fields=["withdrawn_at"])
        audit(by, "take-back-objection", f"choice:{standing.pk}", kind=standing.kind)


def objected_between(person_key: int) -> tuple[tuple[datetime, datetime | None], ...]:
    """The spans in which an objection to research stood; for the history of uses."""
    with people_zone():
        rows = Choice.objects.filter(person_id__in=keys_of(person_key), kind=ChoiceKind.OBJECT_RESEARCH.value)
        return tuple(rows.order_by("made_at").values_list("made_at", "withdrawn_at"))


def _standing(person_key: int) -> Choice | None:
    keys = keys_of(person_key)
    rows = Choice.objects.filter(person_id__in=keys, kind=ChoiceKind.OBJECT_RESEARCH.value, withdrawn_at=None)
    return rows.order_by("made_at").first()


def _may_take_back(by: Actor, standing: Choice) -> bool:
    # Carried over from a record that was divided: its maker does not act for this child, so whoever does decides.
    return standing.carried or standing.made_by_id == by.account_id or by.role == Role.PUPIL


def _refusable() -> Iterator[RefusableItem]:
    for item in every_item().values():
        if item.refusable and item.status == "current":
            yield RefusableItem(item.id, item.name)
