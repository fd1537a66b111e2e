"""Safe settings: the sites from which an organisation's researchers may work, and the devices at them.

What a web page can know of a place is the address a connection comes from and what the browser holds. A site therefore
asks for one of its network ranges, for the key of a registered device, or for both. The key is random, is given once
for a code of the operator's, and lies in the browser as a cookie that no script reads; here lies its hash. That does
not prove which machine it is: whoever reads the browser's files can carry the key away (docs/security-properties.md).
"""

import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from ipaddress import ip_address, ip_network

from django.db import transaction

from rollbook.kernel.refusals import InputRefused, Reason
from rollbook.policy.roles import Role
from rollbook.policy.uses import SettingFacts
from rollbook.records.models.accounts import Account, Device, Organisation, Site
from rollbook.services.accounts.codes import code_hash, new_code
from rollbook.services.platform import clock
from rollbook.services.platform.actors import Actor, require_role, require_session
from rollbook.services.platform.audit import audit

ASKS = (Site.NETWORK, Site.DEVICE, Site.BOTH)
_TAG = b"rollbook/device/v1\0"


@dataclass(frozen=True, slots=True)
class Place:
    """Where somebody works: the site that lets them in and, where it asks for one, the device."""

    site: Site
    device: Device | None

    def facts(self) -> SettingFacts:
        """As the gate is told."""
        return setting_facts(self.site, self.device)


def accredit_site(
    *, by: Actor, organisation: str, name: str, asks: str, networks: Sequence[str], starts: date, expires: date
) -> int:
    """Record a place from which the organisation of that number may work, from one day to another; gives its number.

    Raises:
        AccessDenied: code `role`. InputRefused: codes `organisation-unknown`, `site-asks`, `site-network`,
        `date-order`, `text-length`.
    """
    require_role(by, Role.OPERATOR)
    body = Organisation.objects.filter(company_number=organisation).first()
    reasons = [*_site(name, asks, networks), *_dates(starts, expires)]
    if body is None:
        reasons.append(
            Reason("organisation-unknown", "This organisation is not registered", organisation[:64], "Register it.")
        )
    if reasons or body is None:
        raise InputRefused(reasons)
    with transaction.atomic():
        site = Site.objects.create(
            organisation=body, name=name, asks=asks, networks=list(networks), starts=starts, expires=expires
        )
        audit(by, "accredit-site", f"site {site.id}", organisation=organisation, expires=str(expires))
    return int(site.id)


def end_site(*, by: Actor, site_id: int) -> None:
    """Nobody works from there any more, from this moment on."""
    require_role(by, Role.OPERATOR)
    with transaction.atomic():
        _site_row(site_id)
        Site.objects.filter(id=site_id, ended_on=None).update(ended_on=clock.today())
        audit(by, "end-site", f"site {site_id}")


def accredit_device(*, by: Actor, site_id: int, label: str, expires: date) -> str:
    """Let one more machine be registered at the site; gives the code its user types into it, once.

    Raises:
        AccessDenied: code `role`. InputRefused: codes `site-unknown`, `date-order`, `text-length`.
    """
    require_role(by, Role.OPERATOR)
    site, today, code = _site_row(site_id), clock.today(), new_code()
    if reasons := [*_text("label", label, 64), *_dates(today, expires)]:
        raise InputRefused(reasons)
    with transaction.atomic():
        row = Device.objects.create(
            site=site, label=label, code_hash=code_hash(code), starts=today, expires=min(expires, site.expires)
        )
        audit(by, "accredit-device", f"device {row.id}", site=site_id, expires=str(row.expires))
    return code


def end_device(*, by: Actor, device_id: int) -> None:
    """The machine is lost or leaves the site: its key opens nothing from this moment on."""
    require_role(by, Role.OPERATOR)
    with transaction.atomic():
        if not Device.objects.filter(id=device_id).exists():
            raise InputRefused(Reason("device-unknown", "There is no such device", str(device_id), "See the list."))
        Device.objects.filter(id=device_id, ended_on=None).update(ended_on=clock.today())
        audit(by, "end-device", f"device {device_id}")


def register_device(*, by: Actor, code: str) -> str:
    """Turn the operator's code into the key of the machine it is typed into; gives the key, which the browser keeps.

    Raises:
        AccessDenied: codes `role`, `session`, `second-factor`. InputRefused: code `device-code`, one text for a code
        that is wrong, used, expired or another organisation's.
    """
    account = Account.objects.get(id=require_session(by, Role.RESEARCHER))
    key, now = secrets.token_urlsafe(32), clock.now()
    with transaction.atomic():
        live = Device.objects.filter(
            code_hash=code_hash(code), key_hash=None, ended_on=None, expires__gte=now.date(),
            site__organisation=account.organisation_id, site__ended_on=None,
        )  # fmt: skip
        row = live.first()
        if row is None or not live.update(key_hash=_hashed(key), registered_at=now):
            mend = "Ask the operator for a new code; each is used once."
            raise InputRefused(Reason("device-code", "This code does not register a device", "code", mend))
        audit(by, "register-device", f"device {row.id}", site=row.site_id)
    return key


