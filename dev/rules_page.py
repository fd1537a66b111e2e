"""Writes the page of census rules from the rules themselves, examples included."""

from itertools import groupby

from rollbook.dataplane.census.landed_forms import NotLanded
from rollbook.dataplane.census.rulebook.derivation import DerivedRule, Kind
from rollbook.dataplane.census.rulebook.scope import NAMES
from rollbook.dataplane.census.rules import DERIVED, NUMBERED, returns_of
from rollbook.dataplane.census.ruling import Rule
from rollbook.services.catalogue.rulebook import rule_kinds

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


_DERIVED_HEAD = """## Rules that follow from the catalogue

Made from the catalogue's items, code lists and returns, never written one by one; a list that changes changes its rule.
Where a numbered rule judges the same, there is no such rule, or it is silent where the numbered one has spoken: one
fault is told once. Lengths and ranges are held only where a source gives them. Edits after `;` follow one another;
those of H choose the return.
"""


def rules_page(mark: str) -> str:
    """Every rule with its words, its source and its examples, in order of number; those of the catalogue as tables."""
    parts = [_HEAD.format(mark=mark), _counts()]
    parts += [_rule(rule) for rule in sorted(NUMBERED.values(), key=lambda rule: rule.id)]
    parts.append(_DERIVED_HEAD)
    parts += [_table(kind, list(rules)) for kind, rules in groupby(DERIVED.values(), key=lambda rule: rule.kind)]
    return "\n".join(parts).rstrip() + "\n"


def _counts() -> str:
    lines = ["| rules | of this kind | ids |", "|---|---|---|"]
    lines += [f"| {kind.rules} | {kind.words} | `{kind.kind}-` |" for kind in rule_kinds()]
    total = sum(kind.rules for kind in rule_kinds())
    return "\n".join([*lines, f"| {total} | together | |", ""])


def _table(kind: Kind, rules: list[DerivedRule]) -> str:
    words = next(line.words for line in rule_kinds() if line.kind == kind)
    lines = [f"### {kind}: {words.partition(': ')[2]}", ""]
    lines += ["| id | severity | says | source | returns | passes | fails |", "|---|---|---|---|---|---|---|"]
    return "\n".join([*lines, *map(_row, rules), ""])


def _row(rule: DerivedRule) -> str:
    returns = " ".join(returns_of(rule.id))
    cells = (rule.severity.value, f"{rule.message}. {rule.mend}", rule.source, returns)
    examples = (
        f"`{'; '.join(edits)}`" if edits else "as it stands" for edits in (rule.example_pass, rule.example_fail)
    )
    return "| " + " | ".join([f"`{rule.id}`", *cells, *examples]) + " |"


def _rule(rule: Rule) -> str:
    number = f" ({rule.dfe_ref})" if rule.dfe_ref else ""
    lines = [f"## {rule.id}: {rule.message}", "", f"{rule.severity.capitalize()}. {rule.mend}", ""]
    fields = ", ".join(f"`{field}`" for field in rule.fields)
    returns = ", ".join(NAMES[found] for found in returns_of(rule.id))
    lines += [
        f"Source: {rule.source}{number}." + (f" Fields: {fields}." if fields else "") + f" Asked of: {returns}.",
        "",
    ]
    if isinstance(rule.landed, NotLanded):
        lines += [f"Not run over landed rows. {rule.landed.why}", ""]
    lines += ["```text", *(f"passes  {edit}" for edit in rule.example_pass)]
    lines += [*(f"fails   {edit}" for edit in rule.example_fail), "```", ""]
    return "\n".join(lines)
