"""The tables of one run, held against each other before anything else: they leave together or not at all. No Django."""

from collections.abc import Sequence

from rollbook.kernel.refusals import Reason
from rollbook.sdc.differencing import Auditor
from rollbook.sdc.membership import Membership, kept

BESIDE = "differencing-beside"
STOPPED = Reason(
    "beside-stopped", "Another table of this run is stopped, and they leave together or not at all", mend="See there."
)


def held_against_each_other(tables: Sequence[Sequence[Membership]], threshold: int) -> tuple[Reason | None, ...]:
    """For each table why it cannot go beside one before it; a table tells of one membership or more."""
    mend = "Ask for groups that differ between the two by nobody or by many people, or leave one of them out."
    message = "Taken from another table of this run, this one would show too few people"
    whole = [[kept(one) for one in told] for told in tables]
    found: list[Reason | None] = []
    for place, told in enumerate(tables):
        auditors = [Auditor(one, threshold) for one in told] if place else []
        hit = next(
            (other for other in range(place) if any(
                True for auditor in auditors for one in whole[other] for _ in auditor.against(one))),
            None,
        )  # fmt: skip
        found.append(None if hit is None else Reason(BESIDE, message, f"table {hit + 1} of the run", mend))
    return tuple(found)
