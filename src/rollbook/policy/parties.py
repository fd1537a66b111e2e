"""What the gate asks about people: who receives, whose records they are, and what those people chose."""

from collections.abc import Iterable, Iterator
from datetime import date

from rollbook.kernel.refusals import Reason
from rollbook.policy.powers import POWERS
from rollbook.policy.sectors import Sector
from rollbook.policy.uses import OrganisationFacts, RecipientFacts, SettingFacts, Use, UseKind


def organisation(use: Use) -> Iterator[Reason]:
    """The body that asked, of a known kind, still under the number and name that were verified."""
    if use.organisation is None:
        yield Reason("organisation-unknown", "Nobody has registered the organisation", mend="Register and verify it.")
        return
    body = use.organisation
    if body.sector not in frozenset(Sector):
        yield Reason("organisation-sector", "The organisation is of no known kind", where=body.number, mend="Class it.")
    if body.verified_on is None or body.verified_on > use.day:
        yield Reason("organisation-verified", "The organisation's number has not been verified", where=body.number,
                     mend="Verify it against the public register.")  # fmt: skip
    elif (body.number, body.name) != (body.verified_number, body.verified_name):
        yield Reason("organisation-changed", "The organisation's name or number has changed since it was verified",
                     where=body.number, mend="Verify it again; until then access is suspended.")  # fmt: skip
    if use.request is not None and body.number != use.request.organisation_number:
        yield Reason("organisation-other", "This organisation is not the one that asked", where=body.number,
                     mend="The organisation that wants the data asks for it itself.")  # fmt: skip


def recipients(use: Use) -> Iterator[Reason]:
    """Somebody receives, everybody belongs to the organisation, and researchers are accredited today."""
    if not use.recipients:
        yield Reason("recipients-none", "Nobody is named who would work with the data", mend="Name the people.")
    for person in use.recipients:
        yield from _recipient(use, use.organisation, person)


def _recipient(use: Use, body: OrganisationFacts | None, person: RecipientFacts) -> Iterator[Reason]:
    where = f"account {person.account}"
    if not person.active:
        yield Reason("recipient-closed", "This account is closed", where, "Take them off the project.")
    if body is not None and person.organisation_number != body.number:
        yield Reason("recipient-other", "This person does not belong to the organisation", where, "Take them off.")
    if use.kind is not UseKind.STUDY_RUN:
        return
    if not _holds(use.day, person.accredited + person.provisional):
        yield Reason("recipient-accreditation", f"This person is not accredited on {use.day}", where,
                     "Renew the accreditation, or take them off the project.")  # fmt: skip
    if not _holds(use.day, person.trained):
        yield Reason("recipient-training", f"No training of this person counts on {use.day}", where,
                     "Take the course again, or take them off the project.")  # fmt: skip


def _holds(day: date, periods: Iterable[tuple[date, date]]) -> bool:
    return any(starts <= day <= expires for starts, expires in periods)


def supervised(use: Use) -> Iterator[Reason]:
    """Whoever is accredited provisionally works beside somebody of the team who is so fully."""
    if use.kind is not UseKind.STUDY_RUN or any(_holds(use.day, one.accredited) for one in use.recipients):
        return
    if any(_holds(use.day, one.provisional) for one in use.recipients):
        yield Reason("recipients-supervision", "Everybody on the project is accredited only provisionally",
                     mend="Add somebody who is fully accredited, who supervises.")  # fmt: skip


def setting(use: Use) -> Iterator[Reason]:
    """A study is asked for from an accredited site, and from a registered device where the site asks for one.

    One setting that holds in every point is enough; where none does, the reasons of the nearest are given.
    """
    if use.kind is not UseKind.STUDY_RUN:
        return
    number = use.request.organisation_number if use.request is not None else ""
    own = [one for one in use.settings if one.organisation_number == number]
    if not own:
        yield Reason("setting-missing", "This is not done from an accredited site of the organisation", where=number,
                     mend="Work at a site that is accredited, or have this one accredited.")  # fmt: skip
        return
    yield from min((tuple(_place(use.day, one)) for one in own), key=len)


def _place(day: date, place: SettingFacts) -> Iterator[Reason]:
    if day < place.starts:
        yield Reason("setting-starts", f"The site is accredited from {place.starts}", place.name, "Wait until then.")
    if day > place.expires:
        yield Reason("setting-expired", f"The site's accreditation ended on {place.expires}", place.name,
                     "Have the site accredited again.")  # fmt: skip
    if not place.device:
        yield Reason("setting-device", "This device is not registered at the site", place.name,
                     "Register it with a code of the operator's, or use one that is.")  # fmt: skip
    elif place.device_expires is not None and day > place.device_expires:
        yield Reason("setting-device-expired", f"The device's registration ended on {place.device_expires}", place.name,
                     "Have the device registered again.")  # fmt: skip


def choices(use: Use) -> Iterator[Reason]:
    """Objections bite, unless a law named by the power overrides them."""
    row = POWERS.get(use.power)
    if use.kind is UseKind.GATEWAY_CASE and row is not None and row.overrides_choices:
        return
    if use.objectors_left is None:
        yield Reason("choices-unknown", "Nobody has applied the people's choices", mend="Subtract those who objected.")
    elif use.objectors_left > 0:
        yield Reason("choices-ignored", "The population holds people who objected", mend="Subtract those who objected.")


def people(use: Use) -> Iterator[Reason]:
    """A gateway case is about exactly one child."""
    if use.kind is UseKind.GATEWAY_CASE and use.people != 1:
        yield Reason("people-one", "A case is about exactly one named child", mend="Make a case for each.")
