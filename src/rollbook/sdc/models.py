"""The rules of fitted models: how many distinct people they rest on, and how much of their freedom they used up.

Residual degrees of freedom as acro 1.0.2 asks for them (people less estimated parameters, below 10 is refused); the
share of parameters to people as DataSHIELD's `nfilter.glm` (0.33).
"""

from collections.abc import Iterator

from rollbook.sdc import rules
from rollbook.sdc.frequency import Failure, Verdict
from rollbook.sdc.rules import MEASURES_RULE_SET, SdcParameters


def judge_model(people: int, estimated: int, parameters: SdcParameters) -> Verdict:
    """What the rules say of a model fitted on so many distinct `people` with so many `estimated` parameters, the
    intercept among them.
    """
    if people < 0 or estimated < 1:
        raise ValueError("a model has people and estimates at least one parameter")
    return Verdict(tuple(_failures(people, estimated, parameters)), parameters, MEASURES_RULE_SET)


def _failures(people: int, estimated: int, parameters: SdcParameters) -> Iterator[Failure]:
    if people < parameters.threshold:
        yield Failure(rules.THRESHOLD, (), f"below {parameters.threshold}")
    if people - estimated < parameters.freedom:
        yield Failure(rules.FREEDOM, (), f"fewer than {parameters.freedom} degrees of freedom")
    if estimated > parameters.parameters_per_person * people:
        yield Failure(rules.PARAMETERS, (), f"more than {parameters.parameters_per_person:g} parameters a person")
