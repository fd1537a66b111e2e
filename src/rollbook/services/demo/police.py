"""Chapter 6: a missing child. One case, one child, two people; sealed in the log, counted in public, told on a date."""

from lxml import html

from rollbook.services.demo.stage import Stage
from rollbook.services.demo.visitor import Page


def case(stage: Stage) -> None:
    """The officer asks; one custodian finds a clear match; another confirms; the answer is read once."""
    narrator = stage.narrator
    with narrator.step("A police officer asks about one missing child under an agreement in force") as step:
        browser, facts = stage.visitor("police"), stage.facts
        year, month, day = facts["born"].split("-")
        page = browser.submit(
            browser.open(f"/casework/cases/ask/{facts['police-agreement']}/"), purpose="missing-child",
            items=["address-line", "postcode"], surname=facts["surname"], forename=facts["forename"],
            born_day=day, born_month=month, born_year=year,
        )  # fmt: skip
        narrator.check(page.status == 200 and page.url.endswith("/cases/"), f"the case is open: {page.text[:400]}")
        step.link = stage.link("/casework/cases/")
    with narrator.step("One custodian finds a clear match with its evidence; a second person confirms") as step:
        desk = stage.visitor("custodian").open("/casework/desk/")
        address = desk.link_below("/casework/desk/")
        first = stage.visitor("custodian")
        first.submit(first.open(address), "Look for the child")
        again = first.open(address)
        try_alone = first.submit_form(again, _forged(again, address), deed="confirm")
        narrator.check(try_alone.status >= 400, "nobody confirms their own match")
        second = stage.visitor("second-custodian")
        done = second.submit(second.open(address), "Confirm")
        narrator.check(done.status == 200, f"a second custodian confirms: {done.text[:300]}")
        step.link = address
    with narrator.step("The case is sealed in the log, then answered once; the volumes page counts it") as step:
        page = stage.wait_for_page("police", "/casework/cases/", "Collect the answer once")
        answer = browser.submit(page, "Collect the answer")
        permitted = facts["postcode"] in answer.text and facts["upn"] not in answer.text
        narrator.check(permitted, "only the permitted items are answered")
        narrator.check(
            "Collect the answer once" not in browser.open("/casework/cases/").text, "the answer is read once"
        )
        log = stage.visitor("public").open("/register/log/").text.lower()
        narrator.check("may not be told yet" in log, "the seal is public")
        narrator.check(facts["surname"].lower() not in log, "the public seal names nobody")
        volumes = stage.visitor("public").open("/register/volumes.json").body
        narrator.check(b"sealed" in volumes, "the volumes count the sealed case")
        step.link = stage.link("/register/volumes/")


def _forged(page: Page, address: str) -> html.FormElement:
    """A form that the page does not show, for a deed the person may not do: any form's token, another address."""
    form = next(form for form in page.document.forms if "csrfmiddlewaretoken" in form.fields)
    form.action = address
    return form
