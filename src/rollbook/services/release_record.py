"""The record of a release: everything that decided about a table, published beside it and fixed by the same log entry.

The entry of an output commits to a manifest, the manifest to the table and to this record, and the log signs the entry:
so the record is signed with it (SATRE 3.3.09: a record of disclosure checks for each output). It says nothing of a
hidden figure, not even which of the hidden cells are the small ones, for that would narrow them down.
"""

import hashlib
from importlib.metadata import version
from typing import Any, Final

from rollbook.kernel import canonical
from rollbook.policy.roles import Role
from rollbook.records.models.studies import Output
from rollbook.sdc.rules import rules_of
from rollbook.services.hidden_cells import lines_of

FORM: Final = "rollbook/release-record@v1"
RECORD: Final = "record.json"


def record_of(output: Output, csv: str) -> bytes:
    """The record of `output`, whose published bytes are `csv`, as canonical JSON."""
    rules, study = output.rules, output.run.study
    turn = output.turns.latest("number")
    record: dict[str, Any] = {
        "form": FORM,
        "output": output.reference,
        "title": output.title,
        "project": study.project.reference,
        "study_sha256": study.digest,
        "study_commit": study.commit,
        "table_sha256": hashlib.sha256(csv.encode()).hexdigest(),
        "tools": {name: version(name) for name in ("rollbook", "highspy", "duckdb")},
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
        "context": dict(turn.context),
        "reviewers": [
            {"role": Role.OUTPUT_CHECKER.value, "verdict": row.verdict, "turn": turn.number}
            for row in turn.verdicts.order_by("id")
        ],
    }
    return canonical.dumps(record)


def _held_against(output: Output) -> list[str]:
    """Every table that had left or been agreed, by its public reference: beside each of them this one passed."""
    rows = Output.objects.filter(id__in=output.audited, release__isnull=False).order_by("id")
    return list(rows.values_list("reference", flat=True))


def _plain(value: object) -> object:
    """Canonical JSON has no fractions and no nothing: such a value is told as text."""
    return value if isinstance(value, bool | int | str) else str(value)
