"""What the story plays on: an installation of its own, its processes, and a browser for each person."""

import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from rollbook.kernel.refusals import Reason, StateBroken
from rollbook.services.demo import folder as own_folder
from rollbook.services.demo.cast import PASSWORD, Member
from rollbook.services.demo.narrator import Narrator
from rollbook.services.demo.one_time_code import code_at
from rollbook.services.demo.visitor import Page, Visitor
from rollbook.services.platform import config as settings
from rollbook.services.platform import database, embedded, keys, supervise
from rollbook.services.platform.config import Config
from rollbook.services.platform.processes import run_self

SECRETS = "people.json"
PATIENCE_S = 60.0
BETWEEN_LOOKS_S = 0.1


@dataclass
class Stage:
    """The installation and everyone's browser. `facts` are what one chapter leaves for the next."""

    folder: Path
    config: Config
    narrator: Narrator
    browsers: dict[str, Visitor] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    accounts: dict[str, int] = field(default_factory=dict)
    facts: dict[str, str] = field(default_factory=dict)

    @property
    def site(self) -> str:
        """Address of the site."""
        return self.config.public_url

    def link(self, path: str) -> str:
        """A full address to print."""
        return f"{self.site}{path}"

    def visitor(self, key: str) -> Visitor:
        """The browser of a person, or of the public where nobody of that name signed in."""
        return self.browsers.setdefault(key, Visitor(self.site))

    def sign_in(self, member: Member) -> Page:
        """Sign in for the first time over HTTP: address and password, then set the authenticator up."""
        browser = self.visitor(member.key)
        page = browser.submit(browser.open("/account/sign-in/"), login=member.email, password=PASSWORD)
        key = "".join(page.text_of("authenticator-key").split())
        page = browser.submit(page, code=code_at(key, time.time()))
        self.secrets[member.key] = key
        (self.folder / SECRETS).write_text(json.dumps(self.secrets))
        (self.folder / SECRETS).chmod(0o600)
        self.narrator.check(page.status == 200, f"{member.name} can sign in")
        return page

    def wait(self, what: str, holds: Callable[[], bool]) -> None:
        """Wait until something that a background process does has happened.

        Raises:
            StateBroken: it did not happen in time.
        """
        deadline = time.monotonic() + PATIENCE_S
        while not holds():
            if time.monotonic() > deadline:
                raise StateBroken(Reason("demo-wait", f"Waited a minute in vain: {what}"))
            time.sleep(BETWEEN_LOOKS_S)

    def wait_for_page(self, key: str, path: str, words: str) -> Page:
        """Look at a page again and again until it says `words`."""
        found: list[Page] = []

        def says() -> bool:
            found[:] = [self.visitor(key).open(path)]
            return words.lower() in found[0].text.lower()

        self.wait(f"{path} says '{words}'", says)
        return found[0]


def installation(folder: Path, bind: str) -> Config:
    """The settings of the demonstration, put into the environment so that its processes see them too.

    Raises:
        SetupFailed: under production settings.
    """
    own_folder.refuse_production(settings.load(process="owner"))
    settings.take_over(
        {
            "ROLLBOOK_DATA": str(folder / "data"),
            "ROLLBOOK_KEYS": str(folder / "keys"),
            "ROLLBOOK_BIND": bind,
            "ROLLBOOK_PUBLIC_URL": f"http://{bind}",
        }
    )
    return settings.load(process="owner")


@contextmanager
def curtain(folder: Path, bind: str, narrator: Narrator) -> Iterator[tuple[Stage, supervise.Supervisor]]:
    """Set the installation up from nothing, start its processes, and stop them at the end."""
    config = installation(folder, bind)
    with narrator.step("Set up: keys in a folder of their own, PostgreSQL, roles, tables"):
        own_folder.recreate(folder, config)
        supervise.refuse_taken(config.bind)
        keys.create(config, folder / "overseer")
        database.prepare(config)
        run_self("migrate")
    supervisor = supervise.Supervisor(supervise.commands(config.bind))
    own_folder.remember_server(folder, os.getpid())
    try:
        with narrator.step(
            "Start the web pages, the job process and the log's writer, each with a database role of its own"
        ):
            supervisor.start()
            supervise.wait_until_answering(f"http://{config.bind}/", supervisor)
        yield Stage(folder, config, narrator), supervisor
    finally:
        supervisor.stop()
        own_folder.forget_server(folder)
        embedded.stop(config)
