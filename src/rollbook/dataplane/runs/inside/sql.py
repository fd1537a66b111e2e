"""Runs a study's SQL steps inside the sandbox and hands the person table to the one pipe that leads out.

The steps may do anything: this process is taken to be theirs from the first step on, and whatever comes out of the
pipe is read as hostile. DuckDB's own settings are locked first all the same, so that a step that reaches for a file or
the network gets a plain answer. The exit code says which step failed; words go to standard error, which only a run on
dummy data shows.
"""

import json
import os
import shutil
import sys
from typing import Any

if __name__ == "__main__":
    # The interpreter inside is started without any search path of its own.
    sys.path.insert(0, "/packages")

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


def write_table(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    """Write every column of the derived table as text: what it should hold is judged outside."""
    form = "FORMAT csv, HEADER, DELIMITER '\t', QUOTE '', ESCAPE '', NULLSTR ''"
    rows = f'SELECT COLUMNS(*)::VARCHAR FROM "{name}"'  # noqa: S608 - the study's own name, its form checked outside
    connection.execute(f"COPY ({rows}) TO '{TABLE_FILE}' ({form})")
    with open(TABLE_FILE, "rb") as table:
        shutil.copyfileobj(table, sys.stdout.buffer, 1 << 20)
    sys.stdout.buffer.flush()


def fail(error: Exception, code: int) -> None:
    """Leave with the code for `error`, and its words on standard error."""
    words = str(error)
    print(words, file=sys.stderr)
    if isinstance(error, (duckdb.OutOfMemoryException, MemoryError)):
        code = EXIT_SPACE if "temp" in words and "directory" in words else EXIT_MEMORY
    elif "No space left" in words or "File too large" in words:
        code = EXIT_SPACE
    sys.exit(code)


def main() -> None:
    """Run the steps in order, then hand over the table."""
    with open("/study/study.json", encoding="utf-8") as file:
        study = json.load(file)
    connection = connect(study)
    for number, sql in enumerate(study["steps"], 1):
        try:
            connection.execute(sql)
        except Exception as error:
            fail(error, EXIT_STEP + number)
    try:
        write_table(connection, study["table"])
    except Exception as error:
        fail(error, EXIT_TABLE)


if __name__ == "__main__":
    main()
