"""Which database role may do what to which table: one table, read by set-up and by its tests.

A table without a row here is a failing test, and no role but the owner can touch it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from psycopg import sql

READ = "SELECT"
ADD = "SELECT, INSERT"
EDIT = "SELECT, INSERT, UPDATE"
FULL = "SELECT, INSERT, UPDATE, DELETE"

OWNER = "rollbook_owner"
PEOPLE = "rollbook_people"
LOGINS: Mapping[str, str] = {
    "web": "rollbook_web",
    "jobs": "rollbook_jobs",
    "log": "rollbook_log",
    "owner": OWNER,
    # A command of the operator works with the rights of the job process: it can change no audit row or log entry.
    "operator": "rollbook_jobs",
}


@dataclass(frozen=True, slots=True)
class Grant:
    """Privileges on one table. `people` is the role that a transaction takes to reach the identity schema."""

    web: str = ""
    jobs: str = ""
    log: str = ""
    people: str = ""

    def by_role(self) -> Mapping[str, str]:
        """Privileges by database role."""
        return {"rollbook_web": self.web, "rollbook_jobs": self.jobs, "rollbook_log": self.log, PEOPLE: self.people}


# What web pages and jobs both work on.
_SHARED = Grant(web=EDIT, jobs=EDIT, people=EDIT)
# Set up by operators and jobs; pages only show it.
_SHOWN = Grant(web=READ, jobs=EDIT, people=EDIT)
# Published by the operator, in versions: none is ever changed.
_PAPERS = Grant(web=READ, jobs=ADD, people=READ)
# Nobody gives an account another role from a page.
_SIGNS_IN = "SELECT, INSERT, UPDATE (password, last_login)"
_ASKED = "SELECT, INSERT, UPDATE (state)"
_REVOKED = "revoke_ground, revoke_reason, revoke_asked_by_id, revoke_submission_id, revoked_at"
_SETTLED = "settled_by_id, settled_at, result, note"
# Rows are added and never change.
_APPENDED = Grant(web=ADD, jobs=ADD, people=ADD)
_IDENTITY = Grant(people=EDIT)
# Sign-in belongs to the web; a job may not read a session or a second factor.
_SIGN_IN = Grant(web=FULL)
_QUEUE = Grant(web=ADD, jobs=FULL, people=ADD)

GRANTS: Mapping[str, Grant] = {
    "public.records_account": Grant(web=_SIGNS_IN, jobs=EDIT, people=_SIGNS_IN),
    "public.records_accreditation": Grant(web=READ, jobs="SELECT, INSERT, UPDATE (ended_on)", people=READ),
    "public.records_agreement": _PAPERS,
    "public.records_assessment": _PAPERS,
    "public.records_audit": Grant(web=ADD, jobs=ADD, log=ADD, people=ADD),
    "public.records_collection": _SHOWN,
    "public.records_decision": _APPENDED,
    "public.records_definedmapping": _SHOWN,
    "public.records_draw": _PAPERS,
    "public.records_fileexception": _APPENDED,
    "public.records_filedecision": _APPENDED,
    # What stands in a proof of identity is for no page.
    "public.records_holder": Grant(jobs=EDIT),
    "public.records_intakeday": _SHOWN,
    "public.records_load": _SHOWN,
    "public.records_message": _SHARED,
    "public.records_organisation": _SHOWN,
    # A page can decide about a table but neither make one nor change it, and only a job says that one has left.
    "public.records_output": Grant(web="SELECT, UPDATE (state, rules)", jobs=EDIT, people=READ),
    "public.records_project": Grant(web="SELECT, UPDATE (closed_at)", jobs=EDIT, people=READ),
    "public.records_project_members": Grant(web=READ, jobs=EDIT, people=READ),
    "public.records_publication": _PAPERS,
    # What left stays as it left: a page may only revoke it.
    "public.records_release": Grant(web=f"{ADD}, UPDATE ({_REVOKED})", jobs=EDIT, people=READ),
    "public.records_rechecktask": Grant(web=f"SELECT, UPDATE ({_SETTLED})", jobs=EDIT, people=READ),
    # What was asked stands; only what becomes of it changes.
    "public.records_request": Grant(web=_ASKED, jobs=_ASKED, people=_ASKED),
    "public.records_return": _SHOWN,
    "public.records_run": Grant(web=ADD, jobs=EDIT, people=READ),
    "public.records_school": _SHOWN,
    # A job says in which paper of the log the version stands; nothing else of it ever changes.
    "public.records_study": Grant(web=ADD, jobs="SELECT, INSERT, UPDATE (publication_id)", people=ADD),
    "public.records_trycount": Grant(web=FULL),
    "public.records_site": _SHOWN,
    # A page gives a device its key, once; everything else about a device is the operator's.
    "public.records_device": Grant(
        web="SELECT, UPDATE (key_hash, registered_at)", jobs=EDIT, people=READ
    ),
    "public.records_training": _PAPERS,
    "public.records_turn": Grant(web="SELECT, INSERT, UPDATE (decided_at, result)", jobs=READ, people=READ),
    "public.records_claim": Grant(web=FULL),
    "public.records_verdict": _APPENDED,
    "public.records_disclosureset": Grant(jobs=ADD, people=ADD),
    # Written by commands of the operator alone; pages and jobs read what they must show and count.
    "public.records_lookupaccount": Grant(web=READ, jobs=READ, people=READ),
    "public.records_reporteduse": Grant(web=READ, jobs=READ, people=READ),
    # The log: others hand in, the writer alone appends and says what it signed.
    "public.records_logdocument": Grant(web=ADD, jobs=ADD, log=EDIT, people=ADD),
    "public.records_logentry": Grant(web=READ, jobs=READ, log=FULL, people=READ),
    "public.records_logstate": Grant(web=READ, jobs=READ, log=EDIT, people=READ),
    "public.records_logsubmission": Grant(
        web=ADD, jobs=ADD, log=f"{ADD}, UPDATE (state, index, reasons)", people=ADD
    ),
    "identity.access": _IDENTITY,
    "identity.bundle": Grant(people=FULL),
    "identity.choice": _IDENTITY,
    "identity.division": _IDENTITY,
    "identity.do_not_link": _IDENTITY,
    "identity.double": _IDENTITY,
    "identity.explanation": Grant(people=FULL),
    "identity.gateway_case": _IDENTITY,
    "identity.identifier": _IDENTITY,
    "identity.key_block": _IDENTITY,
    "identity.letter": _IDENTITY,
    "identity.listed_pupil": _IDENTITY,
    "identity.notice_given": _IDENTITY,
    "identity.person": _IDENTITY,
    "identity.query": Grant(people=FULL),
    "identity.reassignment": _IDENTITY,
    "identity.responsibility": _IDENTITY,
    "identity.sighting": _IDENTITY,
    "identity.upload": Grant(people=FULL),
    "public.account_emailaddress": Grant(web=EDIT, jobs=ADD, people=EDIT),
    "public.account_emailconfirmation": _SIGN_IN,
    "public.mfa_authenticator": Grant(web=FULL, jobs="SELECT, INSERT, DELETE"),
    "public.django_session": _SIGN_IN,
    "public.auth_group": Grant(),
    "public.auth_group_permissions": Grant(),
    "public.auth_permission": Grant(),
    "public.django_content_type": Grant(),
    "public.django_migrations": Grant(web=READ, jobs=READ, log=READ),
    "public.procrastinate_events": _QUEUE,
    "public.procrastinate_jobs": _QUEUE,
    "public.procrastinate_periodic_defers": _QUEUE,
    "public.procrastinate_workers": Grant(jobs=FULL),
}  # fmt: skip


def statements() -> list[sql.Composed]:
    """The statements that make the database's grants equal to the table, whatever they were before."""
    done = [sql.SQL("GRANT USAGE ON SCHEMA identity TO {}").format(sql.Identifier(PEOPLE))]
    for table, grant in GRANTS.items():
        name = sql.Identifier(*table.split("."))
        for role, privileges in grant.by_role().items():
            done.append(sql.SQL("REVOKE ALL ON {} FROM {}").format(name, sql.Identifier(role)))
            if privileges:
                # The privileges are the constants above, never input.
                done.append(sql.SQL("GRANT {} ON {} TO {}").format(sql.SQL(privileges), name, sql.Identifier(role)))
    done += [
        sql.SQL("GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {}").format(sql.Identifier(role))
        for role in ("rollbook_web", "rollbook_jobs", PEOPLE)
    ]
    return done
