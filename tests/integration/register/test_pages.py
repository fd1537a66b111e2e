"""The public pages: what they show to anyone, what stays on them, and what never stands on them."""

import csv
import html
import io
import json
import re
from datetime import date
from typing import Any

from django.test import Client
from django.urls import get_resolver

from rollbook.records.models.accounts import Accreditation, Training
from rollbook.records.models.governance import Agreement, Decision, Publication, Request
from rollbook.records.models.studies import Project
from rollbook.services.catalogue.rulebook import rule_address, rule_lines, rule_page
from rollbook.services.log import writer
from rollbook.services.platform import clock
from rollbook.services.projects import governance, requests
from tests import grounds
from tests.integration.log import log_story
from tests.people import OPERATOR, PANEL_MEMBER, PEOPLE, RESEARCHER, actor_of
from tests.register_ground import Register

ADDRESSES = [
    "/", "/register/", "/register/requests/", "/register/requests/?state=rejected", "/register/requests/?words=lunches",
    "/register/uses/", "/register/releases/", "/register/volumes/", "/register/duties/", "/register/agreements/",
    "/register/assessments/", "/register/notices/", "/register/rules/", "/register/powers/", "/register/collections/",
    "/register/log/", "/register/log/health/", "/register/log/0/", "/register/log/4/",
    "/register/log/explained/", "/register/log/engineers/",
    "/dictionary/", "/dictionary/sex/",
    "/dictionary/nationality/", "/dictionary/surname/", "/dictionary/assessment-result/", "/dictionary/?words=lunch",
    "/rules/", "/rules/?page=2", "/rules/?kind=XX",
    "/rules/?return=ctf&severity=error", "/rules/PT-041/", "/rules/EY-010/", "/rules/NC-SENneeds/",
]  # fmt: skip
FILES = [
    f"/register/{name}.{ending}"
    for name in ("requests", "decisions", "uses", "releases", "volumes", "duties")
    for ending in ("csv", "json")
]
FILES += [f"/dictionary{part}.{ending}" for part in ("", "-codes") for ending in ("csv", "json")]
FILES += ["/rules.csv", "/rules.json"]


