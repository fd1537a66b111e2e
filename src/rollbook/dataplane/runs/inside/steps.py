"""Runs a study's steps inside the sandbox and hands the person table, or the declared file, to the one pipe out.

The steps may do anything: this process is taken to be theirs from the first step on, and whatever comes out of the
pipe is read as hostile. DuckDB's own settings are locked first all the same, so that a step that reaches for a file or
the network gets a plain answer. The exit code says which step failed; words go to standard error, which only a run on
dummy data shows.
"""

import csv
import glob
import json
import os
import re
import shutil
import subprocess
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
EXIT_FILE = 93
EXIT_STEP = 100  # plus the number of the step, from 1
TABLE_FILE = "/out/person-table.tsv"
R_FOLDER = "/tmp/r"
R_HOMES = ("/usr/lib/R", "/usr/lib64/R")
# What an R step finds: tables by name with the types that DuckDB gives them, and a way to leave one with R's own.
# R's packages ask a shell for programs when they load; there is none, so they are told that nothing is there.
R_PRELUDE = """\
unlockBinding("Sys.which", baseenv())
assign("Sys.which", function(names) structure(rep("", length(names)), names = names), baseenv())
for (one in c("methods", "datasets", "utils", "grDevices", "graphics", "stats")) library(one, character.only = TRUE)
rm(one)
read_table <- function(name) {
  place <- paste0("/tmp/r/", name)
  typed <- read.csv(paste0(place, ".types"), colClasses = "character", na.strings = NULL)
  rows <- read.csv(paste0(place, ".csv"), colClasses = "character", na.strings = "\\\\N", check.names = FALSE)
  for (at in seq_along(rows)) {
    told <- typed[typed$at == at, ]
    rows[[at]] <- switch(told$type[1],
      logical = as.logical(rows[[at]]), integer = as.integer(rows[[at]]), numeric = as.numeric(rows[[at]]),
      Date = as.Date(rows[[at]], format = "%Y-%m-%d"),
      POSIXct = as.POSIXct(rows[[at]], format = "%Y-%m-%d %H:%M:%OS", tz = "UTC"),
      factor = factor(rows[[at]], levels = told$level), rows[[at]])
  }
  rows
}
write_table <- function(rows, name) {
  rows <- as.data.frame(rows)
  one <- function(at) {
    type <- intersect(class(rows[[at]]), c("logical", "integer", "numeric", "Date", "POSIXct", "factor"))
    level <- if ("factor" %in% type) levels(rows[[at]]) else ""
    if (length(level) == 0) level <- "none"
    data.frame(at = at, name = names(rows)[at], type = c(type, "character")[1], level = level)
  }
  told <- do.call(rbind, lapply(seq_along(rows), one))
  for (at in seq_along(rows)) {
    column <- rows[[at]]
    text <- if (inherits(column, "POSIXct")) format(column, "%Y-%m-%d %H:%M:%OS6", tz = "UTC")
      else if (is.double(column) && !inherits(column, "Date")) sprintf("%.17g", column)
      else as.character(column)
    rows[[at]] <- ifelse(is.na(column), NA, text)
  }
  place <- paste0("/tmp/r/made/", name)
  write.csv(told, paste0(place, ".types"), row.names = FALSE)
  write.csv(rows, paste0(place, ".csv"), row.names = FALSE, na = "\\\\N")
}
"""
NONE = "\\N"
# The class of a column in R by its type in DuckDB; whole numbers that fit no R integer are asked for their size.
R_CLASSES = {"BOOLEAN": "logical", "DATE": "Date", "TIMESTAMP": "POSIXct", "TIMESTAMP WITH TIME ZONE": "POSIXct"}
R_CLASSES |= dict.fromkeys(("TINYINT", "SMALLINT", "INTEGER", "UTINYINT", "USMALLINT"), "integer")
R_CLASSES |= dict.fromkeys(("FLOAT", "DOUBLE", "UINTEGER"), "numeric")
LONG = ("BIGINT", "UBIGINT", "HUGEINT", "UHUGEINT")
EXACT = 1 << 53  # beyond it a double skips whole numbers
SQL_TYPES = {"logical": "BOOLEAN", "integer": "INTEGER", "numeric": "DOUBLE", "Date": "DATE", "POSIXct": "TIMESTAMP"}


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
        "allowed_directories": ["/extract", R_FOLDER],
        "allowed_paths": [study["file"] or TABLE_FILE],
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
    elif step["language"] == "r":
        run_r(connection, step["code"])
    else:
        exec(compile(step["code"], step["path"], "exec"), names)  # noqa: S102 - what the sandbox is for


