"""The identity schema: who the keys stand for, where people live, who may act for them, and what they chose.

Readable only through `rollbook.services.platform.people_zone`.

People, identifiers and sightings come in by tens of thousands, and a foreign key is looked up for each row at the end
of its transaction: that took half of the server's time. Here they have none in the database. Whoever writes them checks
a whole batch by one query (`services.returns.identity_rows`), and no role may remove what they point to.
"""

import secrets

from django.db import models

from rollbook.records.models.accounts import Account
from rollbook.records.models.collections import Collection, Return
from rollbook.records.models.governance import Agreement, Publication
from rollbook.records.models.log import LogSubmission


def new_handle() -> str:
    """A random name for a URL: it tells nothing and cannot be guessed (128 bits)."""
    return secrets.token_urlsafe(16)


class KeyBlock(models.Model):
    """The next free place in the block of 2^21 person keys that a birth year owns; before 1900 stands for unknown."""

    birth_year = models.IntegerField(primary_key=True)
    next_place = models.IntegerField(default=0)

    class Meta:
        db_table = '"identity"."key_block"'

    class Classes:
        birth_year = next_place = "key"


class Person(models.Model):
    """One person, one key, for life. The key never leaves the data plane.

    `superseded_by`: this key turned out to be the same person's as that one. Both keep their rows, and whoever reads a
    person reads both (`services.platform.one_person`); taking the pointer away parts them again. It is never more than
    one step.
    """

    key = models.BigIntegerField(primary_key=True)
    first_return = models.ForeignKey(Return, null=True, on_delete=models.PROTECT, db_constraint=False, db_index=False)
    superseded_by = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, related_name="joined", db_index=False
    )

    class Meta:
        db_table = '"identity"."person"'
        indexes = (
            # Joined keys are few, and nobody else's row is in it.
            models.Index(
                fields=("superseded_by",), condition=models.Q(superseded_by__isnull=False), name="joined_person"
            ),
        )

    class Classes:
        key = first_return = superseded_by = "key"


