"""What a school sends by its page before it is a return, and why what was queried is right.

In the identity schema: the file is a copy of pupils' records, and a text may name a child. The file is encrypted.
"""

from typing import ClassVar

from django.db import models

from rollbook.records.models.accounts import Account, School
from rollbook.records.models.collections import Collection, Return
from rollbook.records.models.identity import new_handle


class Upload(models.Model):
    """One file. Of one that the authority's own load took in (`uploaded_by` is empty) only the queries are kept.

    `content` is its sealed bytes while there is something still to be done with them.

    `findings` is what the job process found, as `services.returns.upload_findings` writes it: places, rules and
    counts, and of a value only the last four characters of a UPN, until the file is submitted.
    """

    WAITING, CHECKED, SUBMITTED, RECEIVED = "waiting", "checked", "submitted", "received"
    REFUSED, REPLACED, EXPIRED = "refused", "replaced", "expired"
    AT_WORK: ClassVar[tuple[str, ...]] = (WAITING, CHECKED, SUBMITTED)

    handle = models.CharField(max_length=22, unique=True, default=new_handle)
    school = models.ForeignKey(School, on_delete=models.PROTECT)
    collection = models.ForeignKey(Collection, null=True, on_delete=models.PROTECT)
    uploaded_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT)
    uploaded_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    name = models.CharField(max_length=100, blank=True)
    size = models.IntegerField()
    file_sha256 = models.CharField(max_length=64)
    epoch = models.CharField(max_length=7)
    content = models.BinaryField(null=True)
    state = models.CharField(max_length=12, default=WAITING)
    findings = models.JSONField(default=dict)
    reasons = models.JSONField(default=list)
    submitted_at = models.DateTimeField(null=True)
    received = models.ForeignKey(Return, null=True, on_delete=models.PROTECT)

    class Meta:
        db_table = '"identity"."upload"'
        constraints = (
            # Two tabs that send a file each end with one: the second replaces the first.
            models.UniqueConstraint(
                fields=("school",),
                condition=models.Q(state__in=("waiting", "checked", "submitted")),
                name="one_upload_at_work_per_school",
            ),
        )

    class Classes:
        id = handle = uploaded_by = uploaded_at = expires_at = size = file_sha256 = epoch = state = "key"
        submitted_at = received = "key"
        school = collection = "school"
        name = content = findings = reasons = "person"


class Explanation(models.Model):
    """Why queried facts are right, in the school's words, and what the data team said to it."""

    GIVEN, ACCEPTED, RETURNED = "given", "accepted", "returned"

    handle = models.CharField(max_length=22, unique=True, default=new_handle)
    school = models.ForeignKey(School, on_delete=models.PROTECT)
    collection = models.ForeignKey(Collection, on_delete=models.PROTECT)
    rule = models.CharField(max_length=40)
    text = models.TextField()
    author = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    given_at = models.DateTimeField()
    state = models.CharField(max_length=12, default=GIVEN)
    answer = models.TextField(blank=True)
    answered_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    answered_at = models.DateTimeField(null=True)

    class Meta:
        db_table = '"identity"."explanation"'

    class Classes:
        id = handle = author = given_at = state = answered_by = answered_at = "key"
        school = collection = rule = "school"
        text = answer = "person"


class Query(models.Model):
    """One finding that asks for an explanation, in one upload.

    `subject` and `facts` are keyed marks of whom and of which values it speaks, and `rule_mark` one of the rule's
    words: an explanation goes over to a later upload where all three are the same.
    """

    upload = models.ForeignKey(Upload, on_delete=models.CASCADE, related_name="queries")
    place = models.IntegerField()
    rule = models.CharField(max_length=40)
    rule_mark = models.CharField(max_length=64)
    subject = models.CharField(max_length=64)
    facts = models.CharField(max_length=64)
    field = models.CharField(max_length=200)
    file = models.CharField(max_length=200, blank=True)
    line = models.IntegerField()
    pupil_no = models.IntegerField(null=True)
    upn_end = models.CharField(max_length=4, blank=True)
    explanation = models.ForeignKey(Explanation, null=True, on_delete=models.SET_NULL, related_name="queries")

    class Meta:
        db_table = '"identity"."query"'
        constraints = (models.UniqueConstraint(fields=("upload", "place"), name="one_query_per_place"),)

    class Classes:
        id = upload = place = rule_mark = subject = facts = line = pupil_no = explanation = "key"
        rule = field = file = "school"
        upn_end = "person"