def place_of(by: Actor, organisation: Organisation | None) -> Place | None:
    """The place that `by` works from, the one that holds longest: None where no site of the organisation knows it."""
    device = _device(by)
    found = [
        Place(site, device if site.asks != Site.NETWORK and device is not None and device.site_id == site.id else None)
        for site in Site.objects.filter(organisation=organisation).order_by("id")
        if _lets_in(site, by, device)
    ]
    return max(found, key=lambda place: _last_day(place.facts()), default=None)


def where(by: Actor) -> SettingFacts | None:
    """The place the signed-in researcher works from, as a page shows it: None where it would let nobody in today."""
    account = Account.objects.select_related("organisation").get(id=require_session(by, Role.RESEARCHER))
    place = place_of(by, account.organisation)
    facts = place.facts() if place is not None else None
    return facts if facts is not None and _last_day(facts) >= (True, clock.today()) else None


def settings_of(organisation: Organisation) -> tuple[SettingFacts, ...]:
    """Every site of the organisation, for a question about nobody in particular: its devices are taken for granted."""
    rows = Site.objects.filter(organisation=organisation).select_related("organisation").order_by("id")
    return tuple(_facts(site, device=True, device_expires=None) for site in rows)


def setting_facts(site: Site, device: Device | None) -> SettingFacts:
    """A site and a device as they stand now; a device that belongs elsewhere is none."""
    its = device if device is not None and device.site_id == site.id else None
    return _facts(
        site, site.asks == Site.NETWORK or its is not None, last_day(its.expires, its.ended_on) if its else None
    )


def _facts(site: Site, device: bool, device_expires: date | None) -> SettingFacts:
    return SettingFacts(
        name=site.name,
        organisation_number=site.organisation.company_number,
        starts=site.starts,
        expires=last_day(site.expires, site.ended_on),
        device=device,
        device_expires=device_expires,
    )


def last_day(expires: date, ended_on: date | None) -> date:
    """The last day. What was ended is over at once: its last day is the one before."""
    return expires if ended_on is None else min(expires, date.fromordinal(ended_on.toordinal() - 1))


def _last_day(facts: SettingFacts) -> tuple[bool, date]:
    begun = facts.starts <= clock.today()
    return begun, min(facts.expires, facts.device_expires or facts.expires)


def _lets_in(site: Site, by: Actor, device: Device | None) -> bool:
    near = any(_within(by.connection, network) for network in site.networks)
    known = device is not None and device.site_id == site.id
    return {Site.NETWORK: near, Site.DEVICE: known, Site.BOTH: near and known}.get(site.asks, False)


def _within(address: str, network: str) -> bool:
    try:
        return ip_address(address) in ip_network(network)
    except ValueError:
        return False


def _device(by: Actor) -> Device | None:
    return Device.objects.filter(key_hash=_hashed(by.device)).first() if by.device else None


def _hashed(key: str) -> str:
    return sha256(_TAG + key.encode()).hexdigest()


def _site_row(site_id: int) -> Site:
    site = Site.objects.filter(id=site_id).first()
    if site is None:
        raise InputRefused(Reason("site-unknown", "There is no such site", str(site_id), "Accredit it first."))
    return site


def _site(name: str, asks: str, networks: Iterable[str]) -> Iterator[Reason]:
    yield from _text("name", name, 120)
    if asks not in ASKS:
        yield Reason("site-asks", "A site asks for network, device or both", asks[:16], "Choose one of the three.")
    if asks in (Site.NETWORK, Site.BOTH) and not tuple(networks):
        yield Reason("site-network", "A site that goes by its network has a range", "networks", "Give its ranges.")
    for one in networks:
        try:
            ip_network(one)
        except ValueError:
            yield Reason("site-network", "This is not a network range", one[:64], "Write it like 192.0.2.0/24.")


def _dates(starts: date, until: date) -> Iterator[Reason]:
    if until < starts:
        yield Reason("date-order", "This day lies before the first day", str(until), "Give a later day.")


def _text(where: str, text: str, longest: int) -> Iterator[Reason]:
    if not text.strip() or len(text) > longest:
        yield Reason("text-length", f"This text has between 1 and {longest} characters", where, "Shorten or fill it.")
