"""Defining a collection by its mapping: its items become known, so that notice and assessment can be about them.

What families were told stays: once the collection is open, a new version may mend totals, translations and known
defects, but not which items it holds.
"""

from collections.abc import Iterator

from django.db import transaction

from rollbook.dataplane.collections.mapping import CollectionMapping
from rollbook.dataplane.collections.mapping_form import read_mapping
from rollbook.kernel.refusals import InputRefused, Reason, UseRefused
from rollbook.policy.roles import Role
from rollbook.records.models.collections import Collection, DefinedMapping
from rollbook.services.catalogue.mapped_items import mapping_of, mappings
from rollbook.services.platform import clock
from rollbook.services.platform.actors import Actor, require_role
from rollbook.services.platform.audit import audit
from rollbook.services.platform.stray import stray_data


def define_mapping(*, by: Actor, data: bytes, name: str) -> CollectionMapping:
    """Make a mapping known, or a new version of it. `name` is what reasons call the file.

    Raises:
        AccessDenied: code `role`. InputRefused: every fault of the file. UseRefused: another mapping has its table or
            an item, or families were told of other items.
    """
    require_role(by, Role.OPERATOR)
    mapping = read_mapping(data, name)
    if reasons := tuple(stray_data({name: mapping.text})):
        raise InputRefused(reasons)
    with transaction.atomic():
        if reasons := (*_taken(mapping, name), *_promise_broken(mapping, name)):
            raise UseRefused(reasons)
        facts = {"text": mapping.text, "sha256": mapping.sha256, "defined_at": clock.now()}
        DefinedMapping.objects.update_or_create(code=mapping.code, defaults=facts)
        audit(by, "define-collection", mapping.code, mapping=mapping.sha256)
    return mapping


def _taken(mapping: CollectionMapping, name: str) -> Iterator[Reason]:
    for other in mappings():
        if other.code != mapping.code and other.table == mapping.table:
            mend = "Choose another name for the table."
            yield Reason("mapping-table", f"The collection {other.code} has this table", f"{name}: table", mend)


def _promise_broken(mapping: CollectionMapping, name: str) -> Iterator[Reason]:
    defined = mapping_of(mapping.code)
    if defined is None or defined.same_items(mapping) or not Collection.objects.filter(code=mapping.code).exists():
        return
    mend = "Open another collection, with a notice and an assessment of its own."
    yield Reason("mapping-items", "The collection is open, and families were told of other items", name, mend)
