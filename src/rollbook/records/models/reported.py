"""Uses that did not happen inside Rollbook: days of look-ups in other databases, and releases logged late."""

from django.db import models

from rollbook.records.models.log import LogSubmission


class LookupAccount(models.Model):
    """An account of an organisation in another database of the authority, through which records are looked up."""

    reference = models.CharField(max_length=64, unique=True)
    submission = models.ForeignKey(LogSubmission, on_delete=models.PROTECT, related_name="+")
    opens = models.DateField()
    closed_on = models.DateField(null=True)

    class Classes:
        id = submission = "key"
        reference = opens = closed_on = "public"


class ReportedUse(models.Model):
    """One day of an account, from its first answer on, or one late release (then `account` is empty).

    `did` is drawn before anything is answered; set, population and entry come when the day is reported.
    """

    account = models.ForeignKey(LookupAccount, null=True, on_delete=models.PROTECT, related_name="days")
    day = models.DateField()
    did = models.CharField(max_length=44, unique=True)
    epoch = models.CharField(max_length=7)
    population_file = models.CharField(max_length=64, blank=True)
    submission = models.ForeignKey(LogSubmission, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = (models.UniqueConstraint(fields=("account", "day"), name="one_day_of_an_account"),)

    class Classes:
        id = account = submission = population_file = "key"
        day = did = epoch = "public"
