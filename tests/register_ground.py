"""A register with something in it: requests refused, open and approved, papers, and a written log of its own."""

from dataclasses import dataclass

from tests import grounds
from tests.people import RESEARCHER


@dataclass(frozen=True, slots=True)
class Register:
    """References of what stands in it."""

    ground: grounds.Ground
    refused: str
    open: str


def begin_log() -> None:
    """The log of a new installation, founded."""
    from rollbook.services.log import genesis, writer
    from tests.integration.log import log_story

    log_story.empty_log()
    genesis.found_log("A made-up authority")
    writer.append_waiting()


def fill() -> Register:
    """Papers, three requests and their decisions, all written to the log."""
    from rollbook.services.log import writer

    ground = grounds.study_ground()
    refused = grounds.ask(title="Everything about everybody", items=("sex", "surname", "postcode"))
    grounds.refuse(refused, "Names are not needed to answer the question.")
    waiting = grounds.ask(RESEARCHER, title="Lunches and attendance")
    writer.append_waiting()
    return Register(ground, refused, waiting)
