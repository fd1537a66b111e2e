"""Telling people: who was given which version of which notice, when and how. Proof for the duty to inform.

Left to others: counts of told and not told (`rollbook.services.collections.collections`), sending letters in waves.
"""

from dataclasses import dataclass
from datetime import date

from pyroaring import BitMap

from rollbook.kernel.refusals import InputRefused, Reason
from rollbook.records.models.collections import Collection, Return
from rollbook.records.models.identity import NoticeGiven, Sighting
from rollbook.services.people.loads_about import loads_about
from rollbook.services.platform import clock
from rollbook.services.platform.actors import Actor, Role, require_role
from rollbook.services.platform.audit import audit
from rollbook.services.platform.one_person import keys_of
from rollbook.services.platform.people_zone import people_zone
from rollbook.services.returns.returns import people_of

HOW = {
    "school-letter": "on paper, from the school",
    "school-meeting": "read out at school",
    "school-app": "in the school's app",
    "post": "by post",
}


@dataclass(frozen=True, slots=True)
class Told:
    """One notice of one collection, and whether this person was given it. `given_on` is None where nobody told them."""

    collection: str
    title: str
    reference: str
    body: str
    given_on: date | None
    how: str


def tell(*, by: Actor, collection: str, how: str, day: date) -> int:
    """Record that everybody on the current files of a collection was given its notice; gives how many are new.

    Raises:
        InputRefused: the collection or the way is unknown, or the day has not come.
    """
    require_role(by, Role.OPERATOR, Role.CUSTODIAN)
    found = Collection.objects.filter(code=collection).first()
    wrong = (
        (found is None, "collection", "There is no such collection"),
        (how not in HOW, "how", f"The way is one of: {', '.join(HOW)}"),
        (day > clock.today(), "day", "This day has not come"),
    )
    reasons = [Reason("tell", message, where=where) for broken, where, message in wrong if broken]
    if reasons or found is None:
        raise InputRefused(reasons)
    with people_zone():
        rows = Sighting.objects.filter(source__collection=found, source__state=Return.ACCEPTED)
        people = BitMap(rows.values_list("person_id", flat=True).distinct().iterator()) | people_of(collection)
        made = NoticeGiven.objects.filter(publication_id=found.notice_id, how=how).count()
        NoticeGiven.objects.bulk_create(
            [NoticeGiven(person_id=one, publication_id=found.notice_id, given_on=day, how=how) for one in people],
            ignore_conflicts=True,
            batch_size=2000,
        )
        new = NoticeGiven.objects.filter(publication_id=found.notice_id, how=how).count() - made
        audit(by, "tell-notice", collection, how=how, people=new)
    return new


def told(person_key: int) -> tuple[Told, ...]:
    """The notice of every collection the person is in, newest collection first, given or not. For the portal."""
    with people_zone():
        keys = keys_of(person_key)
        seen = Sighting.objects.filter(person_id__in=keys)
        codes = {
            *seen.values_list("source__collection_id", flat=True),
            *(one.mapping.code for one in loads_about(keys)),
        }
        collections = Collection.objects.filter(code__in=codes).select_related("notice").order_by("-reference_date")
        given = {
            row.publication_id: row for row in NoticeGiven.objects.filter(person_id__in=keys).order_by("-given_on")
        }
        return tuple(_told(one, given.get(one.notice_id)) for one in collections)


def _told(collection: Collection, given: NoticeGiven | None) -> Told:
    notice = collection.notice
    how = HOW[given.how] if given else ""
    return Told(collection.name, notice.title, notice.reference, notice.body, given.given_on if given else None, how)
