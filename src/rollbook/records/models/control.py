"""Audit rows and messages: what was done, and what is to be sent."""

from django.db import models

from rollbook.records.models.accounts import Account


class Audit(models.Model):
    """One deed. No foreign keys, so it never follows or blocks live data; the database grants no change or removal."""

    at = models.DateTimeField()
    actor = models.CharField(max_length=80)
    channel = models.CharField(max_length=16)
    deed = models.CharField(max_length=80)
    target = models.CharField(max_length=120)
    facts = models.JSONField(default=dict)

    class Classes:
        id = at = actor = channel = deed = target = facts = "key"


class Message(models.Model):
    """Something to be told to an account: shown at its next sign-in, and written to the outbox folder.

    `about` is the reader's own handle of a record; a message about a record that is no longer theirs is not shown.
    """

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="messages")
    kind = models.CharField(max_length=40)
    about = models.CharField(max_length=22, blank=True)
    subject = models.CharField(max_length=200)
    body = models.TextField()
    made_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)

    class Classes:
        id = account = kind = about = made_at = read_at = "key"
        subject = body = "person"


class TryCount(models.Model):
    """How many codes were tried from one connection, or from everywhere, in one hour. `bucket` is a keyed hash."""

    bucket = models.CharField(max_length=64)
    hour = models.DateTimeField()
    tries = models.IntegerField(default=0)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("bucket", "hour"), name="one_count_per_bucket_and_hour"),)

    class Classes:
        id = bucket = hour = tries = "key"
