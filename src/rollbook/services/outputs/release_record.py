"""The record of a release: everything that decided about a table, published beside it and fixed by the same log entry.

The entry of an output commits to a manifest, the manifest to the table and to this record, and the log signs the entry:
so the record is signed with it (SATRE 3.3.09: a record of disclosure checks for each output). It says nothing of a
hidden figure, not even which of the hidden cells are the small ones, for that would narrow them down.
"""

import hashlib
from collections.abc import Sequence
from importlib.metadata import version
from typing import Any, Final

from rollbook.kernel import canonical
from rollbook.policy.roles import Role
from rollbook.records.models.studies import Output
from rollbook.sdc.rules import rules_of
from rollbook.services.outside.hidden_cells import lines_of

FORM: Final = "rollbook/release-record@v1"
FORM_OF_SEVERAL: Final = "rollbook/release-record@v2"
RECORD: Final = "record.json"


def record_of(tables: Sequence[tuple[Output, str]]) -> bytes:
    """The record of a release as canonical JSON: its tables, the first of them leading, each with the bytes of its CSV.
    One of several tables has a part for each.
    """
    lead = tables[0][0]
    study, turn = lead.run.study, lead.turns.latest("number")
    common: dict[str, Any] = {
        "project": study.project.reference,
        "study_sha256": study.digest,
        "study_commit": study.commit,
        "tools": {name: version(name) for name in ("rollbook", "highspy", "duckdb")},
        "context": dict(turn.context),
        "reviewers": [
            {"role": Role.OUTPUT_CHECKER.value, "verdict": row.verdict, "turn": turn.number}
            for row in turn.verdicts.order_by("id")
        ],
    }
    parts = [_part(output, csv) for output, csv in tables]
    if len(parts) == 1:
        return canonical.dumps({"form": FORM, **common, **parts[0]})
    whole = {"form": FORM_OF_SEVERAL, "output": lead.reference, "title": study.title, "tables": parts}
    return canonical.dumps(common | whole)


def _part(output: Output, csv: str) -> dict[str, Any]:
    """What is recorded of one table."""
    rules = output.rules
    return {
        "output": output.reference,
        "title": output.title,
        "table_sha256": hashlib.sha256(csv.encode()).hexdigest(),
        "rule_set": rules["rule_set"],
        "rules": [{"code": code, "words": words} for code, words in rules_of(rules["rule_set"]).items()],
        "parameters": {name: _plain(value) for name, value in rules["parameters"].items()},
        "verdict": "passed with hidden cells" if rules.get("hiding") else "passed",
        "cells": [
            {"labels": list(line.labels), "verdict": "hidden" if line.hidden else "passed"}
            for line in lines_of(rules, output.table)
        ],
        **{name: output.table[name] for name in ("nested",) if name in output.table},
        "differencing": {"fewest_people": rules["parameters"]["threshold"], "held_against": _held_against(output)},
    }


def _held_against(output: Output) -> list[str]:
    """Every table that had left or been agreed, by its public reference: beside each of them this one passed."""
    rows = Output.objects.filter(id__in=output.audited, release__isnull=False).order_by("id")
    return list(rows.values_list("reference", flat=True))


def _plain(value: object) -> object:
    """Canonical JSON has no fractions and no nothing: such a value is told as text."""
    return value if isinstance(value, bool | int | str) else str(value)
