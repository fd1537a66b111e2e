"""What must happen though nobody asks for it: the job process does it when it starts, and every ten minutes.

Left to others: runs that wait in the queue, and what a start alone may undo (`rollbook.services.work.tasks`).
"""

import logging
import threading
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial
from typing import Final

from django.db import connections

from rollbook.kernel.refusals import RollbookError
from rollbook.services.accounts import post
from rollbook.services.collections import collections
from rollbook.services.gateway import gateway
from rollbook.services.log import genesis
from rollbook.services.outputs import releases
from rollbook.services.platform import clock
from rollbook.services.platform.actors import system
from rollbook.services.portal import bundles
from rollbook.services.returns import uploads
from rollbook.services.uses import people_of_uses

log = logging.getLogger("rollbook.jobs")

EVERY_SECONDS: Final = 600.0
_SECONDS_FOR_THE_LOG: Final = 10.0


def count_yesterday() -> None:
    """Enter in the log the returns that came by the end of yesterday and no entry counts yet."""
    collections.log_intake(by=system(), day=clock.today() - timedelta(days=1))


PARTS: Mapping[str, Callable[[], object]] = {
    "proof files past their day are wiped": bundles.forget_expired,
    "files that schools sent and did not submit are destroyed": uploads.forget_expired,
    "uses that no segment has are made into segments": people_of_uses.compact,
    "the returns of past days are counted in the log": count_yesterday,
    "the month's key is in the log": genesis.announce_this_month,
    "agreed tables come out once their entry is public": partial(releases.recover, wait_s=_SECONDS_FOR_THE_LOG),
    "notices are sent by electronic mail": post.send_waiting,
    "decided cases are told, answers nobody collected are wiped": partial(gateway.recover, wait_s=_SECONDS_FOR_THE_LOG),
}


def keep_in_order() -> None:
    """Do every part once. One that fails stops no other and is tried again next time."""
    for what, part in PARTS.items():
        try:
            part()
        except RollbookError as refusal:
            log.warning("%s: %s", what, refusal)
        except Exception as fault:
            # Its words and its trace could quote a record.
            log.error("%s: %s", what, type(fault).__name__)


def start(every_s: float = EVERY_SECONDS) -> threading.Event:
    """Keep things in order from a thread of its own, with its own connection, until the event given is set."""
    stop = threading.Event()

    def work() -> None:
        while not stop.is_set():
            keep_in_order()
            connections.close_all()
            stop.wait(every_s)

    threading.Thread(target=work, name="upkeep", daemon=True).start()
    return stop
