"""Writes the page of census rules from the rules themselves, examples included."""

from rollbook.dataplane.census.rules import RULES
from rollbook.dataplane.census.ruling import Rule

_HEAD = """# Census rules

{mark}

A return is checked against the Rollbook profile. That is not a claim to match the Department for Education's own
validation: its schema and rule sheets have not been compared. The source of each rule says how far to trust it; OWN and
DOMAIN are never the Department's.

An **error** refuses the whole return. A **query** waits for a reason. What is **dropped** is gone before anything is
stored, and only the fact is kept. Age is age at the previous 31 August.

The examples are the rules' own tests. Each is a list of edits to an invented, valid return (`model_return.xml` and, for
the early years rules EY, `model_early_return.xml` under `src/rollbook/dataplane/census/data`): `PATH = text` sets a
value, `- PATH` removes an element, `+ PATH <xml/>` adds one, `~ PATH = text` sets a value and makes the elements that
are missing on the way. H is the header, S the school, P1 to P3 pupils on roll, L1 the leaver; E1 and E2 are settings,
C1 and C2 children of the first, C3 of the second. A rule without a passing example passes on the return as it stands.
"""


def rules_page(mark: str) -> str:
    """Every rule with its words, its source and its examples, in order of number."""
    parts = [_HEAD.format(mark=mark)]
    parts += [_rule(rule) for rule in sorted(RULES.values(), key=lambda rule: rule.id)]
    return "\n".join(parts).rstrip() + "\n"


def _rule(rule: Rule) -> str:
    number = f" ({rule.dfe_ref})" if rule.dfe_ref else ""
    lines = [f"## {rule.id}: {rule.message}", "", f"{rule.severity.capitalize()}. {rule.mend}", ""]
    fields = ", ".join(f"`{field}`" for field in rule.fields)
    lines += [f"Source: {rule.source}{number}." + (f" Fields: {fields}." if fields else ""), ""]
    lines += ["```text", *(f"passes  {edit}" for edit in rule.example_pass)]
    lines += [*(f"fails   {edit}" for edit in rule.example_fail), "```", ""]
    return "\n".join(lines)
