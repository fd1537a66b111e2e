"""Projects, studies, runs and what came out of them."""

from django.db import models

from rollbook.records.models.accounts import Account, Device, Site
from rollbook.records.models.governance import Publication, Request
from rollbook.records.models.log import LogSubmission


class Project(models.Model):
    """An approved request at work. It has a pseudonym key of its own, which only the job process can use."""

    reference = models.CharField(max_length=64, unique=True)
    request = models.OneToOneField(Request, on_delete=models.PROTECT)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    members = models.ManyToManyField(Account, related_name="projects")

    class Classes:
        id = members = "key"
        reference = request = opened_at = closed_at = "public"


class Draw(models.Model):
    """The first draw of a project's sample: the limits that every later draw keeps, and the paper that tells of it."""

    project = models.OneToOneField(Project, on_delete=models.PROTECT)
    limits = models.JSONField()
    publication = models.OneToOneField(Publication, on_delete=models.PROTECT)
    drawn_at = models.DateTimeField()

    class Classes:
        # A limit beside a stratum's size tells how many people there are, however few.
        id = limits = "key"
        project = publication = drawn_at = "public"


class Study(models.Model):
    """One submitted version of a study: its files, their digest as public name of what ran, and the commit they were
    shown to stand in (empty: none). `publication` is the log's paper of it, from its first use on; `file` is what it
    says of the file it hands over by exception, empty where it hands over a table.
    """

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="studies")
    author = models.ForeignKey(Account, on_delete=models.PROTECT)
    title = models.CharField(max_length=200)
    digest = models.CharField(max_length=64)
    commit = models.CharField(max_length=64, blank=True)
    files = models.JSONField()
    items = models.JSONField()
    file = models.JSONField(default=dict)
    publication = models.OneToOneField(Publication, null=True, on_delete=models.PROTECT)
    submitted_at = models.DateTimeField()

    class Classes:
        id = author = "key"
        project = title = digest = commit = files = items = file = publication = submitted_at = "public"


class Run(models.Model):
    """One execution of a study inside: a use of every record in its population."""

    QUEUED, OPENED, RUNNING, DONE, REFUSED, FAILED = (
        "queued",
        "opened",
        "running",
        "done",
        "refused",
        "failed",
    )

    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="runs")
    state = models.CharField(max_length=16, default=QUEUED)
    asked_by = models.ForeignKey(Account, on_delete=models.PROTECT)
    site = models.ForeignKey(Site, null=True, on_delete=models.PROTECT)
    device = models.ForeignKey(Device, null=True, on_delete=models.PROTECT)
    queued_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    returns = models.JSONField(default=list)
    epoch = models.CharField(max_length=7, blank=True)
    did = models.CharField(max_length=44, blank=True)
    population_file = models.CharField(max_length=64, blank=True)
    set_store = models.CharField(max_length=64, blank=True)
    people = models.IntegerField(default=0)
    left_out = models.IntegerField(default=0)
    reasons = models.JSONField(default=list)
    submission = models.ForeignKey(LogSubmission, null=True, on_delete=models.PROTECT)

    class Classes:
        id = asked_by = site = device = returns = population_file = set_store = people = left_out = submission = "key"
        study = state = queued_at = started_at = ended_at = epoch = did = reasons = "public"


class Output(models.Model):
    """A table the platform computed from a run, with the verdict of the rules; or, by exception, the file a study
    handed over, as `text`, with its warnings and no verdict. Not public until released.
    """

    TABLE, FILE = "table", "file"
    MADE, STOPPED, CHECKING, CONSOLIDATING, DECIDING = "made", "stopped", "checking", "consolidating", "deciding"
    RETURNED, REJECTED, WITHDRAWN = "returned", "rejected", "withdrawn"
    AGREED, RELEASED, REVOKED = "agreed", "released", "revoked"

    run = models.ForeignKey(Run, on_delete=models.PROTECT, related_name="outputs")
    reference = models.CharField(max_length=64, unique=True)
    kind = models.CharField(max_length=8, default=TABLE)
    title = models.CharField(max_length=200)
    dimensions = models.JSONField()
    measure = models.CharField(max_length=32)
    table = models.JSONField()
    text = models.TextField(blank=True)
    rules = models.JSONField()
    state = models.CharField(max_length=16)
    made_at = models.DateTimeField()
    # Who is in which cell, what the terms of a model tell, and the outputs this one was held against.
    membership_file = models.CharField(max_length=64, default="")
    term_files = models.JSONField(default=list)
    audited = models.JSONField(default=list)

    class Classes:
        # `rules` names the cells that failed, and a label is what study code made of data: not for the public.
        id = run = table = text = rules = membership_file = term_files = audited = "key"
        reference = kind = title = dimensions = measure = state = made_at = "public"


