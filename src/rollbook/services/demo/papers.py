"""Chapter 1: people, organisations, and the papers without which nothing may begin."""

from datetime import timedelta

from rollbook.dataplane.census.catalogue import items_of
from rollbook.services.accounts import accounts
from rollbook.services.collections import collections
from rollbook.services.demo.cast import AUTHORITY, ORGANISATIONS, PASSWORD, POLICE, STAFF, UNIVERSITY
from rollbook.services.demo.stage import Stage
from rollbook.services.log.genesis import found_log
from rollbook.services.log.reader import head
from rollbook.services.platform import clock
from rollbook.services.platform.actors import operator
from rollbook.services.projects import governance, safe_people, safe_places
from rollbook.services.projects.governance import Clause, Step

COLLECTION = "sc-spr-2025"
YEAR = timedelta(days=365)
RESEARCH_ITEMS = ("sex", "language", "sen-provision", "fsm-start-date")
POLICE_ITEMS = ("surname", "forename", "date-of-birth", "address-line", "postcode")


def open_the_log(stage: Stage) -> None:
    """The first entries of the public log: who runs it, whom to trust, the key of the month."""
    with stage.narrator.step("The public log begins", stage.link("/register/log/")):
        found_log(ORGANISATIONS[AUTHORITY][0])
        stage.wait("the log has a signed head", lambda: (found := head()) is not None and found.size >= 3)


def open_accounts(stage: Stage) -> None:
    """Bodies are verified, staff get accounts; each sets their own second factor up."""
    with stage.narrator.step(f"{len(STAFF)} people get accounts and set up a second factor over HTTP") as step:
        for number, (name, sector) in ORGANISATIONS.items():
            governance.register_organisation(by=operator(), name=name, number=number, sector=sector)
            governance.verify_organisation(by=operator(), number=number)
        for member in step.through(STAFF):
            stage.accounts[member.key] = accounts.open_account(
                by=operator(), email=member.email, name=member.name, role=member.role, password=PASSWORD,
                organisation_id=governance.organisation_id(member.organisation) if member.organisation else None,
                laestab=stage.facts["laestab"] if member.school else None, holder=f"staff {member.key}",
            )  # fmt: skip
            stage.sign_in(member)
        step.link = stage.link("/account/sign-in/")


def open_collection(stage: Stage) -> None:
    """A collection opens only when a notice and an assessment cover every item: tried without, then with."""
    items = [item.id for item in items_of(COLLECTION)]
    today = clock.today()
    with stage.narrator.step(
        "The spring census opens, once its notice and its impact assessment are published"
    ) as step:
        notice = governance.publish(
            by=operator(), kind="notice", title="How we use what schools tell us about you", from_=today,
            review_by=today + YEAR, items=items, document=NOTICE,
        )  # fmt: skip
        assessment = governance.record_assessment(
            by=operator(), title="Impact assessment of the school census, spring 2025", purposes=["school-census"],
            items=items, steps=CENSUS_STEPS, starts=today, review_by=today + YEAR,
        )  # fmt: skip
        stage.wait("both papers are in the log", lambda: _in_log(notice, assessment))
        collections.open_collection(by=operator(), code=COLLECTION, notice=notice, assessment=assessment)
        step.link = stage.link(f"/register/collections/{COLLECTION}/")


