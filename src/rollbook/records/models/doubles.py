"""Two records that may be one person's, and records that must never be joined. In the identity schema."""

from django.db import models

from rollbook.records.models.accounts import Account
from rollbook.records.models.identity import Person, new_handle


class Double(models.Model):
    """Two person keys somebody decides about: found by linking or told by a custodian. `person` is the lower key."""

    handle = models.CharField(max_length=22, unique=True, default=new_handle)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    other = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    outcome = models.CharField(max_length=16)
    evidence = models.JSONField(default=list)
    found_at = models.DateTimeField()
    state = models.CharField(max_length=12)
    why = models.CharField(max_length=40, blank=True)
    proposed_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    decided_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True)

    class Meta:
        db_table = '"identity"."double"'
        constraints = (
            models.UniqueConstraint(fields=("person", "other"), name="one_question_per_pair"),
            models.CheckConstraint(condition=models.Q(person__lt=models.F("other")), name="lower_key_first"),
        )

    class Classes:
        id = handle = outcome = found_at = state = why = proposed_by = decided_by = decided_at = "key"
        person = other = evidence = "person"


class DoNotLink(models.Model):
    """That a record is never joined with another (`other`), or with any (`other` empty). No process overrides it."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    other = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    why = models.CharField(max_length=40)
    recorded_by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()
    lifted_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    lifted_at = models.DateTimeField(null=True)

    class Meta:
        db_table = '"identity"."do_not_link"'

    class Classes:
        id = recorded_by = recorded_at = lifted_by = lifted_at = "key"
        person = other = why = "person"
