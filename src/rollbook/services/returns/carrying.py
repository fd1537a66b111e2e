"""Explanations go over to the school's next file where rule, pupil and facts are the same; the others end, by reason.

Called by the job process inside the people zone.
"""

from collections import Counter
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final

from rollbook.records.models.uploads import Explanation, Query, Upload
from rollbook.services.returns.query_facts import Asked
from rollbook.services.returns.query_marks import Marks
from rollbook.services.returns.upload_findings import Dropped

GONE: Final = "the pupil is no longer in the file"
MENDED: Final = "this is no longer found"
CHANGED: Final = "the facts behind it changed"
REWORDED: Final = "the rule changed"
_Key = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Carried:
    """What became of earlier explanations: the one of each new query (None: it has none), and those that ended."""

    explanations: tuple[Explanation | None, ...]
    kept: int
    ended: tuple[Dropped, ...]


def base_of(row: Upload, collection: str) -> Upload | None:
    """The school's last file of this collection whose queries are still there."""
    earlier = Upload.objects.filter(school_id=row.school_id, collection_id=collection, pk__lt=row.pk)
    states = (Upload.RECEIVED, Upload.REPLACED)
    return earlier.filter(state__in=states, queries__isnull=False).order_by("-pk").first()


def carry(base: Upload | None, queries: Sequence[tuple[Asked, Marks]], subjects: AbstractSet[str]) -> Carried:
    """`queries` with the marks of each; `subjects` are the marks of every pupil of the new file, by any number."""
    earlier = _explained(base) if base is not None else []
    found = {_key(one): one for one in earlier}
    given: list[Explanation | None] = []
    became: dict[_Key, str] = {}
    for asked, marks in queries:
        names = [(asked.rule, asked.field, name) for name in (marks.subject, *marks.others)]
        same = next((found[name] for name in names if name in found), None)
        given.append(_standing(same, marks, became))
    ended: Counter[tuple[str, str]] = Counter()
    for one in earlier:
        why = became.get(_key(one), MENDED if one.subject in subjects or one.pupil_no is None else GONE)
        ended[one.rule, why] += bool(why)
    dropped = tuple(Dropped(rule, why, count) for (rule, why), count in sorted(ended.items()) if count)
    return Carried(tuple(given), sum(one is not None for one in given), dropped)


def _key(one: Query) -> _Key:
    return (one.rule, one.field, one.subject)


def _standing(earlier: Query | None, marks: Marks, became: dict[_Key, str]) -> Explanation | None:
    """The explanation if it still stands; notes what became of the earlier one, an empty reason where it stands."""
    if earlier is None:
        return None
    if earlier.rule_mark != marks.rule:
        became.setdefault(_key(earlier), REWORDED)
        return None
    if earlier.facts != marks.facts:
        became.setdefault(_key(earlier), CHANGED)
        return None
    became[_key(earlier)] = ""
    return earlier.explanation


def _explained(base: Upload) -> Sequence[Query]:
    return list(base.queries.filter(explanation__isnull=False).select_related("explanation").order_by("place"))


def forget_replaced(row: Upload, collection: str) -> None:
    """Remove the queries of replaced files, now that a later one has taken over what still holds."""
    replaced = Upload.objects.filter(school_id=row.school_id, collection_id=collection, state=Upload.REPLACED)
    Query.objects.filter(upload__in=replaced.filter(pk__lt=row.pk)).delete()
