"""The people of every test: always the same few, with names, addresses and numbers that belong to nobody.

`account_of` makes a person's account, `browser_of` a signed-in browser for Django's test client. Passwords and
authenticator secrets are derived from the name, so that a test can also sign in over HTTP.
"""

from base64 import b32encode
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from time import time
from typing import Any

from rollbook.services.platform.actors import Actor, Role


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody in the tests. `role` is None for who has no account; `same_as` is the key of an account of theirs."""

    key: str
    name: str
    role: Role | None
    address: str = ""
    born: date | None = None
    same_as: str = ""

    @property
    def email(self) -> str:
        """An address that can reach nobody."""
        return f"{self.key}@rollbook.invalid"

    @property
    def holder(self) -> str:
        """The reference from the proof of who they are; another account of the same human being has the same."""
        return "".join(filter(str.isalnum, self.same_as or self.key))

    @property
    def password(self) -> str:
        """Long enough for the rules."""
        return f"invented-{self.key}-password"

    @property
    def secret(self) -> str:
        """The authenticator's secret, base 32."""
        return b32encode(sha256(self.key.encode()).digest()[:20]).decode()


HOME, OTHER_HOME = "4 Quillmere Row, Ostlebury, ZZ1 1ZZ", "19 Fennick Steps, Ostlebury, ZZ1 2ZZ"

PUPIL = Person("pupil", "Ivo Thrennet", Role.PUPIL, HOME, date(2009, 5, 14))
PARENT = Person("parent", "Mara Thrennet", Role.PARENT, HOME)
OTHER_PARENT = Person("other-parent", "Joss Quellorin", Role.PARENT, OTHER_HOME)
STRANGER = Person("stranger", "Pell Osquith", Role.PARENT, "2 Harrowmint Lane, Ostlebury, ZZ1 3ZZ")
CUSTODIAN = Person("custodian", "Wynn Hattrelow", Role.CUSTODIAN)
SECOND_CUSTODIAN = Person("second-custodian", "Dara Umbleforth", Role.CUSTODIAN)
RESEARCHER = Person("researcher", "Noor Feskettle", Role.RESEARCHER)
CHECKER = Person("checker", "Tamsin Orrelquay", Role.OUTPUT_CHECKER)
SECOND_CHECKER = Person("second-checker", "Idris Pennwhist", Role.OUTPUT_CHECKER)
DPO = Person("dpo", "Leith Caradoyne", Role.DATA_PROTECTION_OFFICER)
SCHOOL_DATA_MANAGER = Person("school-data-manager", "Bram Ottquill", Role.SCHOOL_DATA_MANAGER)
PANEL_MEMBER = Person("panel-member", "Sanne Morveldt-Ash", Role.PANEL_MEMBER)
POLICE_OFFICER = Person("police-officer", "Kit Drassowick", Role.POLICE_OFFICER)
OVERSEER = Person("overseer", "Una Brackelthorn", Role.OVERSEER)

PEOPLE = (
    PUPIL, PARENT, OTHER_PARENT, STRANGER, CUSTODIAN, SECOND_CUSTODIAN, RESEARCHER, CHECKER, SECOND_CHECKER, DPO,
    SCHOOL_DATA_MANAGER, PANEL_MEMBER, POLICE_OFFICER, OVERSEER,
)  # fmt: skip

# Where Django's test client says that it comes from.
CONNECTION = "127.0.0.1"
OPERATOR = Actor(role=Role.OPERATOR, channel="command")


def account_of(person: Person, **fields: Any) -> Any:
    """The person's account, made at first need; `fields` are more columns, for example `organisation` or `school`."""
    from rollbook.records.models.accounts import WITHOUT_HOLDER, Account, Holder

    found = Account.objects.filter(email=person.email).first()
    if found is None:
        role = person.role or Role.PARENT
        if role not in WITHOUT_HOLDER and "holder" not in fields:
            fields["holder"] = Holder.objects.get_or_create(reference=person.holder)[0]
        found = Account.objects.create_user(person.email, None, name=person.name, role=role.value, **fields)
    return found


def actor_of(person: Person, *, second_factor: bool = True, **fields: Any) -> Actor:
    """The person acting in a web session, for calls to services."""
    account = account_of(person, **fields)
    return Actor(
        role=person.role, channel="web", account_id=account.pk, second_factor=second_factor, connection=CONNECTION
    )


def browser_of(person: Person | None, *, second_factor: bool = True, **fields: Any) -> Any:
    """Django's test client signed in as the person (None: nobody), with the marks that signing in over HTTP leaves."""
    from django.test import Client

    client = Client()
    if person is None:
        return client
    account = account_of(person, **fields)
    client.force_login(account)
    records = [{"method": "password", "at": time()}]
    if second_factor:
        records.append({"method": "mfa", "type": "totp", "at": time()})
    session = client.session
    session["account_authentication_methods"] = records
    session["account_authentication_methods_user"] = str(account.pk)
    session.save()
    return client


def code_of(person: Person) -> str:
    """The code the person's authenticator shows now."""
    return code_for(person.secret)


def code_for(secret: str) -> str:
    """The code an authenticator with this secret (base 32) shows now."""
    from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value

    return str(format_hotp_value(hotp_value(secret, int(time()) // 30)))
