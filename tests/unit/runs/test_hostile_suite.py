"""The hostile suite: one row for each way a study could carry data out or harm the machine, as SQL and as Python.

Each row goes the whole way of a run: sandbox, hostile reading, counting, disclosure rules. It must be stopped, and what
stopped it must be named by code and place. Rows that attack the machine run from root and from an ordinary user.
"""

from pathlib import Path

import pytest

from rollbook.dataplane.runs import sandbox
from rollbook.dataplane.runs.hostile import read_person_table
from rollbook.dataplane.runs.limits import MIB, Limits
from rollbook.dataplane.runs.study import Study
from rollbook.dataplane.runs.tabulate import tabulate
from rollbook.kernel.refusals import Reason, RollbookError
from rollbook.sdc.frequency import check
from rollbook.sdc.rules import SdcParameters
from tests.unit.runs.cages import CALLERS, attack, make_python_study, make_study

PUPILS = 4_999
SMALL = Limits(memory=400 * MIB, processes=40, wall_seconds=60, cpu_seconds=20, out=6 * MIB, scratch=8 * MIB)
STEP, PLACE_SQL, PLACE_PY = "study-step-failed", "steps/01.sql", "steps/01.py"

# name, SQL of the step, code of the refusal, a word of it
AS_SQL = [
    ("sockets", "SELECT * FROM read_csv('https://example.org/x.csv')", STEP, "disabled"),
    ("symlinks", "SELECT * FROM read_text('/proc/self/root/cage/expect.json')", STEP, "disabled"),
    ("proc", "SELECT * FROM read_text('/proc/1/environ')", STEP, "disabled"),
    ("huge file", "COPY (SELECT i FROM range(100000000) t(i)) TO '/out/big.csv'", STEP, "disabled"),
    ("packages for secrets", "SELECT * FROM glob('/packages/**')", STEP, "disabled"),
    ("writing to packages", "COPY pupil TO '/packages/duckdb/planted.py'", STEP, "disabled"),
    ("native code", "LOAD '/tmp/own.duckdb_extension'", STEP, "disabled"),
    ("threads", "SET threads = 500", STEP, "locked"),
    (
        "ids in a column name",
        'CREATE TABLE people AS SELECT ppid, sex AS "0000000000000000000000000000000a" FROM pupil',
        "table-columns",
        "other columns",
    ),
    ("rows in a PNG", "CREATE TABLE people AS SELECT ppid, chr(137) || 'PNG' || sex AS sex FROM pupil",
     "table-label-form", "plain name"),
    ("base64 in a footnote",
     "CREATE TABLE people AS SELECT ppid, '1) ' || base64((SELECT min(ppid) FROM pupil)[:20]::BLOB) AS sex FROM pupil",
     "table-label-coded", "mixed letters"),
    ("ids coded in float digits",
     "CREATE TABLE people AS SELECT ppid, '0.' || printf('%012d', (SELECT count(*) FROM pupil)) AS sex FROM pupil",
     "table-label-coded", "digits"),
    ("4,999-row table", "CREATE TABLE people AS SELECT ppid, 'No ' || row_number() OVER () AS sex FROM pupil",
     "table-labels", "4999 different labels"),
    ("4,999-row table in 200 labels",
     "CREATE TABLE people AS SELECT ppid, 'No ' || (row_number() OVER () - 1) // 7 % 199 AS sex FROM pupil LIMIT 1393",
     "sdc", "SDC-"),
    ("more rows than people", "CREATE TABLE people AS SELECT ppid, sex FROM pupil, range(2)",
     "table-too-long", "more rows"),
    ("made-up people", "CREATE TABLE people AS SELECT md5(ppid) AS ppid, sex FROM pupil",
     "table-strangers", "not of this"),
]  # fmt: skip

# What attacks the machine: run by both callers.
ON_MACHINE = [
    ("sockets", "import socket; socket.create_connection(('127.0.0.1', 80))", STEP, "Operation not permitted"),
    ("a raw socket", "import socket; socket.socket(socket.AF_PACKET, socket.SOCK_RAW)", STEP, "not permitted"),
    ("proc memory", "open('/proc/1/mem', 'rb').read(1)", STEP, "Error"),
    ("proc of the host", "open('/proc/1/root/etc/passwd').read()", STEP, "Error"),
    ("fork bomb", "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass",
     "limit-processes", "processes"),
    ("threads",
     "import threading, time\nwhile True:\n    try: threading.Thread(target=time.sleep, args=(30,)).start()\n"
     "    except RuntimeError: pass",
     "limit-processes", "processes"),
    ("huge file", "with open('/out/big', 'wb') as f:\n    while True: f.write(bytes(1 << 20))",
     "limit-space", "writes more"),
    ("many files", "for n in range(10**7): open(f'/tmp/{n}', 'w').close()", "limit-space", "bytes"),
    ("writing to packages", "open('/packages/duckdb/__init__.py', 'a')", STEP, "Permission denied"),
    ("new package", "import os; os.mkdir('/packages/planted')", STEP, "Read-only file system"),
    ("changing an input", "import os; os.truncate('/extract/pupil.parquet', 0)", STEP, "Error"),
    ("ctypes: a socket past Python",
     "import ctypes, os\nlibc = ctypes.CDLL(None, use_errno=True)\n"
     "if libc.socket(2, 1, 0) < 0: raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))",
     STEP, "Operation not permitted"),
    ("ctypes: becoming root",
     "import ctypes, os\nlibc = ctypes.CDLL(None, use_errno=True)\n"
     "if libc.setuid(0) < 0: raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))", STEP, "Error"),
    ("ctypes: a namespace of its own",
     "import ctypes, os\nlibc = ctypes.CDLL(None, use_errno=True)\n"
     "if libc.unshare(0x10000000) < 0: raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))",
     STEP, "Operation not permitted"),
]  # fmt: skip

