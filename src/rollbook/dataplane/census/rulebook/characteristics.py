"""Rules of this section."""

from rollbook.dataplane.census.ruling import Rule

RULES: tuple[Rule, ...] = ()
