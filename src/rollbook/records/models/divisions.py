"""Records that held two children, divided by two custodians. In the identity schema."""

from django.db import models

from rollbook.records.models.accounts import Account
from rollbook.records.models.identity import Person, Sighting, new_handle


class Division(models.Model):
    """One record that may hold two children. `person` keeps its key; `other` is the new key, once it is divided.

    `goes`: the sightings that are the other child's. `adults`: for each responsibility and each account of a pupil, by
    handle, whose it is. `numbers`: the identifiers that were changed, with the person and standing each had before.
    """

    handle = models.CharField(max_length=22, unique=True, default=new_handle)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    other = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=12)
    told_at = models.DateTimeField()
    goes = models.JSONField(default=list)
    adults = models.JSONField(default=dict)
    numbers = models.JSONField(default=list)
    proposed_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    decided_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    divided_at = models.DateTimeField(null=True)
    undo_proposed_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    undone_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    undone_at = models.DateTimeField(null=True)

    class Meta:
        db_table = '"identity"."division"'
        constraints = (
            models.UniqueConstraint(
                fields=("person",), condition=models.Q(state__in=("waiting", "proposed")), name="one_open_division"
            ),
        )

    class Classes:
        id = handle = state = told_at = proposed_by = decided_by = divided_at = undo_proposed_by = undone_by = "key"
        undone_at = "key"
        person = other = goes = adults = numbers = "person"


class Reassignment(models.Model):
    """That a sighting was found to be another child's: whose it `was`, and the key its study rows bear (`stored`).

    The sighting names whose it is now; the study rows are never written again, and readers go by this.
    """

    division = models.ForeignKey(Division, on_delete=models.PROTECT, related_name="reassignments")
    sighting = models.ForeignKey(Sighting, on_delete=models.PROTECT, related_name="reassignments")
    was = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    stored = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")

    class Meta:
        db_table = '"identity"."reassignment"'
        constraints = (models.UniqueConstraint(fields=("division", "sighting"), name="one_reassignment_a_division"),)

    class Classes:
        id = "key"
        division = sighting = was = stored = "person"
