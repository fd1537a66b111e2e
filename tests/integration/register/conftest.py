"""The log and the register that these tests start from."""

from collections.abc import Iterator

import pytest

from tests.integration.log import log_story
from tests.register_ground import Register, begin_log, fill


@pytest.fixture
def empty_log(db: None) -> Iterator[None]:
    """The log of a new installation, founded."""
    begin_log()
    yield
    log_story.empty_log()


@pytest.fixture
def register(empty_log: None) -> Register:
    """A register with something in it."""
    return fill()
