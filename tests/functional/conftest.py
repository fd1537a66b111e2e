"""A real browser on a real server: Debian's Chromium, at desktop and phone width, with and without JavaScript.

The server's threads sign in to the database as `rollbook_web`, as in an installation, so a page that needs more than
its grants fails here. `visit(page)` opens a page and holds it to what every page must keep: it answers, passes the
accessibility rules, has one first heading, and does not scroll sideways.
"""

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from axe_core_python.base import AXE_SCRIPT
from django.db import connections
from django.db.utils import load_backend
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, ViewportSize, expect, sync_playwright

from rollbook.services.platform import config as settings
from rollbook.services.platform import database
from tests.people import Person, browser_of

CHROMIUM = Path("/usr/bin/chromium")
DESKTOP: ViewportSize = {"width": 1280, "height": 900}
PHONE: ViewportSize = {"width": 360, "height": 740}
TIMEOUT_MS = 30_000
expect.set_options(timeout=TIMEOUT_MS)
# Every rule runs; only of what is broken is each element described, which takes longer than the rules.
_FAULTS = """;
axe.run(document, {resultTypes: ["violations"]}).then(found => found.violations.flatMap(
    rule => rule.nodes.map(node => `${rule.id}: ${node.html.slice(0, 120)}`)))
"""


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The browser, one for all tests."""
    playwright: Playwright
    with sync_playwright() as playwright:
        options = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=options)
        yield browser
        browser.close()


@pytest.fixture(autouse=True)
def _server_threads_are_the_web_process(django_db_setup: None) -> Iterator[None]:
    made, facts = connections.create_connection, database.sign_in(settings.load(process="web"))

    def create(alias: str) -> Any:
        if threading.current_thread() is threading.main_thread():
            return made(alias)
        facts_of_web = connections.settings[alias] | {"USER": facts["user"], "PASSWORD": facts["password"]}
        return load_backend(facts_of_web["ENGINE"]).DatabaseWrapper(facts_of_web, alias)

    connections.create_connection = create  # type: ignore[method-assign]
    yield
    connections.create_connection = made  # type: ignore[method-assign]


@dataclass
class Visitor:
    """Somebody at a browser."""

    base: str
    context: BrowserContext
    page: Page
    scripts: bool = True

    def visit(self, path: str, status: int = 200) -> Page:
        """Open a page and hold it to what every page must keep."""
        answer = self.page.goto(self.base + path)
        assert answer is not None
        assert answer.status == status, f"{path} answered {answer.status}"
        self.hold()
        return self.page

    def hold(self) -> None:
        """Hold the page as it stands now, once it has arrived whole, to what every page must keep."""
        self.page.wait_for_load_state()
        assert self.page.locator("h1").count() == 1, f"{self.page.url} must have one first heading"
        if not self.scripts:  # the rules and measures are scripts themselves
            return
        assert faults(self.page) == []
        wide, shown = self.page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
        assert wide <= shown, f"{self.page.url} scrolls sideways: {wide} px in {shown}"

    def sign_in_as(self, person: Person, **fields: Any) -> None:
        """Give this browser the session of a person who signed in with a second factor."""
        cookie = browser_of(person, **fields).cookies["sessionid"].value
        self.context.add_cookies([{"name": "sessionid", "value": cookie, "url": self.base}])


def faults(page: Page) -> list[str]:
    """What the accessibility rules (WCAG 2.2 AA and best practice) find, as rule and element."""
    found: list[str] = page.evaluate(AXE_SCRIPT + _FAULTS)
    return found


@pytest.fixture
def open_browser(chromium: Browser, live_server: Any) -> Iterator[Any]:
    """Opens browsers: `open_browser(phone=True, scripts=False)`."""
    opened: list[BrowserContext] = []

    def open_one(*, phone: bool = False, scripts: bool = True) -> Visitor:
        context = chromium.new_context(viewport=PHONE if phone else DESKTOP, java_script_enabled=scripts)
        context.set_default_timeout(TIMEOUT_MS)
        opened.append(context)
        return Visitor(live_server.url, context, context.new_page(), scripts)

    yield open_one
    for context in opened:
        context.close()


@pytest.fixture(params=["desktop", "phone"])
def visitor(request: pytest.FixtureRequest, open_browser: Any) -> Visitor:
    """A visitor, at each width."""
    found: Visitor = open_browser(phone=request.param == "phone")
    return found
