"""The rules of disclosure control in force, and their parameters as one frozen object.

A parameter is always an argument and is echoed in every verdict, so that a verdict can be replayed years later. There
is no second default anywhere. Sources: the SACRO guide and acro's `default.yaml` (threshold 10, N = 2 and k = 90 %,
p = 10 %, degrees of freedom 10, zeros disclosive); DataSHIELD's `nfilter.glm` (0.33 parameters a person). The second
unit, quantiles, modes and significant digits have no common standard: those numbers are our own.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from types import MappingProxyType

RULE_SET = "rollbook/sdc-frequency@v1"
MEASURES_RULE_SET = "rollbook/sdc-measures@v1"

THRESHOLD = "SDC-THRESHOLD"
GROUP = "SDC-GROUP"
EMPTY = "SDC-EMPTY"
ZERO = "SDC-ZERO"
UNIT = "SDC-UNIT"
LARGEST = "SDC-NK"
NEXT_LARGEST = "SDC-P"
UNIT_LARGEST = "SDC-UNIT-NK"
UNIT_NEXT_LARGEST = "SDC-UNIT-P"
ALIKE = "SDC-ALIKE"
EXTREME = "SDC-EXTREME"
SIDES = "SDC-QUANTILE"
HELD_BY_ALL = "SDC-MODE"
FREEDOM = "SDC-FREEDOM"
PARAMETERS = "SDC-PARAMETERS"

RULES: Mapping[str, str] = MappingProxyType(
    {
        THRESHOLD: "A cell stands for at least this many distinct people.",
        GROUP: "No group of people is shown to be all alike: that would tell the same thing about each of them.",
        EMPTY: "A table with no people in it shows nothing and is not released.",
    }
)
MEASURE_RULES: Mapping[str, str] = MappingProxyType(
    {
        ZERO: "No combination of a table's labels is empty: that would tell what nobody of a group is.",
        UNIT: "A cell stands for at least this many schools, trusts or households, where the table names such a unit.",
        LARGEST: "The largest contributors to a figure do not make up this share of it or more.",
        NEXT_LARGEST: "The second largest contributor cannot reckon the largest to within this share of it.",
        UNIT_LARGEST: "The largest schools, trusts or households do not make up this share of a figure or more.",
        UNIT_NEXT_LARGEST: "The second largest school, trust or household cannot reckon the largest from a figure.",
        ALIKE: "The people behind a figure do not all have one value: the figure would tell each one's.",
        EXTREME: "A maximum or minimum is one person's own value and is never released.",
        SIDES: "A quantile has enough people on either side of it.",
        HELD_BY_ALL: "A mode is not the value of nearly everyone.",
        FREEDOM: "A spread or a model keeps at least this many degrees of freedom.",
        PARAMETERS: "A model has few parameters for the people it was made from.",
    }
)


def rules_of(rule_set: str) -> Mapping[str, str]:
    """The rules of a rule set, by name, with what each is for."""
    return RULES if rule_set == RULE_SET else MappingProxyType({**RULES, **MEASURE_RULES})


@dataclass(frozen=True, slots=True)
class SdcParameters:
    """The numbers a project's tables are judged by.

    `threshold`, `quantile_side` count distinct people, `unit_threshold` distinct units; `dominant_k`, `dominant_p`,
    `mode_share` are shares; `dominant_n` is 1 or 2, as many as the evidence keeps. `digits` is how many significant
    digits of a figure are shown: digits beyond them can carry what a study hides in its values.
    """

    threshold: int = 10
    refuse_alike_groups: bool = True
    refuse_empty_cells: bool = True
    unit_threshold: int = 3
    dominant_n: int = 2
    dominant_k: float = 0.90
    dominant_p: float = 0.10
    quantile_side: int = 10
    mode_share: float = 0.90
    freedom: int = 10
    parameters_per_person: float = 0.33
    digits: int = 4

    def __post_init__(self) -> None:
        if self.threshold < 1:
            raise ValueError("a threshold is at least 1")
        if min(self.unit_threshold, self.quantile_side, self.freedom, self.digits) < 1:
            raise ValueError("a number of people, units, degrees or digits is at least 1")
        if self.dominant_n not in (1, 2):
            raise ValueError("the evidence keeps the two largest contributions")
        if not all(
            0 < share <= 1 for share in (self.dominant_k, self.dominant_p, self.mode_share, self.parameters_per_person)
        ):
            raise ValueError("a share lies above 0 and is at most 1")

    def known_to(self, rule_set: str) -> dict[str, int | float | bool]:
        """The parameters that a rule set asks for: a record echoes these and no others."""
        whole = asdict(self)
        return {name: whole[name] for name in ("threshold", "refuse_alike_groups")} if rule_set == RULE_SET else whole