def run_r(connection: duckdb.DuckDBPyConnection, code: str) -> None:
    """Run an R step in a process of its own, on the tables it names, and take in the tables it leaves."""
    shutil.rmtree(R_FOLDER, ignore_errors=True)
    os.makedirs(f"{R_FOLDER}/made")
    tables = "SELECT table_name FROM duckdb_tables() UNION SELECT view_name FROM duckdb_views() WHERE NOT internal"
    for (name,) in connection.execute(tables).fetchall():
        if re.search(rf"\b{re.escape(name)}\b", code):
            give_r(connection, name)
    with open(f"{R_FOLDER}/step.R", "w", encoding="utf-8") as file:
        file.write(R_PRELUDE + code)
    home = next(place for place in R_HOMES if os.path.isfile(f"{place}/bin/exec/R"))
    # The program itself, for its starter is a shell script and there is no shell inside.
    libraries = [f"{home}/lib", *glob.glob("/usr/lib/*/blas"), *glob.glob("/usr/lib/*/lapack")]
    # R's own packages do not load without the names of an editor and a pager, though neither is here.
    places = {"TMPDIR": "/tmp", "HOME": "/tmp", "EDITOR": "none", "PAGER": "none"}
    places["R_DEFAULT_PACKAGES"] = "NULL"  # they are loaded by the first lines of the step
    environment = {"R_HOME": home, "LD_LIBRARY_PATH": ":".join(libraries), "LANG": "C.UTF-8", **places}
    options = ("--no-echo", "--no-restore", "--no-save", "--no-environ", "--no-site-file", "--no-init-file")
    command = [f"{home}/bin/exec/R", *options, f"--file={R_FOLDER}/step.R"]
    ended = subprocess.run(command, env=environment, check=False)
    if ended.returncode:
        raise RuntimeError(f"R ended with {ended.returncode}")
    for made in sorted(glob.glob(f"{R_FOLDER}/made/*.csv")):
        take_from_r(connection, made)
    shutil.rmtree(R_FOLDER, ignore_errors=True)


def give_r(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    """Write a table for R: its rows as text, and beside them the class of each column, a factor's levels in order."""
    columns = connection.table(f'"{name}"')
    typed = [("at", "type", "level")]
    for at, (column, type_) in enumerate(zip(columns.columns, columns.types, strict=True), 1):
        if type_.id == "enum":
            (levels,) = (child for _, child in type_.children if isinstance(child, list))
            typed += [(str(at), "factor", level) for level in levels]
        else:
            typed.append((str(at), r_class(connection, name, column, str(type_)), ""))
    with open(f"{R_FOLDER}/{name}.types", "w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(typed)
    rows = f'SELECT * FROM "{name}"'  # noqa: S608 - the study's own names
    form = f"FORMAT csv, HEADER, NULLSTR '{NONE}', TIMESTAMPFORMAT '%Y-%m-%d %H:%M:%S.%f'"
    connection.execute(f"COPY ({rows}) TO '{R_FOLDER}/{name}.csv' ({form})")


def r_class(connection: duckdb.DuckDBPyConnection, name: str, column: str, type_: str) -> str:
    """The R class that holds a column without loss; text where none does."""
    if type_.startswith("DECIMAL"):
        return "numeric" if int(type_[8:].split(",")[0]) <= 15 else "character"
    if type_ in LONG:
        quoted = column.replace('"', '""')
        ends = f'SELECT coalesce(max(greatest("{quoted}", -"{quoted}"::HUGEINT)), 0) FROM "{name}"'  # noqa: S608
        found = connection.execute(ends).fetchone()
        return "numeric" if found and found[0] <= EXACT else "character"
    return R_CLASSES.get(type_, "character")


def take_from_r(connection: duckdb.DuckDBPyConnection, made: str) -> None:
    """Make a table of what R left, each column with the type of its class; of a factor an enumeration of its levels."""
    with open(f"{made.removesuffix('csv')}types", encoding="utf-8", newline="") as file:
        told = list(csv.DictReader(file))
    types: dict[str, str] = {}
    for row in told:
        levels = ", ".join("'" + one["level"].replace("'", "''") + "'" for one in told if one["at"] == row["at"])
        types[row["name"]] = f"ENUM({levels})" if row["type"] == "factor" else SQL_TYPES.get(row["type"], "VARCHAR")
    name = os.path.basename(made).removesuffix(".csv").replace('"', "")
    texts = f"SELECT * FROM read_csv('{made}', header = true, all_varchar = true, nullstr = '{NONE}')"  # noqa: S608
    casts = ", ".join(f'CAST("{one}" AS {type_}) AS "{one}"' for one, type_ in quoted(types))
    connection.execute(f'CREATE OR REPLACE TABLE "{name}" AS SELECT {casts} FROM ({texts})')  # noqa: S608


def quoted(types: dict[str, str]) -> list[tuple[str, str]]:
    """The names as SQL quotes them, with their types."""
    return [(name.replace('"', '""'), type_) for name, type_ in types.items()]


def write_table(connection: duckdb.DuckDBPyConnection, name: str, out: int) -> None:
    """Write every column of the derived table as text to `out`: what it should hold is judged outside."""
    form = "FORMAT csv, HEADER, DELIMITER '\t', QUOTE '', ESCAPE '', NULLSTR ''"
    rows = f'SELECT COLUMNS(*)::VARCHAR FROM "{name}"'  # noqa: S608 - the study's own name, its form checked outside
    connection.execute(f"COPY ({rows}) TO '{TABLE_FILE}' ({form})")
    with open(TABLE_FILE, "rb") as table, os.fdopen(out, "wb") as stream:
        shutil.copyfileobj(table, stream, 1 << 20)


def write_file(path: str, most: int, out: int) -> None:
    """Hand over the file that the steps left at `path`, and a byte more than may be where it is too large."""
    place = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(place, "rb") as file, os.fdopen(out, "wb") as stream:
        stream.write(file.read(most + 1))


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
    """Run the steps in order, then hand over the table or the file."""
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
        if study["file"]:
            write_file(study["file"], study["most"], out)
        else:
            write_table(connection, study["table"], out)
    except Exception as error:
        fail(error, {}, EXIT_FILE if study["file"] else EXIT_TABLE)
    leave(0)


if __name__ == "__main__":
    main()