def sign_papers(stage: Stage) -> None:
    """The papers that the approved research still lacked, and the agreement with the police."""
    today = clock.today()
    with stage.narrator.step(
        "Agreement, assessment and accreditation are recorded, each with a date for review"
    ) as step:
        agreement = governance.record_agreement(
            by=operator(), organisation=UNIVERSITY, title="Agreement with the University of Ostlebury", power="PWR-03",
            purposes=["research-analysis"], items=RESEARCH_ITEMS, clauses=RESEARCH_CLAUSES, starts=today,
            ends=today + 2 * YEAR, review_by=today + YEAR,
        )  # fmt: skip
        assessment = governance.record_assessment(
            by=operator(), title="Impact assessment of research inside the safe setting",
            purposes=["research-analysis"], items=RESEARCH_ITEMS, steps=RESEARCH_STEPS, starts=today,
            review_by=today + YEAR,
        )  # fmt: skip
        _make_safe(stage)
        stage.facts["police-agreement"] = governance.record_agreement(
            by=operator(), organisation=POLICE, title="Agreement with Ostlebury Constabulary", power="PWR-10",
            cited_law="Data Protection Act 2018, Schedule 2, paragraph 2, with section 29 of the invented Police Act",
            purposes=["missing-child"], items=POLICE_ITEMS, clauses=POLICE_CLAUSES, starts=today, ends=today + YEAR,
            review_by=today + YEAR / 2,
        )  # fmt: skip
        governance.record_assessment(
            by=operator(), title="Impact assessment of the gateway for missing children", purposes=["missing-child"],
            items=POLICE_ITEMS, steps=POLICE_STEPS, starts=today, review_by=today + YEAR,
        )  # fmt: skip
        stage.wait("the papers are in the log", lambda: _in_log(agreement, assessment, stage.facts["police-agreement"]))
        step.link = stage.link("/register/agreements/")


def _make_safe(stage: Stage) -> None:
    """The researcher is accredited and trained, and the university's library is a site that may be worked from."""
    researcher, today = stage.accounts["researcher"], clock.today()
    safe_people.record_accreditation(
        by=operator(), account_id=researcher, scheme="accredited-researcher", starts=today - YEAR, expires=today + YEAR
    )
    safe_people.record_training(
        by=operator(), account_id=researcher, course="Safe researcher training", passed_on=today - YEAR,
        expires=today + 2 * YEAR,
    )  # fmt: skip
    safe_places.accredit_site(
        by=operator(), organisation=UNIVERSITY, name="Library, second floor", asks="network",
        # The demonstration is looked at on the machine it runs on.
        networks=["127.0.0.0/8", "::1/128"], starts=today - YEAR, expires=today + 2 * YEAR,
    )  # fmt: skip


def _in_log(*references: str) -> bool:
    from rollbook.records.models.log import LogSubmission

    return LogSubmission.objects.filter(entry_id__in=references, state=LogSubmission.APPENDED).count() == len(
        references
    )


NOTICE = """How we use what schools tell us about you

Your school tells us facts about you three times a year: your name, your school, how often you were there, and what help
you get. The law says that schools must send them.

We keep them in one place. People who study schools work inside it, without names. No copy leaves.

You can see what is held, who used it and why. You can say no to research. Ask your school for a letter.
"""
CENSUS_STEPS = (
    Step("What is done", "Schools send one file a term. It is checked, matched to the right child, and kept."),
    Step("Why it is needed", "To fund schools and to know how they serve children; Education Act 1996, section 537A."),
    Step("What could go wrong", "A wrong child, a wrong fact, a fact used for something else, a fact kept for ever."),
    Step(
        "What is done about it",
        "Identifiers are checked; sources are shown; one gate for every use; retention for every item.",
    ),
)
RESEARCH_STEPS = (
    Step("What is done", "A study reads approved items of permitted people inside a sandbox without a network."),
    Step("What could go wrong", "Somebody is recognised in a table, or in the difference of two tables."),
    Step(
        "What is done about it",
        "No small groups; two checkers; each table is held against every table that ever left.",
    ),
)
POLICE_STEPS = (
    Step("What is done", "One named child at a time, under an agreement, confirmed by a second person."),
    Step("What could go wrong", "The wrong child; a weak match; asking about many; asking for ever."),
    Step("What is done about it", "Only a clear match is answered; every case is sealed, counted and told on a date."),
)
RESEARCH_CLAUSES = (
    Clause("Work inside", "All work is done inside Rollbook. No row leaves.", "University"),
    Clause("No way back", "Nobody tries to find out who a pseudonym stands for.", "University"),
    Clause("Review", "Both sides review this agreement every year, in public.", "Authority"),
)
POLICE_CLAUSES = (
    Clause("One child", "Each case names one child who is missing.", "Constabulary"),
    Clause("Told later", "The case is told to everyone on its date.", "Authority"),
)
