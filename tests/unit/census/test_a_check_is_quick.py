"""A school of 1,000 pupils is checked in under 1.5 seconds of the processor, the start of the program included."""

import resource
import subprocess
import sys
from pathlib import Path

from tests.census_ground import a_large_file

MOST_S = 1.5


def spent() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def test_a_thousand_pupils(tmp_path: Path) -> None:
    path, before = tmp_path / "large.xml", spent()
    path.write_bytes(a_large_file(1000))
    program = [sys.executable, "-m", "rollbook.cli.main", "check", str(path), "--json"]
    done = subprocess.run(program, capture_output=True, text=True)
    assert '"on_roll": 1000' in done.stdout, done.stderr
    assert spent() - before < MOST_S