class Identifier(models.Model):
    """A UPN or ULN that stands, or stood, for a person."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="identifiers", db_constraint=False)
    scheme = models.CharField(max_length=3)
    value = models.CharField(max_length=13)
    standing = models.CharField(max_length=12, default="current")
    source = models.ForeignKey(Return, null=True, on_delete=models.PROTECT, db_constraint=False, db_index=False)

    class Meta:
        db_table = '"identity"."identifier"'
        constraints = (models.UniqueConstraint(fields=("scheme", "value"), name="one_person_per_identifier"),)

    class Classes:
        id = source = standing = "key"
        person = scheme = value = "person"


class ListedPupil(models.Model):
    """Whom a loaded collection means by a number: a UPN, or a number of its own that leads to nobody elsewhere.

    `occurrence` tells pupils of one number apart, where the collection gave it twice.
    """

    collection = models.ForeignKey(Collection, on_delete=models.PROTECT)
    number = models.CharField(max_length=200)
    occurrence = models.IntegerField(default=0)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")

    class Meta:
        db_table = '"identity"."listed_pupil"'
        constraints = (
            models.UniqueConstraint(fields=("collection", "number", "occurrence"), name="one_person_per_listed_number"),
        )

    class Classes:
        id = collection = occurrence = "key"
        number = person = "person"


class Sighting(models.Model):
    """What one return said about one person's identity. Later returns add rows; a superseded return's rows stay.

    Texts are as sent, up to the 200 characters a return's value may have: a badly formed one is a query, not a refusal.
    """

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="sightings", db_constraint=False)
    # The index is that of the constraint below.
    source = models.ForeignKey(
        Return, on_delete=models.PROTECT, related_name="sightings", db_constraint=False, db_index=False
    )
    pupil_no = models.IntegerField()
    line = models.IntegerField()
    on_roll = models.BooleanField()
    enrol_status = models.CharField(max_length=200, blank=True)
    upn = models.CharField(max_length=13)
    former_upn = models.CharField(max_length=200, blank=True)
    uln = models.CharField(max_length=200, blank=True)
    surname = models.CharField(max_length=200)
    forename = models.CharField(max_length=200)
    middle_names = models.CharField(max_length=200, blank=True)
    preferred_surname = models.CharField(max_length=200, blank=True)
    former_surname = models.CharField(max_length=200, blank=True)
    sex = models.CharField(max_length=1)
    date_of_birth = models.DateField(null=True)
    address = models.TextField(blank=True)
    postcode = models.CharField(max_length=200, blank=True)
    uprn = models.CharField(max_length=200, blank=True)

    class Meta:
        db_table = '"identity"."sighting"'
        constraints = (
            models.UniqueConstraint(fields=("source", "pupil_no"), name="one_sighting_per_pupil_and_return"),
        )
        # Every return asks whether another school has its pupils on roll, by this number.
        # Its next return asks whom a sender named without one.
        indexes = (
            models.Index(fields=("upn",), name="sighting_by_upn"),
            models.Index(fields=("source",), condition=models.Q(upn=""), name="sighting_without_number"),
        )

    class Classes:
        id = source = pupil_no = line = on_roll = enrol_status = "key"
        person = upn = former_upn = uln = surname = forename = middle_names = preferred_surname = "person"
        former_surname = sex = date_of_birth = address = postcode = uprn = "person"


class Responsibility(models.Model):
    """That an adult has a recorded right to act for a child, on which basis, with which evidence, until when."""

    handle = models.CharField(max_length=22, unique=True, default=new_handle)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="responsibilities")
    adult_name = models.CharField(max_length=120)
    address = models.CharField(max_length=300)
    account = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="responsibilities")
    basis = models.CharField(max_length=40)
    evidence = models.CharField(max_length=40)
    evidence_on = models.DateField()
    recorded_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    starts = models.DateField()
    ends = models.DateField(null=True)
    why = models.CharField(max_length=64)
    stopped_at = models.DateTimeField(null=True)
    stopped_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        db_table = '"identity"."responsibility"'

    class Classes:
        id = handle = why = recorded_by = stopped_by = stopped_at = starts = ends = basis = evidence = evidence_on = (
            "key"
        )
        person = adult_name = address = account = "person"


class Letter(models.Model):
    """A letter to one adult, or a slip a school gives a pupil. Only the hash of its single-use code is kept."""

    responsibility = models.ForeignKey(Responsibility, null=True, on_delete=models.PROTECT, related_name="letters")
    pupil = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="slips")
    ground = models.CharField(max_length=40, blank=True)
    code_hash = models.CharField(max_length=64, unique=True)
    issued_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    issued_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        db_table = '"identity"."letter"'
        constraints = (
            models.CheckConstraint(
                condition=models.Q(responsibility=None, pupil__isnull=False)
                | models.Q(responsibility__isnull=False, pupil=None),
                name="letter_to_an_adult_or_slip_to_a_pupil",
            ),
        )

    class Classes:
        id = ground = code_hash = issued_by = issued_at = expires_at = used_at = "key"
        responsibility = pupil = "person"


class Access(models.Model):
    """That an account may see one person's record: asked for, then confirmed in person or by another account."""

    ASKED, CONFIRMED, ENDED = "asked", "confirmed", "ended"

    handle = models.CharField(max_length=22, unique=True, default=new_handle)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="accesses")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="accesses")
    responsibility = models.ForeignKey(Responsibility, null=True, on_delete=models.PROTECT)
    state = models.CharField(max_length=12)
    how = models.CharField(max_length=32, blank=True)
    evidence = models.CharField(max_length=40, blank=True)
    asked_at = models.DateTimeField()
    confirmed_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    confirmed_at = models.DateTimeField(null=True)
    first_used_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    end_reason = models.CharField(max_length=64, blank=True)

    class Meta:
        db_table = '"identity"."access"'
        constraints = (models.UniqueConstraint(fields=("account", "person"), name="one_access_per_account_and_person"),)

    class Classes:
        id = handle = evidence = state = how = asked_at = confirmed_by = confirmed_at = first_used_at = ended_at = (
            end_reason
        ) = "key"
        account = person = responsibility = "person"


