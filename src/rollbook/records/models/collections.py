"""Collections, the returns schools send, and what was found in them. No value of a pupil stands here."""

import uuid

from django.db import models

from rollbook.records.models.accounts import School
from rollbook.records.models.governance import Assessment, Publication
from rollbook.records.models.log import LogSubmission


class Collection(models.Model):
    """The exercise, for example the spring school census of one year."""

    code = models.CharField(max_length=32, primary_key=True)
    name = models.CharField(max_length=120)
    reference_date = models.DateField()
    items = models.JSONField()
    notice = models.ForeignKey(Publication, on_delete=models.PROTECT)
    assessment = models.ForeignKey(Assessment, on_delete=models.PROTECT)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Classes:
        code = name = reference_date = items = notice = assessment = opened_at = closed_at = "public"


class Return(models.Model):
    """One school's file for one collection, accepted or refused whole."""

    ACCEPTED, SUPERSEDED, REFUSED = "accepted", "superseded", "refused"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    collection = models.ForeignKey(Collection, on_delete=models.PROTECT)
    school = models.ForeignKey(School, on_delete=models.PROTECT)
    serial = models.CharField(max_length=200)
    received_at = models.DateTimeField()
    file_sha256 = models.CharField(max_length=64)
    state = models.CharField(max_length=16)
    on_roll = models.IntegerField(default=0)
    no_longer_on_roll = models.IntegerField(default=0)
    issues = models.JSONField(default=list)
    discards = models.JSONField(default=list)
    delta_versions = models.JSONField(default=dict)
    supersedes = models.ForeignKey("self", null=True, on_delete=models.PROTECT)
    superseded_at = models.DateTimeField(null=True)
    # The day's entry in the log that counts this return. Each return is counted once, by the first entry after it came.
    intake = models.ForeignKey("IntakeDay", null=True, on_delete=models.PROTECT)

    class Meta:
        constraints = (
            # Two returns of one school at once end as one: the second cannot also be the accepted one.
            models.UniqueConstraint(
                fields=("collection", "school"),
                condition=models.Q(state="accepted"),
                name="one_accepted_return_per_school_and_collection",
            ),
        )

    class Classes:
        id = file_sha256 = delta_versions = supersedes = superseded_at = intake = "key"
        collection = school = serial = received_at = state = on_roll = no_longer_on_roll = issues = discards = "school"


class DefinedMapping(models.Model):
    """The mapping file of a collection that is no census: which column is which item. Its text is public."""

    code = models.CharField(max_length=32, primary_key=True)
    text = models.TextField()
    sha256 = models.CharField(max_length=64)
    defined_at = models.DateTimeField()

    class Classes:
        code = text = sha256 = defined_at = "public"


class Load(models.Model):
    """One file of attainment or reference data, of many schools at once, accepted or refused whole.

    `report` is what was found in it: counts, totals and lines, never a value of a row.
    """

    ACCEPTED, SUPERSEDED, REFUSED = "accepted", "superseded", "refused"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    collection = models.ForeignKey(Collection, on_delete=models.PROTECT)
    received_at = models.DateTimeField()
    file_name = models.CharField(max_length=200)
    file_sha256 = models.CharField(max_length=64)
    mapping_sha256 = models.CharField(max_length=64)
    state = models.CharField(max_length=16)
    report = models.JSONField(default=dict)
    delta_versions = models.JSONField(default=dict)
    supersedes = models.ForeignKey("self", null=True, on_delete=models.PROTECT)
    superseded_at = models.DateTimeField(null=True)
    submission = models.ForeignKey(LogSubmission, null=True, on_delete=models.PROTECT)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("collection",), condition=models.Q(state="accepted"), name="one_accepted_load_per_collection"
            ),
        )

    class Classes:
        id = file_sha256 = mapping_sha256 = delta_versions = supersedes = superseded_at = submission = "key"
        collection = received_at = state = "public"
        file_name = report = "school"


class IntakeDay(models.Model):
    """That the returns of one collection and day have been entered in the log, as counts."""

    collection = models.ForeignKey(Collection, on_delete=models.PROTECT)
    day = models.DateField()
    submission = models.ForeignKey(LogSubmission, on_delete=models.PROTECT)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("collection", "day"), name="one_intake_entry_per_day"),)

    class Classes:
        id = submission = "key"
        collection = day = "public"
