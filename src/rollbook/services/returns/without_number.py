"""Children whom a sender named without a number: read for its next return, and pairs that custodians look at.

For `services.returns.judging` and `services.returns.ingest` only; who is who is decided in `dataplane.people.again`.
"""

from collections.abc import Collection, Sequence

from django.db import connection

from rollbook.dataplane.people.again import Seen
from rollbook.dataplane.people.in_turn import InTurn, real
from rollbook.dataplane.people.search import plain
from rollbook.records.models.collections import Return
from rollbook.services.people.custodians_queue import Pair, put_before_custodians
from rollbook.services.people.do_not_link import kept_apart
from rollbook.services.platform.one_person import roots
from rollbook.services.platform.people_zone import people_zone

# Few returns hold anybody without a number, and the index has nobody else.
_SEEN = """
SELECT source.school_id, seen.person_id, seen.forename, seen.surname, seen.date_of_birth,
    EXISTS (SELECT FROM identity.identifier AS held WHERE held.person_id = seen.person_id AND held.scheme = 'upn'),
    bool_or(source.collection_id = %s)
FROM identity.sighting AS seen JOIN {returns} AS source ON source.id = seen.source_id
WHERE seen.upn = '' AND source.school_id = ANY(%s) AND seen.date_of_birth IS NOT NULL
GROUP BY 1, 2, 3, 4, 5
"""


def seen_before(senders: Collection[str], collection: str) -> dict[str, list[Seen]]:
    """By sender: whom its earlier returns named without a number."""
    query = _SEEN.format(returns=Return._meta.db_table)
    with people_zone():
        with connection.cursor() as cursor:
            cursor.execute(query, [collection, list(senders)])
            rows = cursor.fetchall()
        if not rows:
            return {}
        above, listed = roots(), kept_apart()
    found: dict[str, list[Seen]] = {}
    for sender, key, forename, surname, born, numbered, here in rows:
        one = above.get(key, key)
        names = plain(forename), plain(surname)
        found.setdefault(sender, []).append(Seen(key, one, *names, born, numbered, key in listed.sealed, here))
    return found


def ask_custodians(known: InTurn, keys: Sequence[int]) -> None:
    """Put before the custodians whom new people may be; called inside the people zone."""
    if not known.maybe:
        return
    news = real((person for person, _ in known.maybe), keys)
    put_before_custodians(
        Pair(new, one.person, one.outcome, tuple(one.evidence)) for new, (_, one) in zip(news, known.maybe, strict=True)
    )
