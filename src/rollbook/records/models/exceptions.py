"""Files by exception: what was asked of the panel, and what it decided. Nothing here is ever changed."""

from django.db import models

from rollbook.records.models.accounts import Account
from rollbook.records.models.log import LogSubmission
from rollbook.records.models.studies import Project


class FileException(models.Model):
    """A project asks that a study of its may hand over one file, for a reason. Public from the moment it is asked."""

    reference = models.CharField(max_length=64, unique=True)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="exceptions")
    name = models.CharField(max_length=40)
    format = models.CharField(max_length=8)
    reason = models.TextField()
    asked_by = models.ForeignKey(Account, on_delete=models.PROTECT)
    asked_at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("project", "name", "format"), name="one_exception_for_a_file"),)

    class Classes:
        id = asked_by = "key"
        reference = project = name = format = reason = asked_at = "public"


class FileDecision(models.Model):
    """What the panel decided about one of them; the latest counts, and an `allow` ends with its last day."""

    ALLOW, REFUSE = "allow", "refuse"

    exception = models.ForeignKey(FileException, on_delete=models.PROTECT, related_name="decisions")
    result = models.CharField(max_length=8)
    reasons = models.TextField()
    expires = models.DateField(null=True)
    role = models.CharField(max_length=32)
    decided_by = models.ForeignKey(Account, on_delete=models.PROTECT)
    made_at = models.DateTimeField()
    submission = models.ForeignKey(LogSubmission, on_delete=models.PROTECT)

    class Classes:
        id = decided_by = submission = "key"
        exception = result = reasons = expires = role = made_at = "public"
