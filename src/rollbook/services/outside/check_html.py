"""The findings of a check as one HTML file: no script, nothing fetched, no link to the outside, and it prints.

It holds what the other reports hold: rules, lines and pupil numbers, never a value of a pupil. Needs no Django.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from jinja2 import Environment, StrictUndefined

from rollbook.kernel.refusals import InputRefused, Reason
from rollbook.services.outside.check import FileReport, Report, Told
from rollbook.services.platform import clock

_TEMPLATE: Final = Path(__file__).with_name("check_report.html")
_SEVERITIES: Final = (("error", "Errors", "must be mended"), ("query", "Queries", "mend, or give a reason"),
                      ("dropped", "Dropped", "will not be stored; nothing to do"))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Group:
    """The findings of one rule in one file. `anchor` names its place in the page."""

    anchor: str
    rule: str
    severity: str
    message: str
    mend: str
    found: tuple[Told, ...]


def findings_html(report: Report) -> str:
    """The report as a page of its own."""
    made = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    made.filters["count"] = lambda value: f"{value:,}"
    page = made.from_string(_TEMPLATE.read_text(encoding="utf-8"))
    files = [(one, groups(one, place)) for place, one in enumerate(report.files, start=1)]
    return page.render(report=report, files=files, severities=_SEVERITIES, made=clock.now())


def groups(one: FileReport, place: int = 1) -> tuple[Group, ...]:
    """Findings of a file by rule and words, errors first, in the order of the first of each."""
    found: dict[tuple[str, str], list[Told]] = {}
    for issue in one.issues:
        found.setdefault((issue.rule, issue.message), []).append(issue)
    return tuple(
        Group(f"file-{place}-{number}", rule, some[0].severity, message, some[0].mend, tuple(some))
        for number, ((rule, message), some) in enumerate(found.items(), start=1)
    )


def write_html(report: Report, out: Path, checked: Sequence[Path]) -> None:
    """Write the page to `out`.

    Raises:
        InputRefused: code `report-place`: `out` is one of the files that were checked, or cannot be written.
    """
    if out.resolve() in {path.resolve() for path in checked}:
        mend = "Give the report a name of its own, for example report.html."
        raise InputRefused(Reason("report-place", "The report would replace a file that was checked", out.name, mend))
    try:
        out.write_text(findings_html(report), encoding="utf-8")
    except OSError as fault:
        what = f"The report cannot be written: {fault.strerror or 'no reason given'}"
        raise InputRefused(
            Reason("report-place", what, out.name, "Name a file in a folder you may write to.")
        ) from None
