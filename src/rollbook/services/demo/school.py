"""A school corrects its return by its own page: it uploads, sees findings, explains, mends, submits, gets a receipt.

The job process checks the files and takes the last one in; the story only waits for what the pages say.
"""

from pathlib import Path

from lxml import etree

from rollbook.services.demo.returns import part_of, pupil_of
from rollbook.services.demo.stage import Stage
from rollbook.services.demo.visitor import Page

# Help without a kind of need is an error; a year group that does not fit the age asks for an explanation.
ERROR, QUERY = "PT-050b", "PT-048"
USUAL_YEAR, UNUSUAL_YEAR = "7", "11"
WORDS = "Taught out of year since September, agreed with the family and the authority."
NEED = "<SENneeds><SENneed><SENtypeRank>1</SENtypeRank><SENtype>SLCN</SENtype></SENneed></SENneeds>"


def correct(stage: Stage) -> None:
    """After the study, the school sends its return again: the child does get help for special needs."""
    tree = etree.fromstring(Path(stage.facts["return"]).read_bytes())
    _upload_and_explain(stage, tree)
    _mend_and_submit(stage, tree)
    _answer(stage)
    _seen_by_the_parent(stage)


def _upload_and_explain(stage: Stage, tree: etree._Element) -> None:
    with stage.narrator.step(
        "The school uploads a correction on its page: one error, one query; it explains the query"
    ) as step:
        part_of(pupil_of(tree, stage.facts["upn"]), "SENprovision").text = "K"
        _out_of_year(tree, stage.facts["upn"])
        page = _send(stage, tree, "002", "Mend the errors and send the file again")
        for rule in (ERROR, QUERY):
            stage.narrator.check(rule in page.text, f"the school sees {rule}")
        school = stage.visitor("school")
        asked = school.open(page.link_below(f"/rules/{QUERY}"))
        said = school.submit(asked, "Save the explanation", text=WORDS, which="all")
        stage.narrator.check(WORDS in said.text, "the explanation stands beside the query")
        refused = school.open(f"{page.url}submit/")
        stage.narrator.check(refused.url == page.url, "a file with an error has no way to be submitted")
        step.link = page.url


def _mend_and_submit(stage: Stage, tree: etree._Element) -> None:
    with stage.narrator.step(
        "It sends the mended file, the explanation goes over; it submits and has a receipt"
    ) as step:
        part_of(pupil_of(tree, stage.facts["upn"]), "SENprovision").addnext(etree.fromstring(NEED))
        page = _send(stage, tree, "003", "Ready to submit")
        stage.narrator.check("1 query keeps its explanation" in page.text, "the explanation goes over")
        school = stage.visitor("school")
        school.submit(school.open(page.link("Go on to submit")), "Submit the return")
        received = stage.wait_for_page("school", page.url, "See the receipt")
        receipt = school.open(received.link("See the receipt"))
        for words in ("accepted", "your earlier return", QUERY):
            stage.narrator.check(words in receipt.text, f"the receipt says {words}")
        step.link = receipt.url


def _answer(stage: Stage) -> None:
    with stage.narrator.step("The data team reads the explanation and accepts it") as step:
        team = stage.visitor("custodian")
        waiting = team.open("/casework/explanations/")
        one = team.open(waiting.link(stage.facts["school"]))
        stage.narrator.check(WORDS in one.text, "the data team reads what the school says")
        left = team.submit(one, "Save", answer="accept")
        stage.narrator.check("No explanation waits" in left.text, "it waits no more")
        stage.narrator.check("Not explained" in left.text, "the team sees how many queries are explained")
        step.link = waiting.url


def _seen_by_the_parent(stage: Stage) -> None:
    with stage.narrator.step("The parent sees the old value, the new one, and the use that had the old one") as step:
        page = stage.visitor("parent").open(stage.facts["record"])
        for words in ("SEN support", "No special needs support", "Special needs support by sex"):
            stage.narrator.check(words in page.text, f"old value, new value and the use that had it: {words}")
        step.link = stage.link(stage.facts["record"])


def _send(stage: Stage, tree: etree._Element, serial: str, words: str) -> Page:
    """Upload the return under a serial number, and wait until the file's page says `words`."""
    part_of(tree, "SerialNo").text = serial
    data = etree.tostring(tree, xml_declaration=True, encoding="UTF-8")
    school = stage.visitor("school")
    sent = school.submit(school.open("/school/upload/"), files={"file": (f"return-{serial}.xml", data)})
    return stage.wait_for_page("school", sent.url, words)


def _out_of_year(tree: etree._Element, upn: str) -> None:
    """Put another child, of the youngest year, among the eldest."""
    others = (one for one in tree.iter("PupilOnRoll") if one.findtext(".//UPN") != upn)
    years = (part_of(one, "NCyearActual") for one in others)
    next(year for year in years if year.text == USUAL_YEAR).text = UNUSUAL_YEAR