# What carries data out: the same whoever calls.
ROWS = "import os\nrows = con.execute('SELECT ppid, sex FROM pupil ORDER BY ppid').fetchall()\n"
TABLE = 'con.execute(f"CREATE TABLE people AS SELECT ppid, {label} AS sex FROM pupil")'
AS_PYTHON = [
    ("symlinks", "import os; os.symlink('/extract/pupil.parquet', '/out/person-table.tsv')\nlabel = 'sex'\n" + TABLE,
     "study-table-failed", "person-table.tsv"),
    ("ids in a column name",
     ROWS + "con.execute(f\"CREATE TABLE people AS SELECT ppid, sex AS 'n{rows[7][0]}' FROM pupil\")",
     "table-columns", "other columns"),
    ("rows in a PNG",
     ROWS + "os.write(3, b'\\x89PNG\\r\\n\\x1a\\n' + repr(rows).encode())\nlabel = 'sex'\n" + TABLE,
     "table-columns", "other columns"),
    ("base64 in a footnote",
     ROWS + "import base64\nlabel = repr('1) ' + base64.b64encode(rows[4000][0][-12:].encode()).decode())\n" + TABLE,
     "table-label-coded", "mixed letters"),
    ("ids coded in float digits", ROWS + "label = repr(str(int(rows[4000][0], 16) + 0.1234567891))\n" + TABLE,
     "table-label-coded", "digits"),
    ("4,999-row table", ROWS + "label = 'ppid[-8:]'\n" + TABLE, "table-labels", "4999 different labels"),
    ("a pickle for the reader", ROWS + "import pickle\nos.write(3, pickle.dumps(rows))\nos._exit(0)",
     "table-columns", "other columns"),
    ("pretending to be done", "import os; os._exit(0)", "table-columns", "other columns"),
]  # fmt: skip


def whole_run(study: Study, extract: Path, limits: Limits, program: bytes | None) -> list[Reason]:
    """Why a run of `study` gave nothing; empty when it gave a table."""
    people = {f"{number:032x}" for number in range(PUPILS)}
    try:
        stream = sandbox.run_study(study, extract, limits, program=program, explain=True)
        verdict = check(tabulate(read_person_table(stream, study, people), study.table), SdcParameters())
    except RollbookError as error:
        return list(error.reasons)
    return [Reason("sdc", failure.message) for failure in verdict.failures]


def stopped(caller: str, study: Study, code: str, word: str, place: str) -> None:
    reasons = attack(caller, study=study, limits=SMALL, deed=whole_run, pupils=PUPILS)
    assert {reason.code for reason in reasons} == {code}
    assert word in reasons[0].message
    assert reasons[0].where == place or code != STEP


@pytest.mark.parametrize(("name", "sql", "code", "word"), AS_SQL, ids=[row[0] for row in AS_SQL])
def test_as_sql(name: str, sql: str, code: str, word: str) -> None:
    stopped(CALLERS[0], make_study(sql), code, word, PLACE_SQL)


@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize(("name", "python", "code", "word"), ON_MACHINE, ids=[row[0] for row in ON_MACHINE])
def test_python_against_the_machine(caller: str, name: str, python: str, code: str, word: str) -> None:
    stopped(caller, make_python_study(python), code, word, PLACE_PY)


@pytest.mark.parametrize(("name", "python", "code", "word"), AS_PYTHON, ids=[row[0] for row in AS_PYTHON])
def test_python_carrying_rows_out(name: str, python: str, code: str, word: str) -> None:
    stopped(CALLERS[-1], make_python_study(python), code, word, PLACE_PY)


LOOKS_FOR_SECRETS = """
import os
wanted = (".pem", ".key", ".env", ".netrc", ".pgpass", ".pypirc", "pip.conf", "credentials", "id_rsa",
          "direct_url.json")
found = [os.path.join(at, name) for top in ("/packages", "/python", "/study", "/cage") for at, _, names in os.walk(top)
         for name in names if name.lower().endswith(wanted)]
text = "".join(open("/packages/" + n + "/METADATA").read() for n in os.listdir("/packages") if n.endswith(".dist-info"))
assert not found, found
assert "ROLLBOOK" not in text
con.execute("CREATE TABLE people AS SELECT ppid, sex FROM pupil")
"""


@pytest.mark.parametrize("caller", CALLERS)
def test_the_packages_hold_no_secret(caller: str) -> None:
    assert attack(caller, study=make_python_study(LOOKS_FOR_SECRETS), limits=SMALL, deed=whole_run, pupils=PUPILS) == []
