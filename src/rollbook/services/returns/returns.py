"""Reading what came in: a school's receipts, who is in a set of returns, what is held about one person.

`facts_held` is called inside the portal, after `services.accounts.access` has let the asker through.
"""

import re
from collections.abc import Collection as SomeOf
from collections.abc import Iterable, Iterator

from django.conf import settings
from pyroaring import BitMap

from rollbook.dataplane.store import reading
from rollbook.kernel.refusals import InputRefused, Reason
from rollbook.records.models.collections import Load, Return
from rollbook.records.models.identity import Sighting
from rollbook.services.catalogue.mapped_items import mapping_of
from rollbook.services.people.divided import earlier_keys, moves, stored_keys
from rollbook.services.people.loads_about import loads_about, loads_of_named
from rollbook.services.platform.one_person import keys_of
from rollbook.services.platform.people_zone import people_zone
from rollbook.services.returns.held import HeldFact, Statement, held_facts
from rollbook.services.returns.receipts import Receipt, receipt_of
from rollbook.services.returns.uses_of_returns import UsesOfReturns

__all__ = ["HeldFact", "current_return_ids", "facts_held", "people_in", "people_of", "receipt", "returns_of"]

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def current_return_ids(collections: Iterable[str]) -> list[str]:
    """The accepted return of each school and the accepted loads in these collections: all that a new use may read."""
    codes = list(collections)
    rows = Return.objects.filter(collection_id__in=codes, state=Return.ACCEPTED)
    loads = Load.objects.filter(collection_id__in=codes, state=Load.ACCEPTED)
    return [str(pk) for one in (rows, loads) for pk in one.order_by("pk").values_list("pk", flat=True)]


def loads_of_unnamed(collections: Iterable[str]) -> list[str]:
    """The accepted loads of those collections whose pupils have no number that leads to a person."""
    loads = Load.objects.filter(collection_id__in=list(collections), state=Load.ACCEPTED).order_by("pk")
    found = ((one, mapping_of(one.collection_id)) for one in loads)
    return [str(one.pk) for one, mapping in found if mapping is not None and not mapping.named_pupils]


def people_of(collection: str) -> BitMap:
    """The person keys of everyone on the current loads of a collection whose pupils can be found in the register."""
    loads = loads_of_named([collection])
    return people_in(loads) if loads else BitMap()


def people_in(return_ids: SomeOf[str]) -> BitMap:
    """The person keys of everyone in these returns, on roll or no longer."""
    return reading.people_in(settings.ROLLBOOK.study, return_ids, moves())


def returns_of(school: str) -> tuple[Receipt, ...]:
    """The receipts of one school (LAESTAB), newest first."""
    rows = Return.objects.filter(school_id=school).select_related("collection", "school")
    return tuple(receipt_of(row) for row in rows.order_by("-received_at", "-pk"))


def receipt(return_id: str) -> Receipt:
    """The receipt of one return.

    Raises:
        InputRefused: there is no such return.
    """
    rows = Return.objects.select_related("collection", "school")
    row = rows.filter(pk=return_id).first() if _UUID.fullmatch(return_id) else None
    if row is None:
        raise InputRefused(Reason("return-unknown", "There is no such return", mend="Choose one from the list."))
    return receipt_of(row)


def facts_held(person_key: int) -> tuple[HeldFact, ...]:
    """Everything held about one person, with source, and older values where a return was replaced.

    A value that a school has since withdrawn stays in the list, with an empty present value and its older ones.
    """
    with people_zone():
        keys = keys_of(person_key)
        rows = Sighting.objects.filter(person_id__in=keys).select_related("source__collection", "source__school")
        sightings = list(rows.order_by("source__received_at", "pk"))
        stored = stored_keys(sightings)
    return_ids: dict[int, list[str]] = {}
    for one in sightings:
        return_ids.setdefault(stored[one.pk], []).append(str(one.source_id))
    facts = {key: reading.rows_of(settings.ROLLBOOK.study, key, ids) for key, ids in return_ids.items()}
    said = [
        Statement.of(one, [fact for fact in facts[stored[one.pk]] if fact.return_id == str(one.source_id)])
        for one in sightings
    ]
    return held_facts((*said, *_loaded(keys)), UsesOfReturns(keys, earlier_keys(keys)))


def _loaded(keys: SomeOf[int]) -> Iterator[Statement]:
    """What loaded collections say about the person with these keys."""
    for one in loads_about(keys):
        items = [field.item for field in one.mapping.fields]
        rows = [
            fact
            for key in one.stored
            for fact in reading.loaded_rows_of(settings.ROLLBOOK.study, key, [str(one.load.pk)], items)
        ]
        yield Statement.of_load(one.load, one.mapping, rows)
