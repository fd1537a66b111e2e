"""`rollbook log monitor ADDRESS --policy FILE`: follow a log from any machine. Needs no installation of Rollbook."""

import json
import time
from pathlib import Path
from typing import Annotated

import typer

from rollbook.services.log.monitor_report import WORDS, Report
from rollbook.services.outside.monitor import read_policy, watch
from rollbook.services.outside.verify import default_state
from rollbook.services.platform.limits import limits

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def monitor(
    log: Annotated[str, typer.Argument(help="address of the log (https://…/log), or a folder with its files")],
    policy: Annotated[Path, typer.Option(help="policy file that did not come from the log's own server")],
    state: Annotated[Path | None, typer.Option(help="file that keeps the last head seen here")] = None,
    report: Annotated[Path | None, typer.Option("--json", help="file for the report; - for standard output")] = None,
    volumes: Annotated[
        Path | None, typer.Option(help="published volumes (volumes.json) to count again, where not fetched")
    ] = None,
    site: Annotated[
        str, typer.Option(help="address of the register whose volumes are counted again; else that of the log")
    ] = "",
    view: Annotated[
        list[str] | None, typer.Option(help="another head of this log to compare: a witness's address of it, or a file")
    ] = None,
) -> None:
    """Say whether the log only grows, is whole, keeps its rules and duties, and whether its published volumes add up.

    Exit code 0 where nothing is wrong, else that of the worst family of breach: 20 signature, 21 growth, 22 content,
    23 files, 24 rules, 25 unknown entries, 26 volumes, 27 overdue.
    """
    found = watch(
        log=log,
        policy=read_policy(policy),
        now=int(time.time()),
        state=state or default_state(policy).with_suffix(".monitor"),
        volumes=volumes.read_text(encoding="utf-8") if volumes else None,
        views=view or [],
        site=site or (log.rstrip("/").removesuffix("/log") if log.startswith("http") else ""),
    )
    text = json.dumps(found.as_data(), indent=1, ensure_ascii=False) + "\n"
    if report is not None and str(report) != "-":
        report.write_text(text, encoding="utf-8")
    typer.echo(text if str(report) == "-" else _words(found), nl=False)
    raise typer.Exit(found.exit_code)


def _words(found: Report) -> str:
    lines = [f"{found.origin or found.log}: {found.size:,} entries, root {found.root or 'unknown'}."]
    if found.signed_at:
        lines.append(f"Signed {found.signed_at}; witnesses: {', '.join(found.witnesses) or 'none'}.")
    if found.grown_from is not None:
        lines.append(f"Seen here before with {found.grown_from:,} entries.")
    lines += [f"Checked: {', '.join(f'{count:,} {what}' for what, count in found.checked.items())}."]
    for one in found.found:
        lines += [f"BREACH, {WORDS[one.family].lower()} [{one.reason.code}]: {one.reason.sentence()}"]
    if found.warning:
        lines.append(f"Warning: {found.warning}.")
    lines += ["BREACHED." if found.found else "No breach found.", "What this cannot prove:"]
    lines += [f"  - {limit}" for limit in limits()]
    return "\n".join(lines) + "\n"
