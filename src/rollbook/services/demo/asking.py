"""Chapter 3: two requests in the open. The panel refuses one with reasons; the gate still says no to the other."""

import io
import subprocess
import sys
import zipfile
from datetime import date, timedelta
from typing import Any

from rollbook.services.demo.papers import COLLECTION, RESEARCH_ITEMS
from rollbook.services.demo.stage import Stage
from rollbook.services.demo.visitor import Page
from rollbook.services.platform import clock

TEXTS: dict[str, Any] = {
    "applicant_names": "Dr Noor Feskettle",
    "funders": "Ostlebury Education Trust",
    "lay_summary": "We want to know whether girls and boys, with and without free school meals, "
    "get help for special needs alike.",
    "public_benefit": "Schools can see where help does not reach children who need it, and mend that.",
    "technical_summary": "Counts of pupils by sex, support for special needs and free meals.",
}
LETTINGS_TEXTS: dict[str, Any] = {
    "applicant_names": "Osric Vantlemoor",
    "funders": "Tidewick Lettings Limited",
    "lay_summary": "We want to rank streets by the schools their children go to.",
    "public_benefit": "People who look for a flat can choose a street.",
    "technical_summary": "Counts of pupils by language and school.",
}


def ask(stage: Stage) -> None:
    """A university and a company ask; both requests are public at once."""
    with stage.narrator.step(
        "A university and a lettings company ask for data; both requests are public at once"
    ) as step:
        stage.facts["request"] = _request(
            stage, "researcher", "Help for special needs, by sex and free meals", RESEARCH_ITEMS, TEXTS
        )
        stage.facts["refused"] = _request(
            stage, "lettings", "Streets ranked by their schoolchildren", ("language",), LETTINGS_TEXTS
        )
        register = stage.visitor("public").open("/register/requests/").text
        for reference in (stage.facts["request"], stage.facts["refused"]):
            stage.narrator.check(reference in register, f"{reference} is on the register before any decision")
        step.link = stage.link("/register/requests/")


def decide(stage: Stage) -> None:
    """A panel member approves one and refuses the other, with reasons."""
    with stage.narrator.step(
        "The panel approves one and refuses the other, with reasons; the refused one stays public"
    ) as step:
        until = clock.today() + timedelta(days=300)
        _decide(
            stage, stage.facts["refused"], "refuse", "Ranking streets serves no child's education. It is not research."
        )
        _decide(
            stage, stage.facts["request"], "approve", "The question matters and needs no more than these items.", until
        )
        page = stage.visitor("public").open(f"/register/requests/{stage.facts['refused']}/")
        stage.narrator.check("Ranking streets serves no child" in page.text, "the reasons of the refusal are public")
        step.link = page.url
        stage.wait_for_page("researcher", "/casework/projects/", "Help for special needs")
        project = stage.visitor("researcher").open("/casework/projects/").link("Help for special needs")
        stage.facts["project"] = project.removeprefix(stage.site)


def write_the_study(stage: Stage) -> None:
    """On the researcher's own machine, without the authority's data: a new study, dummy data, a run."""
    folder = stage.folder / "study"
    with stage.narrator.step("The researcher writes a study against dummy data on their own machine") as step:
        for command in step.through((["new", str(folder)], ["dummy", str(folder)], ["run", str(folder)])):
            done = subprocess.run(
                [sys.executable, "-m", "rollbook.cli.main", "study", *command],
                capture_output=True,
                text=True,
                check=False,
            )
            stage.narrator.check(done.returncode == 0, f"rollbook study {command[0]} works: {done.stderr[-300:]}")
        step.link = str(folder / "study.toml")


def refused_by_the_gate(stage: Stage) -> None:
    """Approved, yet the project is shut: no agreement, no assessment, nobody accredited or trained, no site. Each is
    named.
    """
    with stage.narrator.step("Approved, yet the gate says no, with every reason that is missing") as step:
        page = stage.visitor("researcher").open(stage.facts["project"])
        for word in ("agreement", "assessment", "not accredited", "training", "accredited site"):
            stage.narrator.check(word in page.text.lower(), f"the gate names what is missing: {word}")
        step.link = page.url


def send_in(stage: Stage, files: dict[str, str]) -> Page:
    """Send the study of the story in; a file with text replaces the one in the folder."""
    folder, packed = stage.folder / "study", io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text or (folder / name).read_text())
    browser = stage.visitor("researcher")
    page = browser.submit(
        browser.open(stage.facts["project"]), "Send the study in", files={"files": ("study.zip", packed.getvalue())}
    )
    stage.narrator.check(page.status == 200, f"the study is taken in: {page.text[:300]}")
    return page


def run_until(stage: Stage, state: str, study: int = -1) -> Page:
    """Run the newest (or another) study of the project and wait until the run's page shows `state`."""
    browser = stage.visitor("researcher")
    page = browser.open(stage.facts["project"])
    forms = [form for form in page.document.forms if "/run/" in (form.get("action") or "")]
    newest = max(forms, key=lambda form: int(form.get("action").rstrip("/").split("/")[-2]))
    chosen = newest if study < 0 else forms[study]
    started = browser.submit_form(page, chosen)
    return stage.wait_for_page("researcher", started.url.removeprefix(stage.site), state)


def _request(stage: Stage, key: str, title: str, items: tuple[str, ...], texts: dict[str, Any]) -> str:
    browser, starts = stage.visitor(key), clock.today()
    page = browser.submit(
        browser.open("/casework/requests/new/"), title=title, purpose="research-analysis", power="PWR-03",
        collections=[COLLECTION], items=list(items), sample_why="The question is about every pupil of the area.",
        **_boxes("starts", starts), **_boxes("ends", starts + timedelta(days=365)), **texts,
    )  # fmt: skip
    stage.narrator.check(
        page.status == 200 and "/register/requests/" in page.url, f"the request is made: {page.text[:400]}"
    )
    return page.url.rstrip("/").rsplit("/", 1)[-1]


def _decide(stage: Stage, reference: str, result: str, reasons: str, until: date | None = None) -> None:
    browser = stage.visitor("panel")
    page = browser.open(f"/casework/panel/{reference}/")
    dates: dict[str, Any] = _boxes("expires", until) if until else {}
    page = browser.submit(page, result=result, reasons=reasons, **dates)
    stage.narrator.check(page.status == 200 and "/register/" in page.url, f"the panel decides: {page.text[:400]}")


def _boxes(name: str, day: date) -> dict[str, Any]:
    return {f"{name}-day": str(day.day), f"{name}-month": str(day.month), f"{name}-year": str(day.year)}
