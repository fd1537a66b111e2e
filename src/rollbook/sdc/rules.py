"""The rules of disclosure control in force, and their parameters as one frozen object.

A parameter is always an argument and is echoed in every verdict, so that a verdict can be replayed years later. There
is no second default anywhere. Source of the rules: the SACRO guide and acro's `default.yaml` (threshold 10, zeros
disclosive).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

RULE_SET = "rollbook/sdc-frequency@v1"

THRESHOLD = "SDC-THRESHOLD"
GROUP = "SDC-GROUP"
EMPTY = "SDC-EMPTY"

RULES: Mapping[str, str] = MappingProxyType(
    {
        THRESHOLD: "A cell stands for at least this many distinct people.",
        GROUP: "No group of people is shown to be all alike: that would tell the same thing about each of them.",
        EMPTY: "A table with no people in it shows nothing and is not released.",
    }
)


@dataclass(frozen=True, slots=True)
class SdcParameters:
    """The numbers a project's tables are judged by. `threshold` counts distinct people."""

    threshold: int = 10
    refuse_alike_groups: bool = True

    def __post_init__(self) -> None:
        if self.threshold < 1:
            raise ValueError("a threshold is at least 1")
