"""Runs a study's steps inside the sandbox and hands the person table to the one pipe that leads out.

The steps may do anything: this process is taken to be theirs from the first step on, and whatever comes out of the
pipe is read as hostile. DuckDB's own settings are locked first all the same, so that a step that reaches for a file or
the network gets a plain answer. The exit code says which step failed; words go to standard error, which only a run on
dummy data shows.
"""

import json
import os
import shutil
import sys
import traceback
from typing import Any

if __name__ == "__main__":
    # The interpreter inside is started without any search path of its own.
    sys.path.insert(0, "/packages")
    # Numeric libraries start a thread for each processor of the machine, whatever a run may have.
    os.environ |= dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "POLARS_MAX_THREADS"), "2")
    os.environ["LOKY_MAX_CPU_COUNT"] = "1"
    os.environ["HOME"] = "/tmp"

import duckdb

# All a real run tells of a failure: no words come out.
EXIT_MEMORY = 90
EXIT_SPACE = 91
EXIT_TABLE = 92
EXIT_STEP = 100  # plus the number of the step, from 1
TABLE_FILE = "/out/person-table.tsv"


def connect(study: dict[str, Any]) -> duckdb.DuckDBPyConnection:
    """DuckDB with a view for each table of the extract and every way out locked."""
    offline: dict[str, str | bool | int | float | list[str]] = {
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    connection = duckdb.connect(":memory:", config=offline)
    settings = {
        "threads": study["threads"],
        "memory_limit": f"{study['memory'] // 2} B",
        "temp_directory": "/tmp/duckdb",
        "max_temp_directory_size": f"{study['scratch'] * 3 // 4} B",
        "allow_community_extensions": False,
        "allowed_directories": ["/extract"],
        "allowed_paths": [TABLE_FILE],
    }
    for name, value in settings.items():
        connection.execute(f"SET {name} = {value!r}")
    connection.execute("SET enable_external_access = false")
    for file in sorted(os.listdir("/extract")):
        table = file.removesuffix(".parquet").removesuffix("-SYNTHETIC")
        rows = f"SELECT * FROM read_parquet('/extract/{file}')"  # noqa: S608 - names of our own making
        connection.execute(f'CREATE VIEW "{table}" AS {rows}')
    connection.execute("SET lock_configuration = true")
    return connection


def run_step(connection: duckdb.DuckDBPyConnection, step: dict[str, str], names: dict[str, Any]) -> None:
    """Run one step. `names` are the Python steps' own, kept from one to the next; `con` among them is DuckDB."""
    if step["language"] == "sql":
        connection.execute(step["code"])
    else:
        exec(compile(step["code"], step["path"], "exec"), names)  # noqa: S102 - what the sandbox is for


def write_table(connection: duckdb.DuckDBPyConnection, name: str, out: int) -> None:
    """Write every column of the derived table as text to `out`: what it should hold is judged outside."""
    form = "FORMAT csv, HEADER, DELIMITER '\t', QUOTE '', ESCAPE '', NULLSTR ''"
    rows = f'SELECT COLUMNS(*)::VARCHAR FROM "{name}"'  # noqa: S608 - the study's own name, its form checked outside
    connection.execute(f"COPY ({rows}) TO '{TABLE_FILE}' ({form})")
    with open(TABLE_FILE, "rb") as table, os.fdopen(out, "wb") as stream:
        shutil.copyfileobj(table, stream, 1 << 20)


def fail(error: BaseException, step: dict[str, str], code: int) -> None:
    """Leave with the code for `error`, and its words on standard error, with the line of a Python step."""
    words = str(error) or type(error).__name__
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == step.get("path")]
    if frames:
        words = f"line {frames[-1].lineno}: {type(error).__name__}: {words}"
    print(words, file=sys.stderr)
    if isinstance(error, (duckdb.OutOfMemoryException, MemoryError)):
        code = EXIT_SPACE if "temp" in words and "directory" in words else EXIT_MEMORY
    elif "No space left" in words or "File too large" in words:
        code = EXIT_SPACE
    leave(code)


def leave(code: int) -> None:
    """End now: threads that a step left behind do not hold the run."""
    sys.stderr.flush()
    os._exit(code)


def main() -> None:
    """Run the steps in order, then hand over the table."""
    with open("/study/study.json", encoding="utf-8") as file:
        study = json.load(file)
    connection = connect(study)
    # The one pipe is kept for the table: what a step prints goes with its other words.
    out = os.dup(1)
    os.dup2(2, 1)
    names: dict[str, Any] = {"__name__": "__main__", "con": connection}
    for number, step in enumerate(study["steps"], 1):
        try:
            run_step(connection, step, names)
        except BaseException as error:
            fail(error, step, EXIT_STEP + number)
    try:
        write_table(connection, study["table"], out)
    except Exception as error:
        fail(error, {}, EXIT_TABLE)
    leave(0)


if __name__ == "__main__":
    main()
