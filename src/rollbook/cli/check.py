"""`rollbook check FILE...`: what is wrong with a return, on the school's own machine."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress
from rich.table import Table

from rollbook.kernel.refusals import Family
from rollbook.services.catalogue.rulebook import RuleLine, rule_kinds, rule_lines
from rollbook.services.outside.check import FileReport, Report, Told, check_files
from rollbook.services.outside.check_csv import findings_csv
from rollbook.services.platform.exports import as_csv as as_csv_text
from rollbook.services.platform.exports import as_json as as_json_text

_MARK = {"error": "[red]error[/red]", "query": "[yellow]query[/yellow]", "dropped": "[blue]dropped[/blue]"}


app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def check(
    files: Annotated[
        list[Path] | None, typer.Argument(help="files of any form Rollbook reads; the content tells which")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print data instead of tables")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="print one line a finding, for a spreadsheet")] = False,
    html: Annotated[
        Path | None, typer.Option(help="also write the findings as one HTML page, to read or print")
    ] = None,
    limit: Annotated[int, typer.Option(help="places shown for each rule of a file; 0 shows all", min=0)] = 5,
    rules: Annotated[
        bool, typer.Option("--rules", help="count the rules by kind and check nothing; with --json or --csv, list them")
    ] = False,
) -> None:
    """Check returns with the authority's own rules. Nothing is sent anywhere."""
    if rules:
        _print_rules(as_json=as_json, as_csv=as_csv)
        return
    if not files:
        raise typer.BadParameter("Name at least one file, or ask for --rules.", param_hint="FILES")
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("checking", total=len(files))
        report = check_files(files, progress=lambda done, total: progress.update(task, completed=done, total=total))
    if html is not None:
        _write(report, html, files)
    if as_json:
        typer.echo(json.dumps(_as_data(report), indent=1))
    elif as_csv:
        typer.echo(findings_csv(report), nl=False)
    else:
        console = Console()
        for one in report.files:
            _print(console, one, limit)
        _sum_up(console, report)
    if not report.ok:
        raise typer.Exit(Family.INPUT)


def _write(report: Report, html: Path, files: list[Path]) -> None:
    # Loaded here: who wants no page need not wait for what makes one.
    from rollbook.services.outside.check_html import write_html

    write_html(report, html, files)


def _print_rules(*, as_json: bool, as_csv: bool) -> None:
    if as_json or as_csv:
        typer.echo(as_json_text(rule_lines()) if as_json else as_csv_text(RuleLine, rule_lines()), nl=as_json)
        return
    table = Table("rules", "of this kind", "ids")
    for kind in rule_kinds():
        table.add_row(f"{kind.rules}", kind.words, f"{kind.kind}-")
    console = Console()
    console.print(table)
    console.print(f"{len(rule_lines())} rules. --rules --csv lists each with its source.", highlight=False)


def _as_data(report: Report) -> dict[str, object]:
    return {"ok": report.ok, "files": [{"ok": one.ok, **asdict(one)} for one in report.files]}


def _print(console: Console, one: FileReport, limit: int) -> None:
    console.print(
        f"[bold]{escape(one.name)}[/bold]  {escape(one.school)} {escape(one.laestab)}".rstrip(), highlight=False
    )
    for reason in one.refused:
        console.print(f"  [red]refused[/red]: {escape(reason.sentence())}", highlight=False)
    if one.refused:
        return
    console.print(f"  Read as {escape(one.form)}.", highlight=False)
    kinds = (("errors", "error"), ("queries", "query"), ("dropped", "dropped"))
    counts = ", ".join(f"{name} {one.count(severity):,}" for name, severity in kinds)
    console.print(f"  {one.on_roll:,} on roll, {one.leavers:,} left. Findings: {counts}.", highlight=False)
    if one.issues:
        console.print(_table(one, limit))


def _table(one: FileReport, limit: int) -> Table:
    """One row a rule: what and how to mend it once, then the places."""
    table = Table("rule", "", "what, and how to mend it", "where", show_lines=True)
    places: dict[str, list[Told]] = {}
    for issue in one.issues:
        places.setdefault(issue.rule, []).append(issue)
    for rule, found in places.items():
        said = f"[bold]{escape(found[0].message)}[/bold]. {escape(found[0].mend)}"
        table.add_row(rule, _MARK[found[0].severity], said, _where(found, limit))
    return table


def _where(found: list[Told], limit: int) -> str:
    shown = found[:limit] if limit else found
    lines = [f"{_file(issue)}line {issue.line}: {escape(issue.field)}{_pupil(issue)}" for issue in shown]
    if len(found) > len(shown):
        lines.append(f"and {len(found) - len(shown):,} more; --limit 0 shows all")
    return "\n".join(lines)


def _file(issue: Told) -> str:
    return f"{escape(issue.file)}, " if issue.file else ""


def _pupil(issue: Told) -> str:
    return f", pupil {issue.pupil_no}" if issue.pupil_no is not None else ""


def _sum_up(console: Console, report: Report) -> None:
    bad = sum(not one.ok for one in report.files)
    verdict = f"[red]{bad} would be refused[/red]" if bad else "[green]all would be taken[/green]"
    console.print(f"{len(report.files)} checked against the Rollbook profile: {verdict}.", highlight=False)
