"""Chapter 5: a parent starts from a letter, is confirmed by the school, sees every use, objects, and verifies.

The other parent holds the envelope of that letter. They and a stranger get nothing, not even that the child exists.
"""

import io
import shlex
import subprocess
import sys
import zipfile
from datetime import timedelta

from rollbook.services.demo.cast import OTHER_PARENT, PARENT, PASSWORD, STRANGER, Member
from rollbook.services.demo.stage import Stage
from rollbook.services.demo.visitor import Page
from rollbook.services.log.trust import own_policy
from rollbook.services.platform import clock

LETTER_CODE_SHAPE = "XXXX-XXXX-XXXX-XXXX"


def letter(stage: Stage) -> None:
    """The custodian records the parent's responsibility and issues a letter that names no child."""
    with stage.narrator.step("A letter goes to one parent with recorded responsibility; it names no child") as step:
        browser, day = stage.visitor("custodian"), (clock.today() - timedelta(days=30)).isoformat()
        page = browser.submit(
            browser.open("/casework/people/record/"), upn=stage.facts["upn"], adult_name=PARENT.name,
            address="4 Quillmere Row, Ostlebury, ZZ1 1ZZ", basis="parental-responsibility",
            evidence="birth-certificate", evidence_on=day, starts=day,
        )  # fmt: skip
        issue = browser.open(page.link(f"Issue a letter to {PARENT.name}"))
        packed = browser.submit(issue, "Issue and save the letter")
        with zipfile.ZipFile(io.BytesIO(packed.body)) as archive:
            text, pdf = archive.read("letter.txt").decode(), archive.read("letter.pdf")
        (stage.folder / "letter.pdf").write_bytes(pdf)
        for secret in (stage.facts["surname"], stage.facts["forename"], stage.facts["upn"], stage.facts["school"]):
            stage.narrator.check(secret not in text, "the letter names neither child nor school")
        stage.facts["code"] = next(word.strip(".,") for word in text.split() if _is_code(word.strip(".,")))
        step.link = str(stage.folder / "letter.pdf")


def start(stage: Stage) -> None:
    """The parent starts an account, and is let in by the school after showing who they are."""
    with stage.narrator.step(
        "The parent starts an account with the code; the school checks who they are, face to face"
    ) as step:
        page = _start_account(stage, PARENT, stage.facts["code"])
        stage.narrator.check(stage.facts["surname"] not in page.text, "the code alone shows nothing")
        number = page.text_of("account-number")
        school = stage.visitor("school")
        check = school.open(school.open("/school/").link(f"Check {PARENT.name}"))
        done = school.submit(check, "I have checked", evidence="passport", number=number)
        stage.narrator.check(done.status == 200, f"the school lets the parent in: {done.text[:300]}")
        page = stage.visitor("parent").open("/record/")
        stage.facts["record"] = page.link(stage.facts["forename"]).removeprefix(stage.site)
        step.link = stage.link("/record/")


def look(stage: Stage) -> None:
    """What is held with its source; every use with who, why, power, in or out, and what came of it."""
    with stage.narrator.step("The parent sees what is held, where each fact came from, and every use of it") as step:
        browser = stage.visitor("parent")
        held = browser.open(stage.facts["record"]).text
        for word in (stage.facts["upn"], stage.facts["school"], "How we use what schools tell us about you"):
            stage.narrator.check(word in held, "the record, its source and the notice given are shown")
        uses = browser.open(stage.facts["record"] + "uses/").text
        for word in ("University of Ostlebury", "Research or analysis", "SI 2009/1563", "Read the table"):
            stage.narrator.check(word in uses, f"the uses page says {word}")
        step.link = stage.link(stage.facts["record"] + "uses/")


def object_to_research(stage: Stage) -> None:
    """One button, with what it changes and what it does not."""
    with stage.narrator.step("The parent says no to research") as step:
        browser = stage.visitor("parent")
        page = browser.submit(browser.open(stage.facts["record"] + "choices/object/"), "Say no to research")
        stage.narrator.check("You said no" in page.text, "the objection stands")
        step.link = stage.link(stage.facts["record"] + "choices/")


def verify(stage: Stage) -> None:
    """Download the proof file and verify it with the command anyone can run; then tamper with it."""
    with stage.narrator.step("") as step:
        bundle, identifier = stage.folder / "proof.txt", stage.folder / "identifier.txt"
        policy = stage.folder / "policy.txt"
        bundle.write_bytes(_take_bundle(stage))
        identifier.write_text(f"upn:{stage.facts['upn']}\n")
        policy.write_text(own_policy())
        # The demonstration's log begins anew each time, so the last state seen of it belongs into its own folder.
        command = [
            str(bundle), "--log", f"{stage.site}/log", "--policy", str(policy),
            "--identifier-file", str(identifier), "--state", str(stage.folder / "verifier-state"),
        ]  # fmt: skip
        good = _verify(command)
        stage.narrator.check(good.returncode == 0, f"the proof file verifies: {good.stdout}{good.stderr}")
        said = " ".join(good.stdout.lower().split())
        stage.narrator.check("no independent witness" in said, "the verdict says that no witness signs yet")
        # Beside it, so that whoever tries the printed command has the whole one.
        forged = stage.folder / "proof-tampered.txt"
        forged.write_text(_tampered(bundle.read_text()))
        bad = _verify([str(forged), *command[1:]])
        stage.narrator.check(bad.returncode == 6, "a tampered proof file is refused with exit code 6")
        step.says = "The proof file verifies against the public log; a tampered one is refused"
        step.link = shlex.join([".venv/bin/rollbook", "verify", *command])


def others(stage: Stage) -> None:
    """The other parent with the used envelope, and a stranger: nothing, and nothing to learn."""
    with stage.narrator.step("The other parent holding the envelope, and a stranger, get nothing and learn nothing"):
        answers = []
        for member, code in ((OTHER_PARENT, stage.facts["code"]), (STRANGER, "AAAA-BBBB-CCCC-DDDD")):
            browser = stage.visitor(member.key)
            said = browser.submit(browser.open("/account/start/"), code=code, email=member.email, password=PASSWORD)
            answers.append(said.text)
            refused = browser.open(stage.facts["record"])
            stage.narrator.check(stage.facts["surname"] not in refused.text, f"{member.key} sees no name")
        stage.narrator.check(answers[0] == answers[1], "a used code and an invented one get the same answer")


def _start_account(stage: Stage, member: Member, code: str) -> Page:
    browser = stage.visitor(member.key)
    browser.submit(browser.open("/account/start/"), code=code, email=member.email, password=PASSWORD)
    return stage.sign_in(member)


def _take_bundle(stage: Stage) -> bytes:
    browser, path = stage.visitor("parent"), stage.facts["record"] + "proof/"
    browser.submit(browser.open(path), "Make my")
    page = stage.wait_for_page("parent", path, "Save the file for")
    return browser.submit(page, "Save the file").body


def _verify(arguments: list[str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "rollbook.cli.main", "verify", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def _tampered(text: str) -> str:
    """The same file, with one `in` turned into `out`."""
    return text.replace(" in ", " out ", 1) if " in " in text else text.replace(" out ", " in ", 1)


def _is_code(word: str) -> bool:
    return len(word) == len(LETTER_CODE_SHAPE) and all(len(part) == 4 and part.isalnum() for part in word.split("-"))
