"""One table by acro, timed in a process of its own: `python acro_peer.py RUNS FILE ROWS COLUMNS VALUES`.

Run by the Python that has the version of acro to be timed, so it imports nothing of Rollbook. Prints one JSON object.
"""

import contextlib
import importlib
import importlib.metadata
import io
import json
import logging
import sys
import time
import warnings
from pathlib import Path
from typing import Any


def main(runs: int, file: str, rows: str, columns: str, values: str) -> dict[str, object]:
    """The seconds of each run after one to warm up, and how many cells each check flags."""
    pandas, acro = importlib.import_module("pandas"), importlib.import_module("acro")
    with importlib.import_module("numpy").load(file) as columns_of:
        frame = pandas.DataFrame(dict(columns_of))
    logging.disable(logging.CRITICAL)  # it draws its whole table into the log
    warnings.simplefilter("ignore")
    taken = []
    for _ in range(runs + 1):
        session = acro.ACRO(suppress=False)
        wall, cpu = time.perf_counter(), time.process_time()
        session.crosstab(frame[rows], frame[columns], values=frame[values], aggfunc="mean")
        taken.append((time.perf_counter() - wall, time.process_time() - cpu))
    return {
        "version": importlib.metadata.version("acro"),
        "walls": [wall for wall, _ in taken[1:]],
        "cpus": [cpu for _, cpu in taken[1:]],
        "peak_mb": _peak_mb(),
        "words": _words(session),
    }


def _peak_mb() -> float:
    """The most memory since this program began; what getrusage tells counts the process that started it too."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def _words(session: Any) -> dict[str, int]:
    """How often each word stands in the outcomes of the cells."""
    [record] = session.results.results.values()
    counts: dict[str, int] = {}
    for cell in record.outcome.to_numpy().astype(str).ravel():
        for word in cell.replace(";", " ").split():
            counts[word] = counts.get(word, 0) + 1
    return counts


if __name__ == "__main__":
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        answer = main(int(sys.argv[1]), *sys.argv[2:6])
    print(json.dumps(answer))
