"""The control-plane side of the log: the outbox, the writer's state, detached documents, an index of entries."""

from django.db import models


class LogState(models.Model):
    """The one row that says what the log has signed; changed only by compare-and-swap."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    size = models.BigIntegerField()
    root = models.CharField(max_length=64)

    class Meta:
        constraints = (models.CheckConstraint(condition=models.Q(id=1), name="log_state_is_one_row"),)

    class Classes:
        id = "key"
        size = root = "public"


class LogSubmission(models.Model):
    """An entry waiting for its place. `refs` maps `of`, `amends` or `supersedes` to the submission it points at."""

    WAITING, APPENDED, REFUSED, SET_ASIDE = "waiting", "appended", "refused", "set-aside"
    # It will stand nowhere in the log as it is.
    WITHOUT_PLACE = (REFUSED, SET_ASIDE)

    entry_id = models.CharField(max_length=64)
    entry = models.JSONField()
    refs = models.JSONField(default=dict)
    made_at = models.DateTimeField()
    state = models.CharField(max_length=16, default=WAITING)
    index = models.BigIntegerField(null=True, unique=True)
    reasons = models.JSONField(default=list)

    class Meta:
        # Not `unique=True`: that would keep a second index for searching by beginnings.
        constraints = (models.UniqueConstraint(fields=["entry_id"], name="one_submission_per_entry_id"),)
        # Nearly all rows are appended ones; what the writer and the pages look for are the few others, in order.
        indexes = (
            models.Index(fields=["id"], condition=~models.Q(state="appended"), name="log_submission_not_appended"),
        )

    class Classes:
        id = refs = made_at = state = reasons = "key"
        entry_id = entry = index = "public"


class LogDocument(models.Model):
    """Bytes of a detached document, until and after the writer has published it."""

    digest = models.CharField(max_length=64, primary_key=True)
    body = models.BinaryField(null=True)
    published = models.BooleanField(default=False)

    class Classes:
        published = "key"
        digest = body = "public"


class LogEntry(models.Model):
    """A rebuildable index over the published entries, for pages. The files of the log are the record."""

    index = models.BigIntegerField(primary_key=True)
    type = models.CharField(max_length=32)
    entry_id = models.CharField(max_length=64)
    at = models.DateTimeField()
    body = models.JSONField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["entry_id"], name="one_entry_per_id"),)
        indexes = (models.Index(fields=["type", "index"], name="log_entry_by_type"),)

    class Classes:
        index = type = entry_id = at = body = "public"


class DisclosureSet(models.Model):
    """Where the set store of a set-bearing entry lies, for proofs. The overseer alone opens a sealed one."""

    did = models.CharField(max_length=44, primary_key=True)
    epoch = models.CharField(max_length=7, db_index=True)
    store = models.CharField(max_length=64, unique=True)
    sealed = models.BooleanField(default=False)
    made_at = models.DateTimeField()

    class Classes:
        did = epoch = "public"
        store = sealed = made_at = "key"
