"""The audit row that every deed writes in its own transaction: codes and record numbers, never a person's data."""

from collections.abc import Iterable, Mapping

from rollbook.records.models.control import Audit
from rollbook.services.platform import clock
from rollbook.services.platform.actors import Actor


def audit(by: Actor, deed: str, target: str, **facts: str | int | bool | list[str]) -> None:
    """Record that `by` did `deed` to `target`; called inside the deed's transaction, so both stand or fall together."""
    Audit.objects.create(at=clock.now(), actor=by.label, channel=by.channel, deed=deed, target=target, facts=facts)


def audit_each(by: Actor, deed: str, done: Iterable[tuple[str, Mapping[str, str | int]]]) -> None:
    """As `audit`, for one deed done to many targets at once: each with its facts."""
    at = clock.now()
    Audit.objects.bulk_create(
        Audit(at=at, actor=by.label, channel=by.channel, deed=deed, target=target, facts=dict(facts))
        for target, facts in done
    )