class Turn(models.Model):
    """One time that an author hands an output to the checkers, with what they are told about it; `result` is the state
    it led to. A verdict counts in its own turn alone.
    """

    output = models.ForeignKey(Output, on_delete=models.PROTECT, related_name="turns")
    number = models.IntegerField()
    context = models.JSONField()
    submitted_by = models.ForeignKey(Account, on_delete=models.PROTECT)
    submitted_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    result = models.CharField(max_length=16, blank=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("output", "number"), name="one_turn_at_a_time"),)

    class Classes:
        id = output = number = submitted_by = "key"
        context = submitted_at = decided_at = result = "public"


class Claim(models.Model):
    """A checker has taken an output on, for this turn."""

    turn = models.ForeignKey(Turn, on_delete=models.PROTECT, related_name="claims")
    checker = models.ForeignKey(Account, on_delete=models.PROTECT)
    made_at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("turn", "checker"), name="one_claim_per_checker"),)

    class Classes:
        id = turn = checker = made_at = "key"


class Verdict(models.Model):
    """What one checker said in a turn, unseen by the other until both are in. One who thinks again adds another, with
    the next `number`; the last counts. An `early` one ended the turn alone: nobody reads the others of that turn. An
    approval of a file has a ground for each criterion, published with it.
    """

    output = models.ForeignKey(Output, on_delete=models.PROTECT, related_name="verdicts")
    turn = models.ForeignKey(Turn, on_delete=models.PROTECT, related_name="verdicts")
    checker = models.ForeignKey(Account, on_delete=models.PROTECT)
    number = models.IntegerField(default=1)
    verdict = models.CharField(max_length=16)
    comment = models.TextField(blank=True)
    note = models.TextField(blank=True)
    grounds = models.JSONField(default=dict)
    made_at = models.DateTimeField()
    early = models.BooleanField(default=False)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("turn", "checker", "number"), name="one_verdict_per_checker"),)

    class Classes:
        id = output = turn = checker = number = verdict = comment = note = grounds = made_at = early = "key"


class Release(models.Model):
    """A table that left (`csv`) or, by exception, a `file`, after its entry in the log, with the record of how it was
    judged. One that was revoked says why, and shows no figure any more.
    """

    output = models.OneToOneField(Output, on_delete=models.PROTECT)
    submission = models.ForeignKey(LogSubmission, on_delete=models.PROTECT)
    csv = models.TextField(blank=True)
    file = models.TextField(blank=True)
    record = models.TextField()
    manifest = models.TextField()
    agreed_at = models.DateTimeField()
    released_at = models.DateTimeField(null=True)
    revoke_ground = models.CharField(max_length=32, blank=True)
    revoke_reason = models.TextField(blank=True)
    revoke_asked_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT)
    revoke_submission = models.ForeignKey(LogSubmission, null=True, on_delete=models.PROTECT, related_name="+")
    revoked_at = models.DateTimeField(null=True)

    class Classes:
        id = submission = manifest = agreed_at = revoke_asked_by = revoke_submission = "key"
        output = csv = file = record = released_at = revoke_ground = revoke_reason = revoked_at = "public"


class RecheckTask(models.Model):
    """A released table that would not pass under other parameters, for a checker to look at. It changes nothing by
    itself: a checker revokes the table or says why it stays.
    """

    REVOKED, STAYS = "revoked", "stays"

    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="tasks")
    parameters = models.JSONField()
    reasons = models.JSONField()
    made_at = models.DateTimeField()
    settled_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT)
    settled_at = models.DateTimeField(null=True)
    result = models.CharField(max_length=16, blank=True)
    note = models.TextField(blank=True)

    class Classes:
        # The reasons name cells that may be too small: not for the public.
        id = release = parameters = reasons = made_at = settled_by = settled_at = result = note = "key"
