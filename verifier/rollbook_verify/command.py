"""`rollbook-verify FILE... --log ADDRESS_OR_FOLDER --policy FILE`: the whole answer about one pupil, in plain words.

The pupil's number is asked for or read from a file: on the command line it would stay in the shell's history.
"""

import argparse
import json
import sys
import time
from pathlib import Path

from rollbook.kernel.refusals import InputRefused, Reason, RollbookError
from rollbook.tlog import report
from rollbook.tlog.labels import parse_identifier
from rollbook.tlog.trust import parse_policy
from rollbook.tlog.verdict import Verdict, judge, refused_data
from rollbook_verify.sources import default_state, open_log, read_file, read_whole_log


def main() -> None:
    """Verify, print, exit: 0 when all is complete, 6 when something does not verify, 3 when a file cannot be used."""
    given = _arguments()
    try:
        verdict = _verify(given)
    except RollbookError as refusal:
        print(json.dumps(refused_data(refusal)) if given.json else "\n".join(report.refusal_lines(refusal)))
        sys.exit(int(refusal.family))
    print(json.dumps(verdict.as_data()) if given.json else "\n".join(report.lines(verdict)))
    sys.exit(0 if verdict.sound else 6)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Verify proof files about a pupil's record against the public log.")
    parser.add_argument("files", nargs="+", type=Path, help="proof files, of a month or of the whole history")
    parser.add_argument("--log", required=True, help="address of the log (https://…/log), or a folder with its files")
    parser.add_argument("--policy", required=True, type=Path, help="file that says whose signatures count")
    parser.add_argument("--identifier-file", type=Path, help="file with the pupil's UPN or ULN, else asked")
    parser.add_argument("--state", type=Path, help="file that keeps the last state of the log seen here")
    parser.add_argument("--json", action="store_true", help="print the verdict as data")
    parser.add_argument("--at", type=int, help="verify as of this time (POSIX seconds): for old copies of a log")
    return parser.parse_args()


def _verify(given: argparse.Namespace) -> Verdict:
    policy = parse_policy(_text(given.policy))
    typed = _text(given.identifier_file) if given.identifier_file else input("The pupil's UPN or ULN: ")
    pupil_id = parse_identifier(typed)
    now = int(time.time()) if given.at is None else given.at
    log = read_whole_log(open_log(given.log), policy, now, given.state or default_state(policy))
    return judge([(path.name, read_file(path)) for path in given.files], pupil_id, log, policy, now)


def _text(path: Path) -> str:
    try:
        return read_file(path).decode("utf-8")
    except UnicodeDecodeError:
        raise InputRefused(Reason("file", "This file is not text", where=path.name)) from None
