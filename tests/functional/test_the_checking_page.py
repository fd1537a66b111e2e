"""A parent checks a proof file on an old phone, 360 pixels wide: on the site, and with the page saved to the phone."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from rollbook.services.portal import bundles
from rollbook.tlog.limits import LIMITS
from rollbook.tlog.report import OWN_PAGE
from rollbook.tlog.trust import NO_WITNESS_SENTENCE
from tests.functional.conftest import Visitor, faults
from tests.functional.test_portal_pages import UPN, Town, family, made_proof_file, town
from tests.letters import Family

pytestmark = pytest.mark.django_db(transaction=True)
__all__ = ["family", "town"]
ROOT = Path(__file__).parents[2]


def asked_elsewhere(page: Page, base: str) -> list[str]:
    """Collects every request of a page that goes anywhere but to the site or its own file."""
    others: list[str] = []
    own = (f"{base}/record/check/", f"{base}/log/", "file:", "data:", "blob:")
    page.on("request", lambda request: None if request.url.startswith(own) else others.append(request.url))
    return others


def check(page: Page, proof: Path, number: str = UPN) -> None:
    page.get_by_label("The pupil number").fill(number.lower())
    page.get_by_label("Your proof files").set_input_files(proof)
    page.get_by_role("button", name="Check the files").click()
    expect(page.locator("#result h2")).to_be_focused()


def holds(page: Page) -> None:
    """What every page must keep, of the page as it stands."""
    assert faults(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def shown_complete(page: Page) -> None:
    result = page.locator("#result")
    expect(result.locator("h2")).to_have_text("Complete: every use is answered, and the answers hold")
    expect(result.locator(".answer")).to_have_text("This pupil's record WAS in it.")
    expect(result).to_contain_text(NO_WITNESS_SENTENCE)
    for limit in LIMITS:
        expect(result).to_contain_text(limit)
    assert UPN not in result.inner_text()


def test_a_parent_checks_a_file_on_a_phone(open_browser: Any, town: Town, family: Family, tmp_path: Path) -> None:
    made_proof_file(family.parent, family.handle)
    (file,) = bundles.proof_page(family.parent, family.handle).files
    proof = tmp_path / "proof.txt"
    proof.write_bytes(bundles.take_bundle(by=family.parent, handle=family.handle, epoch=file.epoch, place=1))
    phone: Visitor = open_browser(phone=True)
    page = phone.visit("/record/check/")
    others, errors = asked_elsewhere(page, phone.base), []
    page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)

    page.get_by_label("The pupil number").fill(UPN)
    page.get_by_role("button", name="Check the files").click()
    expect(page.get_by_role("status")).to_have_text("Choose the proof files first.")
    check(page, proof)
    shown_complete(page)
    expect(page.locator("#result")).to_contain_text(OWN_PAGE)
    holds(page)

    forged = tmp_path / "forged.txt"
    forged.write_bytes(proof.read_bytes().replace(b" in ", b" out ", 1))
    check(page, forged)
    expect(page.locator("#result h2")).to_have_text("Not valid: do not believe it")
    expect(page.locator("#result")).to_contain_text("The step that failed: Check the proof of each answer.")
    holds(page)
    check(page, proof, "123")
    expect(page.locator("#result h2")).to_have_text("Nothing could be checked")

    page.goto(f"{phone.base}/record/how-to-check/")
    with page.expect_download() as saving:
        page.get_by_role("link", name="Save the checking page").click()
    saving.value.save_as(tmp_path / "check.html")
    with page.expect_download() as saving:
        page.get_by_role("link", name="Save a copy of the log").click()
    saving.value.save_as(tmp_path / "log-copy")
    assert others == [
        f"{phone.base}/record/how-to-check/",
        *(url for url in others if "/static/" in url or "/log-copy" in url),
    ]

    saved = phone.context.new_page()
    others = asked_elsewhere(saved, "none")
    saved.goto((tmp_path / "check.html").as_uri())
    holds(saved)
    check_without_log(saved, proof)
    saved.get_by_label("A copy of the log, in one file").set_input_files(tmp_path / "log-copy")
    check(saved, proof)
    shown_complete(saved)
    holds(saved)
    assert by_package(tmp_path, proof)["verdict"] == "complete"
    cut = tmp_path / "cut"
    cut.write_bytes((tmp_path / "log-copy").read_bytes()[:-1])
    saved.get_by_label("A copy of the log, in one file").set_input_files(cut)
    check(saved, proof)
    expect(saved.locator("#result")).to_contain_text("This file is not a copy of a log")
    assert (others, errors) == ([], [])

    plain: Visitor = open_browser(phone=True, scripts=False)
    text = plain.visit("/record/check/").locator("main")
    expect(text).to_contain_text(re.compile("needs JavaScript.*rollbook verify", re.DOTALL))
    expect(plain.page.locator("form")).to_be_hidden()


def by_package(place: Path, proof: Path) -> Any:
    """What the package says of the same file, under the policy in the saved page and the saved copy of the log."""
    policy = (place / "check.html").read_text().partition('id="own-policy">')[2].partition("</script>")[0]
    (place / "policy").write_text(policy)
    (place / "me").write_text(UPN)
    names = {name: str(place / name) for name in ("log-copy", "policy", "me", "state")}
    given = [str(proof), "--log", names["log-copy"], "--policy", names["policy"], "--identifier-file", names["me"]]
    program = [sys.executable, "-c", "from rollbook_verify.command import main; main()"]
    path = {"PYTHONPATH": os.pathsep.join((str(ROOT / "verifier"), str(ROOT / "src")))}
    ran = subprocess.run(
        [*program, *given, "--state", names["state"], "--json"], env=path, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


def check_without_log(page: Page, proof: Path) -> None:
    page.get_by_label("The pupil number").fill(UPN)
    page.get_by_label("Your proof files").set_input_files(proof)
    page.get_by_role("button", name="Check the files").click()
    expect(page.get_by_role("status")).to_have_text("Choose the copy of the log first.")
