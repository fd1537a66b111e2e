"""Chapter 4: studies run inside; a table that points at one child is stopped; one that passes is released."""

from typing import Any

from rollbook.services.demo.asking import run_until, send_in
from rollbook.services.demo.stage import Stage

ONE_CHILD = """CREATE TABLE people AS
SELECT DISTINCT ON (ppid) ppid,
    CASE sex WHEN 'F' THEN 'Girls' ELSE 'Boys' END AS sex,
    CASE WHEN ppid = (SELECT min(ppid) FROM pupil) THEN 'One child' ELSE 'Others' END AS support,
    'All' AS free_meals
FROM pupil ORDER BY ppid;
"""
FILES = {"study.toml": "", "steps/01-meals.sql": "", "steps/02-people.sql": ""}
CONTEXT: dict[str, Any] = {
    "shows": "How many girls and boys get support for special needs, by free meals.",
    "population": "Every pupil of the schools in the collection, less those who objected.",
    "safe": "Each group is large, and no group is all alike.",
}


def stopped(stage: Stage) -> None:
    """A table with one child in a cell is stopped, with the cell and the rule named."""
    with stage.narrator.step(
        "Now the gate says yes. A table with one child in a cell is stopped, cell and rule named"
    ) as step:
        send_in(stage, FILES | {"steps/02-people.sql": ONE_CHILD})
        page = run_until(stage, "A rule stopped the table")
        stage.narrator.check("support" in page.text and "SDC-" in page.text, "the cell and the rule are named")
        stage.narrator.check("One child" not in page.text, "the label that points at a child is not shown")
        step.link = page.url


def checked(stage: Stage) -> None:
    """The study proper runs; its table passes the rules and waits for two people."""
    with stage.narrator.step("The study runs inside: its use is signed into the log before the data opens") as step:
        send_in(stage, FILES)
        page = run_until(stage, "Say what it shows")
        page = stage.visitor("researcher").submit(page, "Hand in", **CONTEXT)
        stage.narrator.check("The table passed the rules" in page.text, f"the table is handed in: {page.text[:300]}")
        stage.facts["run"] = page.url.removeprefix(stage.site)
        step.link = stage.link("/register/uses/")
    with stage.narrator.step(
        "Two checkers, neither seeing the other's verdict, agree; the log entry comes before the table"
    ) as step:
        waiting = stage.visitor("checker").open("/casework/checking/")
        stage.facts["output"] = waiting.link_below("/casework/checking/").removeprefix(stage.site)
        _verdict(stage, "checker")
        second = stage.visitor("second-checker").open(stage.facts["output"])
        stage.narrator.check("Clear and useful" not in second.text, "the second checker does not see the first verdict")
        _verdict(stage, "second-checker")
        page = stage.wait_for_page("public", "/register/releases/", "Special needs support by sex")
        stage.facts["release"] = page.link("Special needs support by sex").removeprefix(stage.site)
        table = stage.visitor("public").open(stage.facts["release"])
        stage.narrator.check("Girls" in table.text and "Boys" in table.text, "anyone can read the released table")
        step.link = stage.link(stage.facts["release"])


def run_again(stage: Stage) -> None:
    """After the objection the next run leaves the child out; its table is stopped, because a difference would show."""
    with stage.narrator.step(
        "The next run leaves the child out; its table is refused: beside the first it would show one child"
    ) as step:
        page = run_until(stage, "this one would show too few people")
        uses = stage.visitor("parent").open(stage.facts["record"] + "uses/")
        stage.narrator.check(
            "left out, because of an objection" in uses.text,
            f"the parent sees that the child was left out: {uses.text[:900]}",
        )
        stage.facts["second-run"] = page.url.removeprefix(stage.site)
        step.link = page.url


def _verdict(stage: Stage, key: str) -> None:
    browser = stage.visitor(key)
    page = browser.submit(browser.open(stage.facts["output"]), verdict="approve", comment="Clear and useful")
    stage.narrator.check(page.status == 200, f"{key} gives a verdict: {page.text[:300]}")
