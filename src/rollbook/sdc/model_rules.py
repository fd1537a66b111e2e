"""The rules of fitted models: on how many people they rest, and whether any figure of theirs is about a few.

Residual degrees of freedom as acro 1.0.2 asks for them (people less parameters, below 10 is refused); the share of
parameters to people as DataSHIELD's `nfilter.glm` (0.33); leverage after Huber, Robust Statistics (1981), 7.2: 1/h is
the number of people that a fitted value rests on, and a share above 0.2 is no longer safe.
"""

from collections.abc import Iterator
from dataclasses import replace

from rollbook.sdc import measured, rules
from rollbook.sdc.frequency import Failure, Verdict
from rollbook.sdc.models import BETWEEN, EVERYONE, TERM, WHOLE, ModelEvidence, ModelTable
from rollbook.sdc.rules import MODELS_RULE_SET, SdcParameters

_NOISE = 1e-9
_EVERYONE = ((TERM, WHOLE),)


def judge_model(table: ModelTable, parameters: SdcParameters) -> Verdict:
    """What the rules say of a fitted model."""
    evidence = table.evidence
    found = [*_size(evidence, parameters), *_fit(evidence, parameters), *_terms(evidence, parameters)]
    found += _levels(evidence, parameters)
    return Verdict(tuple(dict.fromkeys(found)), parameters, MODELS_RULE_SET)


def _size(evidence: ModelEvidence, parameters: SdcParameters) -> Iterator[Failure]:
    people, estimated, limit = evidence.people, evidence.estimated, parameters.threshold
    if not people:
        yield Failure(rules.EMPTY, (), "no people")
    if people < limit:
        yield Failure(rules.THRESHOLD, _EVERYONE, f"below {limit}")
    if people - estimated < parameters.freedom:
        yield Failure(rules.FREEDOM, _EVERYONE, f"fewer than {parameters.freedom} degrees of freedom")
    if evidence.groups and evidence.groups - 1 < parameters.freedom:
        # The variance between groups is a spread of as many values as there are groups.
        words = f"fewer than {parameters.freedom} degrees of freedom"
        yield Failure(rules.FREEDOM, ((TERM, BETWEEN),), words)
    if estimated > parameters.parameters_per_person * people:
        words = f"more than {parameters.parameters_per_person:g} parameters a person"
        yield Failure(rules.PARAMETERS, _EVERYONE, words)


def _fit(evidence: ModelEvidence, parameters: SdcParameters) -> Iterator[Failure]:
    if not evidence.fitted:
        yield Failure(rules.NO_FIT, _EVERYONE, "there are no estimates")
        return
    if evidence.leverage >= parameters.leverage * (1 - _NOISE):
        words = f"somebody makes up {parameters.leverage:.0%} or more of their own fitted value"
        yield Failure(rules.LEVERAGE, _EVERYONE, words)
    yield from _left_open(evidence, parameters)
    if 1 - evidence.explained < parameters.unexplained:
        yield Failure(rules.EXACT, _EVERYONE, f"less than {parameters.unexplained:.1%} of the outcome is left open")


def _left_open(evidence: ModelEvidence, parameters: SdcParameters) -> Iterator[Failure]:
    """Residual variance and standard errors are sums of squares: one person's distance from the model must not be most
    of them, as no person's amount may be most of a sum.
    """
    whole, first, second = evidence.left
    top = first + second if parameters.dominant_n == 2 else first
    if whole and top >= parameters.dominant_k * whole * (1 - _NOISE):
        words = f"{parameters.dominant_n} people make up {parameters.dominant_k:.0%} or more of what is left open"
        yield Failure(rules.LARGEST, _EVERYONE, words)
    if whole and whole - first - second < parameters.dominant_p * first:
        words = f"the largest distance can be reckoned to within {parameters.dominant_p:.0%}"
        yield Failure(rules.NEXT_LARGEST, _EVERYONE, words)


def _terms(evidence: ModelEvidence, parameters: SdcParameters) -> Iterator[Failure]:
    for name, people in evidence.away:
        if people < parameters.threshold:
            yield Failure(rules.TERM, ((TERM, name),), f"fewer than {parameters.threshold} differ from the rest")
    if evidence.patterns <= evidence.estimated and evidence.fewest < parameters.threshold:
        words = f"a combination of terms with fewer than {parameters.threshold} people"
        yield Failure(rules.SATURATED, _EVERYONE, words)


def _levels(evidence: ModelEvidence, parameters: SdcParameters) -> Iterator[Failure]:
    """Each level as a cell. An empty combination of levels is no matter: no figure is about it."""
    apart = replace(parameters, refuse_empty_cells=False)
    for table in evidence.tables:
        for failure in measured.judge(table, apart).failures:
            labels = tuple(pair for pair in failure.labels if pair[1] != EVERYONE)
            yield replace(failure, labels=labels or _EVERYONE)
