"""A register with something in it: requests refused, open and approved, papers, and a written log."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests import grounds
from tests.integration import log_story
from tests.people import RESEARCHER


@dataclass(frozen=True, slots=True)
class Register:
    """References of what stands in it."""

    ground: grounds.Ground
    refused: str
    open: str


@pytest.fixture
def empty_log(db: None) -> Iterator[None]:
    """The log of a new installation, founded."""
    from rollbook.services.log import genesis, writer

    log_story.empty_log()
    genesis.found_log("A made-up authority")
    writer.append_waiting()
    yield
    log_story.empty_log()


@pytest.fixture
def register(empty_log: None) -> Register:
    """The story."""
    from rollbook.services.log import writer

    ground = grounds.study_ground()
    refused = grounds.ask(title="Everything about everybody", items=("sex", "surname", "postcode"))
    grounds.refuse(refused, "Names are not needed to answer the question.")
    waiting = grounds.ask(RESEARCHER, title="Lunches and attendance")
    writer.append_waiting()
    return Register(ground, refused, waiting)
