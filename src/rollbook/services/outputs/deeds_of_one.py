"""Deeds that needed two people and turn out to have been done by one: looked for when it is put right who is behind an
account. Nothing is undone by itself; the data protection officer is given the list.
"""

from collections.abc import Iterator

from rollbook.records.models.control import Audit
from rollbook.records.models.divisions import Division
from rollbook.records.models.doubles import Double
from rollbook.records.models.identity import GatewayCase
from rollbook.records.models.studies import Output, Release, Verdict
from rollbook.services.platform.holders import accounts_of
from rollbook.services.platform.people_zone import people_zone


def deeds_of_one(account: int) -> tuple[str, ...]:
    """What the human being behind this account did alone though it takes two, by reference and in words."""
    mine = accounts_of(account)
    with people_zone():
        inside = tuple(_inside(mine))
    return (*_tables(mine), *_revoked(mine), *inside)


def _tables(mine: frozenset[int]) -> Iterator[str]:
    """Tables whose verdicts were not those of two others than who made them."""
    given = Verdict.objects.filter(checker__in=mine).values_list("output", flat=True)
    for output in Output.objects.filter(id__in=given).select_related("run__study").order_by("id"):
        checkers = set(output.verdicts.filter(checker__in=mine).values_list("checker", flat=True))
        if len(checkers) > 1:
            yield f"{output.reference}: more than one checker's verdict"
        if mine & {output.run.study.author_id, output.run.asked_by_id}:
            yield f"{output.reference}: a verdict on their own table"


def _revoked(mine: frozenset[int]) -> Iterator[str]:
    for release in Release.objects.filter(revoke_asked_by__in=mine, revoked_at__isnull=False).select_related("output"):
        told = Audit.objects.filter(deed="revoke-output", target=release.output.reference)
        by = {int(actor.rpartition(":")[2]) for actor in told.values_list("actor", flat=True) if ":" in actor}
        if by & (mine - {release.revoke_asked_by_id}):
            yield f"{release.output.reference}: asked for and confirmed its revocation"


def _inside(mine: frozenset[int]) -> Iterator[str]:
    for case in GatewayCase.objects.filter(confirmed_by__in=mine).order_by("id"):
        if mine & {case.asked_by_id, case.matched_by_id}:
            yield f"case {case.reference}: confirmed what they asked or matched"
    for pair in Double.objects.filter(proposed_by__in=mine, decided_by__in=mine, state="joined").order_by("id"):
        yield f"double:{pair.pk}: proposed and joined"
    for one in Division.objects.filter(proposed_by__in=mine, decided_by__in=mine, divided_at__isnull=False):
        yield f"division:{one.pk}: proposed and divided"
    for one in Division.objects.filter(undo_proposed_by__in=mine, undone_by__in=mine):
        yield f"division:{one.pk}: proposed to undo it and undid it"