class NoticeGiven(models.Model):
    """Which version of which notice a person was given, when and how."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="notices")
    publication = models.ForeignKey(Publication, on_delete=models.PROTECT)
    given_on = models.DateField()
    how = models.CharField(max_length=40)

    class Meta:
        db_table = '"identity"."notice_given"'
        constraints = (models.UniqueConstraint(fields=("person", "publication", "how"), name="one_telling_per_way"),)

    class Classes:
        id = publication = given_on = how = "key"
        person = "person"


class Choice(models.Model):
    """An objection, as an act with its own time; withdrawing it is a second time, not a removal."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="choices")
    kind = models.CharField(max_length=40)
    made_by = models.ForeignKey(Account, on_delete=models.PROTECT)
    made_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)
    # Made on a record that held two children, by somebody who does not act for this one.
    carried = models.BooleanField(default=False)

    class Meta:
        db_table = '"identity"."choice"'
        constraints = (
            models.UniqueConstraint(
                fields=("person", "kind"),
                condition=models.Q(withdrawn_at=None),
                name="one_standing_choice_of_a_kind",
            ),
        )

    class Classes:
        id = made_at = withdrawn_at = carried = "key"
        person = kind = made_by = "person"


class Bundle(models.Model):
    """A proof bundle asked for in the portal: made by the job process, kept a day, given once signed in."""

    ASKED, READY, FAILED, TAKEN = "asked", "ready", "failed", "taken"

    account = models.ForeignKey(Account, on_delete=models.CASCADE)
    person = models.ForeignKey(Person, on_delete=models.PROTECT)
    identifier = models.ForeignKey(Identifier, on_delete=models.PROTECT)
    epoch = models.CharField(max_length=7)
    state = models.CharField(max_length=8, default=ASKED)
    asked_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    content = models.BinaryField(null=True)

    class Meta:
        db_table = '"identity"."bundle"'

    class Classes:
        id = epoch = state = asked_at = expires_at = "key"
        account = person = identifier = content = "person"


class GatewayCase(models.Model):
    """One named child asked about under an agreement. After the answer, who it was about is sealed and cleared here."""

    ASKED, MATCHED, REFUSED, CONFIRMED, DISCLOSED = "asked", "matched", "refused", "confirmed", "disclosed"

    reference = models.CharField(max_length=64, unique=True)
    agreement = models.ForeignKey(Agreement, on_delete=models.PROTECT)
    power = models.CharField(max_length=64)
    purpose = models.CharField(max_length=64)
    items = models.JSONField()
    asked_by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    asked_about = models.JSONField(null=True)
    outcome = models.CharField(max_length=16, blank=True)
    evidence = models.JSONField(default=dict)
    person = models.ForeignKey(Person, null=True, on_delete=models.PROTECT)
    state = models.CharField(max_length=12)
    matched_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    confirmed_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    confirmed_at = models.DateTimeField(null=True)
    reasons = models.JSONField(default=list)
    reveal_by = models.DateField(null=True)
    sealed_body = models.BinaryField(null=True)
    population_file = models.CharField(max_length=64, blank=True)
    set_store = models.CharField(max_length=64, blank=True)
    submission = models.ForeignKey(LogSubmission, null=True, on_delete=models.PROTECT)
    answer = models.JSONField(null=True)
    disclosed_at = models.DateTimeField(null=True)
    # When whoever asked could first read what became of the case, whether anything was disclosed or not.
    told_at = models.DateTimeField(null=True)
    collected_at = models.DateTimeField(null=True)

    class Meta:
        db_table = '"identity"."gateway_case"'

    class Classes:
        id = reference = agreement = power = purpose = items = asked_by = asked_at = outcome = state = "key"
        matched_by = confirmed_by = confirmed_at = reasons = reveal_by = sealed_body = set_store = submission = "key"
        population_file = disclosed_at = told_at = collected_at = "key"
        asked_about = evidence = person = answer = "person"
