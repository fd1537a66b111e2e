"""Accounts that sign in, and the organisations and schools they belong to.

Every model names the class of each field in `Classes`: `person` (about a person), `school` (about a school), `key`
(internal reference or secret), `public` (may be shown to anyone). A test fails for a field without one.
"""

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models

from rollbook.policy.roles import Role

# Roles without a deed that asks for a second person.
WITHOUT_HOLDER = frozenset({Role.PUPIL, Role.PARENT, Role.SCHOOL_DATA_MANAGER})


class Organisation(models.Model):
    """A body that asks for data or receives it. Access is bound to the name and number verified."""

    name = models.CharField(max_length=200)
    sector = models.CharField(max_length=64)
    company_number = models.CharField(max_length=64, unique=True)
    verified_on = models.DateField(null=True)
    verified_name = models.CharField(max_length=200, blank=True)
    verified_number = models.CharField(max_length=64, blank=True)

    class Classes:
        id = "key"
        name = sector = company_number = verified_on = verified_name = verified_number = "public"


class School(models.Model):
    """A school that sends returns, by its seven-digit LAESTAB."""

    laestab = models.CharField(max_length=7, primary_key=True)
    urn = models.CharField(max_length=6, blank=True)
    name = models.CharField(max_length=200)
    phase = models.CharField(max_length=2)

    class Classes:
        laestab = urn = name = phase = "school"


class Holder(models.Model):
    """The human being behind accounts, by a reference that an operator took from a proof of who they are.

    Somebody who works in two roles, or for two organisations, has two accounts and one holder. Whatever two people must
    do is held to their holders. The reference is letters and digits alone, in small letters.
    """

    reference = models.CharField(max_length=64, unique=True)
    recorded_at = models.DateTimeField(auto_now_add=True)

    class Classes:
        id = recorded_at = "key"
        reference = "person"


class AccountManager(BaseUserManager["Account"]):
    """Makes accounts; sign-up on the web is closed."""

    def create_user(self, email: str, password: str | None = None, **fields: object) -> "Account":
        """A new account with a hashed password (none: it cannot sign in until one is set)."""
        account = self.model(email=self.normalize_email(email), **fields)
        account.set_password(password)
        account.save(using=self._db)
        return account


class Account(AbstractBaseUser):
    """Somebody who signs in, in exactly one role. Only families and schools have accounts without a holder."""

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=120)
    role = models.CharField(max_length=32, choices=[(role.value, role.value) for role in Role])
    organisation = models.ForeignKey(Organisation, null=True, blank=True, on_delete=models.PROTECT)
    school = models.ForeignKey(School, null=True, blank=True, on_delete=models.PROTECT)
    holder = models.ForeignKey(Holder, null=True, blank=True, on_delete=models.PROTECT, related_name="accounts")
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name", "role"]
    objects = AccountManager()

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=models.Q(holder__isnull=False)
                | models.Q(role__in=sorted(role.value for role in WITHOUT_HOLDER)),
                name="an_account_has_a_holder",
            ),
        )

    class Classes:
        id = password = last_login = is_active = created_at = organisation = school = role = holder = "key"  # noqa: S105
        email = name = "person"


class Accreditation(models.Model):
    """That a person may work with de-identified data, from when until when. Expiry bites at the moment of use, and so
    does its withdrawal on `ended_on`, from that moment.
    """

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="accreditations")
    scheme = models.CharField(max_length=64)
    kind = models.CharField(max_length=16)
    starts = models.DateField()
    expires = models.DateField()
    ended_on = models.DateField(null=True)

    class Classes:
        id = account = "key"
        scheme = kind = starts = expires = ended_on = "public"


class Training(models.Model):
    """A course a person passed in the safe use of data about people, and until when that counts."""

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="trainings")
    course = models.CharField(max_length=120)
    passed_on = models.DateField()
    expires = models.DateField()

    class Classes:
        id = account = "key"
        course = passed_on = expires = "public"


class Site(models.Model):
    """A place from which an organisation's researchers may work: network ranges, registered devices, or both."""

    NETWORK, DEVICE, BOTH = "network", "device", "both"

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="sites")
    name = models.CharField(max_length=120)
    asks = models.CharField(max_length=8)
    networks = models.JSONField(default=list)
    starts = models.DateField()
    expires = models.DateField()
    ended_on = models.DateField(null=True)

    class Classes:
        id = networks = "key"
        organisation = name = asks = starts = expires = ended_on = "public"


class Device(models.Model):
    """A machine at a site. Its browser holds a key that was given once, for a code; here lie only their hashes."""

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="devices")
    label = models.CharField(max_length=64)
    code_hash = models.CharField(max_length=64, unique=True)
    key_hash = models.CharField(max_length=64, null=True, unique=True)
    starts = models.DateField()
    expires = models.DateField()
    registered_at = models.DateTimeField(null=True)
    ended_on = models.DateField(null=True)

    class Classes:
        id = site = label = code_hash = key_hash = registered_at = "key"
        starts = expires = ended_on = "public"
