"""What the gate asks about purpose, power, way of use and items. Each function yields every reason it finds."""

from collections.abc import Iterator, Mapping

from rollbook.kernel.refusals import Reason
from rollbook.policy.classes import read_class
from rollbook.policy.powers import POWERS
from rollbook.policy.purposes import PURPOSES, PurposeKind
from rollbook.policy.sectors import NEVER_IDENTIFIED
from rollbook.policy.uses import Use, UseKind

KINDS: Mapping[UseKind, PurposeKind] = {
    UseKind.STUDY_RUN: PurposeKind.RESEARCH,
    UseKind.GATEWAY_CASE: PurposeKind.DIRECT,
}
MODES: Mapping[UseKind, str] = {UseKind.STUDY_RUN: "safe-setting", UseKind.GATEWAY_CASE: "sealed"}


def mode(use: Use) -> Iterator[Reason]:
    """No copies: a file is refused whatever else is in order."""
    if use.mode == "file":
        mend = "Ask for a study to be run inside."
        yield Reason("mode-file", "Rollbook hands out no files of records", where=use.mode, mend=mend)
    elif use.mode != MODES[use.kind]:
        yield Reason("mode", "This is not a way in which this use may happen", where=use.mode,
                     mend=f"The way is {MODES[use.kind]}.")  # fmt: skip


def purpose(use: Use) -> Iterator[Reason]:
    """A purpose of the table, in force on the day, of the kind this use needs."""
    found = PURPOSES.get(use.purpose)
    if found is None:
        yield Reason("purpose-unknown", "This purpose is not in the table of purposes", where=use.purpose,
                     mend="Name one of the purposes on the register.")  # fmt: skip
        return
    if not found.in_force(use.day):
        yield Reason("purpose-force", f"Data may not be used for this purpose on {use.day}", where=use.purpose,
                     mend="Name a purpose that is in force.")  # fmt: skip
    if found.kind is not KINDS[use.kind]:
        message = (
            "A study is research and may not serve a decision or action about one person"
            if use.kind is UseKind.STUDY_RUN
            else "A case about one person may not be asked for as research"
        )
        yield Reason("purpose-kind", message, where=use.purpose, mend=f"It needs a {KINDS[use.kind]} purpose.")


def power(use: Use) -> Iterator[Reason]:
    """A power of the table, in force on the day, that allows the purpose."""
    found = POWERS.get(use.power)
    if found is None:
        yield Reason("power-unknown", "This power is not in the table of powers", where=use.power,
                     mend="Name one of the powers on the register.")  # fmt: skip
        return
    if not found.in_force(use.day):
        yield Reason("power-force", f"This power is not in force on {use.day}", where=use.power,
                     mend="Name a power that is in force.")  # fmt: skip
    if use.purpose not in found.purposes:
        yield Reason("power-purpose", "This power does not allow this purpose", where=f"{use.power}, {use.purpose}",
                     mend=f"It allows: {', '.join(sorted(found.purposes)) or 'no use of pupils’ data'}.")  # fmt: skip


def items_known(use: Use) -> Iterator[Reason]:
    """Some items, all of them in the catalogue and still collected."""
    if not use.items:
        yield Reason("items-none", "No items are named", mend="Name the items needed, and no others.")
    unknown = [item.id for item in use.items if not item.known]
    if unknown:
        yield Reason("item-unknown", "These items are not in the dictionary", where=_list(unknown),
                     mend="Name items of the dictionary.")  # fmt: skip
    withdrawn = [item.id for item in use.items if item.known and item.withdrawn]
    if withdrawn:
        yield Reason("item-withdrawn", "These items are no longer held", where=_list(withdrawn),
                     mend="Leave them out.")  # fmt: skip


def items_allowed(use: Use) -> Iterator[Reason]:
    """No item of sensitivity A, ever; no identifying item in research; otherwise what the power reaches."""
    known = [(item.id, read_class(item.risk)) for item in use.items if item.known]
    never = [name for name, mark in known if mark.sensitivity == "A"]
    if never:
        yield Reason("item-class-a", "These items are never used: a public commitment, or nobody has classed them",
                     where=_list(never), mend="Leave them out.")  # fmt: skip
    identifying = [name for name, mark in known if mark.identifiability <= 2]
    if identifying and use.kind is UseKind.STUDY_RUN:
        yield Reason("item-identifies", "These items identify people and are never part of research",
                     where=_list(identifying), mend="Leave them out; a study has its own pseudonym.")  # fmt: skip
    if identifying and use.organisation is not None and use.organisation.sector in NEVER_IDENTIFIED:
        yield Reason("item-sector", "Identifying items cannot go to a company or to the press",
                     where=_list(identifying), mend="Leave them out.")  # fmt: skip
    row = POWERS.get(use.power)
    beyond = [name for name, mark in known if row is not None and mark.identifiability not in row.identifiability]
    if beyond:
        yield Reason("item-power", "This power does not reach items of this class", where=_list(beyond),
                     mend="Leave them out.")  # fmt: skip


def _list(names: list[str]) -> str:
    return ", ".join(sorted(names))
