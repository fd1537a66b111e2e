"""Grounds, evidence and reasons as pairs of code and words, for forms."""

from rollbook.rights.bases import BASES, EVIDENCE_WORDS
from rollbook.rights.reasons import STOP_REASONS, WORDS

BASIS_CHOICES = tuple((basis.value, rule.words) for basis, rule in BASES.items() if rule.grants)
EVIDENCE_CHOICES = tuple(EVIDENCE_WORDS.items())
STOP_CHOICES = tuple((why.value, WORDS[why]) for why in STOP_REASONS)
