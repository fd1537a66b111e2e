"""Killing a process at a step, and losing the step or only its acknowledgement.

`BaseException`, so that nothing which handles faults of the work handles a death; what a dying process leaves on disk
is tested apart, with a real SIGKILL.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest


class Killed(BaseException):
    """The process died here."""


@contextmanager
def killed_at(place: Any, name: str, *, done: bool) -> Iterator[None]:
    """Die at the call of `place.name`: before it, or (`done`) after it had its effect; refuse if it never came to
    that.
    """
    real = getattr(place, name)
    reached = []

    def die(*args: Any, **named: Any) -> Any:
        reached.append(True)
        if done:
            real(*args, **named)
        raise Killed(name)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(place, name, die)
        with pytest.raises(Killed):
            yield
    assert reached, f"{name} was never called"
