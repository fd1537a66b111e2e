"""The record of a file that left by exception: what people said by hand, and the little that a machine could say.

Published beside the file and fixed by the same log entry, as a table's record is (`services.outputs.release_record`).
It says plainly that no rule judged the file and that the differencing audit does not cover it.
"""

import hashlib
from importlib.metadata import version
from typing import Any, Final

from rollbook.kernel import canonical
from rollbook.policy.exceptions import CRITERIA
from rollbook.records.models.studies import Output
from rollbook.sdc.by_hand import NOT_COVERED
from rollbook.services.outside.replay import FILE_FORM
from rollbook.services.projects.file_leave import latest_decision

VERDICT: Final = "by hand"


def file_record_of(output: Output) -> bytes:
    """The record of `output`, which is a file, as canonical JSON."""
    study, rules = output.run.study, output.rules
    turn, leave = output.turns.latest("number"), latest_decision(study.project, study.file)
    if leave is None:
        raise ValueError("a file was made under a decision of the panel")
    record: dict[str, Any] = {
        "form": FILE_FORM,
        "output": output.reference,
        "title": output.title,
        "project": study.project.reference,
        "study_sha256": study.digest,
        "file": f"{study.file['name']}.{study.file['format']}",
        "file_sha256": hashlib.sha256(output.text.encode()).hexdigest(),
        "reason": study.file["reason"],
        "leave": {"reference": leave.exception.reference, "reasons": leave.reasons, "until": str(leave.expires)},
        "tools": {"rollbook": version("rollbook")},
        "rule_set": rules["rule_set"],
        "parameters": rules["parameters"],
        "verdict": VERDICT,
        "not_covered": NOT_COVERED,
        "warnings": [{"code": one["code"], "message": one["message"]} for one in rules["warnings"]],
        "criteria": dict(CRITERIA),
        "context": dict(turn.context),
        "decisions": [
            {"role": row.checker.role, "verdict": row.verdict, "turn": turn.number, "grounds": row.grounds}
            for row in turn.verdicts.select_related("checker").order_by("id")
        ],
    }
    return canonical.dumps(record)
