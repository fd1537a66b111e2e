"""The answer of a gateway case: the permitted items of one child as they stand now, and nothing else held."""

from collections.abc import Collection

from rollbook.services.catalogue.mapped_items import every_item
from rollbook.services.returns.returns import facts_held


def answer_of(person_key: int, items: Collection[str]) -> list[dict[str, str]]:
    """The present values of `items`, as rows of the fields of `services.gateway.gateway.AnswerLine`.

    Older values, other items, and the uses a fact was in are left behind here.
    """
    known = every_item()
    return [
        {
            "item": fact.item,
            "name": fact.name,
            "value": fact.value_label or fact.value,
            "school": fact.source_school,
            "received": fact.received_on.isoformat(),
        }
        for fact in facts_held(person_key)
        if fact.item in items and fact.item in known and fact.value
    ]