def text(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, (address, answer.status_code)
    return str(answer.content.decode())


def test_every_page_opens_for_anyone_with_one_heading(client: Client, register: Register) -> None:
    for address in ADDRESSES:
        page = text(client, address)
        assert page.count("<h1") == 1, address
        assert not re.search(r">\s*None\s*<", page), address
        assert "<script>" not in page


def test_a_register_with_nothing_in_it_has_its_pages_too(client: Client, empty_log: None) -> None:
    for address in (*ADDRESSES, *FILES):
        if address != "/register/log/4/":
            text(client, address)


def test_before_the_log_begins_the_pages_say_so(client: Client, db: None) -> None:
    log_story.empty_log()
    for address in ("/register/", "/register/uses/", "/register/volumes/", "/register/log/", "/register/duties/"):
        text(client, address)
    for address in ("/register/volumes/", "/register/log/"):
        assert "The log has not begun" in text(client, address)


def test_a_refused_request_stays_public_with_its_reasons(client: Client, register: Register) -> None:
    assert register.refused in text(client, "/register/requests/")
    page = text(client, f"/register/requests/{register.refused}/")
    assert "Everything about everybody" in page
    assert "Names are not needed to answer the question." in page
    assert "Refused" in page
    assert register.refused in text(client, "/register/requests.csv")


def test_a_withdrawn_request_stays_public(client: Client, register: Register) -> None:
    requests.withdraw(by=actor_of(RESEARCHER), reference=register.open, reasons="We found another way.")
    page = text(client, f"/register/requests/{register.open}/")
    assert "Withdrawn" in page
    assert "We found another way." in page


def test_what_is_held_after_its_expiry_is_shown_as_overdue(client: Client, register: Register) -> None:
    """CASE-09: an approval that has run out over an open project is never simply live."""
    request = Request.objects.get(reference=register.ground.request)
    Project.objects.create(reference="project-1", request=request, opened_at=clock.now())
    assert "Overdue" not in text(client, "/register/requests/")
    Decision.objects.filter(request=request).update(expires=grounds.days(-1))
    assert "Overdue" in text(client, "/register/requests/")
    assert "Overdue" in text(client, f"/register/requests/{request.reference}/")
    Project.objects.update(closed_at=clock.now())
    assert "Overdue" not in text(client, "/register/requests/")


def test_a_request_shows_all_29_fields_and_what_the_gate_lacks(client: Client, register: Register) -> None:
    page = text(client, f"/register/requests/{register.open}/")
    for name in ("Project ID", "Lay summary", "Objections applied", "Research outputs", "How privacy is protected"):
        assert name in page
    assert "The panel has not decided" in page
    assert register.ground.agreement in page
    allowed = text(client, f"/register/requests/{register.ground.request}/")
    assert "Yes. Every ground is there" in allowed
    assert "SI 2009/1563" in allowed


def test_a_request_is_public_before_the_log_is_written(client: Client, register: Register) -> None:
    reference = grounds.ask(title="A third question")
    assert "not yet in the log" in text(client, f"/register/requests/{reference}/")


def test_the_list_narrows_to_a_state(client: Client, register: Register) -> None:
    names = {"open": register.open, "approved": register.ground.request, "rejected": register.refused}
    for state, name in names.items():
        page = text(client, f"/register/requests/?state={state}")
        assert [one for one in names.values() if one in page] == [name]


def test_csv_and_json_say_the_same_as_the_page(client: Client, register: Register) -> None:
    rows = list(csv.DictReader(io.StringIO(text(client, "/register/requests.csv"))))
    objects = json.loads(text(client, "/register/requests.json"))
    assert [row["reference"] for row in rows] == [one["reference"] for one in objects]
    assert {row["state"] for row in rows} == {"open", "approved", "rejected"}


def test_every_decision_stands_with_its_reasons_in_csv_and_json(client: Client, register: Register) -> None:
    rows = list(csv.DictReader(io.StringIO(text(client, "/register/decisions.csv"))))
    objects = json.loads(text(client, "/register/decisions.json"))
    assert [(row["request"], row["result"], row["reasons"]) for row in rows] == [
        (one["request"], one["result"], one["reasons"]) for one in objects
    ]
    assert {(row["request"], row["result"]) for row in rows} == {
        (register.refused, "refuse"), (register.ground.request, "approve")
    }  # fmt: skip
    (refusal,) = [row for row in rows if row["result"] == "refuse"]
    assert refusal["reasons"] == "Names are not needed to answer the question."
    assert refusal["role"] == "panel-member"


def test_a_cell_that_a_spreadsheet_would_run_is_made_harmless(client: Client, register: Register) -> None:
    grounds.ask(title='=HYPERLINK("x")')
    titles = [row["title"] for row in csv.DictReader(io.StringIO(text(client, "/register/requests.csv")))]
    assert '\'=HYPERLINK("x")' in titles
    assert not any(title.startswith("=") for title in titles)


def test_markup_in_a_request_is_shown_as_text(client: Client, register: Register) -> None:
    reference = grounds.ask(title="<b>Bold</b>", texts={**grounds.TEXTS, "lay_summary": "<script>alert(1)</script>"})
    for address in ("/register/requests/", f"/register/requests/{reference}/", "/register/"):
        page = text(client, address)
        assert "<b>Bold" not in page
        assert "<script>alert" not in page


def test_no_public_page_shows_the_address_or_number_of_an_account(client: Client, register: Register) -> None:
    # Without accreditations the gate has something to say about each member of the team.
    Accreditation.objects.all().delete()
    pages = [text(client, address) for address in [*ADDRESSES, *FILES]]
    for reference in (register.refused, register.open, register.ground.request):
        pages.append(text(client, f"/register/requests/{reference}/"))
    assert "This person is not accredited" in pages[-1]
    for page in pages:
        assert not re.search(r"\baccount:? ?[0-9]", page)
        for person in PEOPLE:
            assert person.email not in page
        assert PANEL_MEMBER.name not in page


def test_a_request_shows_until_when_its_team_is_accredited_without_naming_anybody(
    client: Client, register: Register
) -> None:
    Accreditation.objects.update(scheme="accredited-researcher", expires=date(2031, 7, 4))
    Training.objects.update(course="Safe use", passed_on=date(2026, 2, 3), expires=date(2029, 8, 5))
    page = text(client, f"/register/requests/{register.ground.request}/")
    for words in ("Accredited researcher", "4 July 2031", "Safe use", "3 February 2026", "5 August 2029"):
        assert words in page
    assert RESEARCHER.name not in page.split("Accreditations of those")[1].split("</table>")[0]


def test_an_agreement_is_shown_clause_by_clause(client: Client, register: Register) -> None:
    page = text(client, f"/register/papers/{register.ground.agreement}/")
    assert "The work is done inside." in page
    assert "Quillmere University" in page
    assert Publication.objects.get(reference=register.ground.agreement).document in page.replace("&#43;", "+")


def test_old_versions_stay(client: Client, register: Register) -> None:
    newer = grounds.assessment(title="Research, second version", supersedes=register.ground.assessment)
    page = text(client, "/register/assessments/")
    assert newer in page
    assert register.ground.assessment in page
    assert "Superseded" in page
    assert newer in text(client, f"/register/papers/{register.ground.assessment}/")


def test_an_overdue_review_shows_without_anybody_showing_it(client: Client, register: Register) -> None:
    assert "Nothing is overdue." in text(client, "/register/duties/")
    Agreement.objects.update(review_by=grounds.days(-3))
    Publication.objects.filter(kind="agreement").update(review_by=grounds.days(-3))
    page = text(client, "/register/duties/")
    assert register.ground.agreement in page
    assert "Review of an agreement" in page


def test_an_entry_is_told_in_a_sentence_and_in_its_bytes(client: Client, register: Register) -> None:
    page = text(client, "/register/log/")
    assert "Quillmere University asks: Everything about everybody." in page
    assert "Refused (decided by: panel member)." in page
    assert "rollbook verify" in page
    digest = re.search(r"/log/doc/([0-9a-f]{64})", page)
    assert digest
    assert b"quorum none" in b"".join(client.get(f"/log/doc/{digest[1]}").streaming_content)
    assert "The log begins, kept by A made-up authority." in text(client, "/register/log/0/")
    assert "genesis" in text(client, "/register/log/0/")


NOWHERE = [
        "/register/requests/RB-1999-0001/", "/register/papers/notice-1999-0001/", "/register/releases/nothing/",
        "/register/releases/nothing.csv", "/register/releases/nothing.json", "/register/log/99999/",
        "/register/collections/sc-spr-1999/", "/dictionary/shoe-size/", "/register/requests/?page=99",
        "/rules/PT-999/", "/rules/pt-001/", "/rules/?page=99",
]  # fmt: skip


def test_what_does_not_exist_is_not_found(client: Client, register: Register) -> None:
    for address in (*NOWHERE, "/register/papers/%00/", "/register/requests/RB%00/", "/dictionary/%00/"):
        assert client.get(address).status_code == 404, address


def test_every_rule_has_its_page_where_reports_point_to(client: Client, empty_log: None) -> None:
    for rule in rule_lines():
        page, found = html.unescape(text(client, rule_address(rule.id))), rule_page(rule.id)
        assert found is not None
        said = (rule.id, rule.message, rule.mend, rule.source, rule.reference, *rule.fields, *found.returns)
        for one in (*said, *found.passes, *found.fails):
            assert one in page, rule.id


def test_rules_are_narrowed_by_return_severity_and_kind(client: Client, empty_log: None) -> None:
    page = text(client, "/rules/?return=eyc&severity=dropped")
    assert re.findall(r'href="/rules/([^"/.]+)/"', page) == ["PT-041", "PT-062", "EY-010"]
    assert "3 rules" in page
    assert "No rule is like that." in text(client, "/rules/?return=eyc&kind=PR")
    listed = [one["id"] for one in json.loads(text(client, "/rules.json"))]
    assert listed == [one.id for one in rule_lines()]


def test_nothing_on_the_register_can_be_changed_from_the_web(client: Client, register: Register) -> None:
    addresses = [*ADDRESSES[1:], *FILES, f"/register/requests/{register.open}/"]
    for address in addresses:
        for method in (client.post, client.put, client.delete, client.patch):
            assert method(address).status_code == 405


def test_all_pages_of_this_surface_are_public() -> None:
    from rollbook.web.register.urls import urlpatterns

    rules: set[Any] = {getattr(pattern.callback, "rollbook_access", None) for pattern in urlpatterns}
    assert rules == {("public",)}
    assert get_resolver().url_patterns


def test_a_renamed_organisation_is_shown_as_not_usable(client: Client, register: Register) -> None:
    governance.rename_organisation(by=OPERATOR, number=register.ground.organisation, name="Quillmere Analytics")
    writer.append_waiting()
    page = text(client, f"/register/requests/{register.ground.request}/")
    assert "name or number has changed since it was verified" in page
