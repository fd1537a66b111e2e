"""Last chapter: the story is checked from outside, by its public pages and by anyone's reading of the log."""

import subprocess
import sys

from rollbook.services.demo.stage import Stage

PUBLIC = (
    "/", "/register/", "/register/requests/", "/register/requests.csv", "/register/requests.json", "/register/uses/",
    "/register/releases/", "/register/volumes/", "/register/duties/", "/register/collections/", "/register/log/",
    "/dictionary/", "/record/how-to-check/", "/log/checkpoint",
)  # fmt: skip


def audit(stage: Stage) -> None:
    """Every public page answers and names nobody; the whole log is read and judged by its rules."""
    with stage.narrator.step("") as step:
        secrets = (stage.facts["upn"], stage.facts["surname"], "@rollbook.invalid")
        for path in PUBLIC:
            page = stage.visitor("public").open(path)
            stage.narrator.check(page.status == 200, f"{path} answers")
            stage.narrator.check(
                not any(secret.encode() in page.body for secret in secrets), f"{path} names no pupil or address"
            )
        done = subprocess.run(
            [sys.executable, "-m", "rollbook.cli.main", "log", "audit"], capture_output=True, text=True, check=False
        )
        stage.narrator.check(done.returncode == 0, f"the log obeys its rules: {done.stdout}{done.stderr}")
        step.says = f"{len(PUBLIC)} public pages answer and name nobody; the whole log obeys its rules"
        step.link = stage.link("/register/log/")
