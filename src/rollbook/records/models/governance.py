"""Requests, decisions, and the dated records without which the gate says no."""

from django.db import models

from rollbook.records.models.accounts import Account, Organisation
from rollbook.records.models.log import LogSubmission


class Publication(models.Model):
    """One version of a notice, agreement, assessment or rule set, fixed by its hash in the log."""

    kind = models.CharField(max_length=16)
    reference = models.CharField(max_length=64, unique=True)
    title = models.CharField(max_length=200)
    body = models.TextField()
    document = models.CharField(max_length=44)
    starts = models.DateField()
    review_by = models.DateField(null=True)
    items = models.JSONField(default=list)
    supersedes = models.ForeignKey("self", null=True, on_delete=models.PROTECT)
    submission = models.ForeignKey(LogSubmission, on_delete=models.PROTECT)
    made_at = models.DateTimeField()

    class Classes:
        id = submission = "key"
        kind = reference = title = body = document = starts = review_by = items = supersedes = made_at = "public"


class Request(models.Model):
    """Somebody asks to use data. Public from the moment it is made, whatever becomes of it."""

    reference = models.CharField(max_length=64, unique=True)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT)
    requester = models.ForeignKey(Account, on_delete=models.PROTECT)
    title = models.CharField(max_length=200)
    kind = models.CharField(max_length=8, default="new")
    amends = models.ForeignKey("self", null=True, on_delete=models.PROTECT)
    purpose = models.CharField(max_length=64)
    power = models.CharField(max_length=64)
    items = models.JSONField()
    classes = models.JSONField()
    collections = models.JSONField()
    mode = models.CharField(max_length=16, default="safe-setting")
    texts = models.JSONField(default=dict)
    sample = models.JSONField(default=dict)
    starts = models.DateField()
    ends = models.DateField()
    state = models.CharField(max_length=16)
    made_at = models.DateTimeField()
    submission = models.ForeignKey(LogSubmission, on_delete=models.PROTECT)

    class Classes:
        id = requester = submission = "key"
        reference = organisation = title = kind = amends = purpose = power = items = classes = collections = "public"
        mode = texts = sample = starts = ends = state = made_at = "public"


class Decision(models.Model):
    """What the panel (or the requester, withdrawing) decided, with reasons."""

    request = models.ForeignKey(Request, on_delete=models.PROTECT, related_name="decisions")
    result = models.CharField(max_length=16)
    role = models.CharField(max_length=32)
    decided_by = models.ForeignKey(Account, on_delete=models.PROTECT)
    reasons = models.TextField()
    expires = models.DateField(null=True)
    made_at = models.DateTimeField()
    submission = models.ForeignKey(LogSubmission, on_delete=models.PROTECT)

    class Classes:
        id = decided_by = submission = "key"
        request = result = role = reasons = expires = made_at = "public"


class Agreement(models.Model):
    """The terms an organisation is bound by, clause by clause, with the date by which they must be reviewed."""

    publication = models.OneToOneField(Publication, on_delete=models.PROTECT)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT)
    power = models.CharField(max_length=64)
    cited_law = models.CharField(max_length=200, blank=True)
    purposes = models.JSONField()
    items = models.JSONField()
    clauses = models.JSONField()
    starts = models.DateField()
    ends = models.DateField()
    review_by = models.DateField()

    class Classes:
        id = "key"
        publication = organisation = power = cited_law = purposes = items = clauses = starts = ends = review_by = (
            "public"
        )


class Assessment(models.Model):
    """An impact assessment: the items and purposes it covers, and until when it is current."""

    publication = models.OneToOneField(Publication, on_delete=models.PROTECT)
    items = models.JSONField()
    purposes = models.JSONField()
    starts = models.DateField()
    review_by = models.DateField()

    class Classes:
        id = "key"
        publication = items = purposes = starts = review_by = "public"
