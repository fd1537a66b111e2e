"""The rules of disclosure control in force, and their parameters as one frozen object.

A parameter is always an argument and is echoed in every verdict, so that a verdict can be replayed years later. There
is no second default anywhere. Sources: the SACRO guide and acro's `default.yaml` (threshold 10, N = 2 and k = 90 %,
p = 10 %, degrees of freedom 10, zeros disclosive); DataSHIELD's `nfilter.glm` (0.33 parameters a person); Huber, Robust
Statistics (1981), section 7.2 (a leverage up to 0.2 is safe). The second unit, quantiles, modes, significant digits and
what a model must leave unexplained have no common standard: those numbers are our own.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from types import MappingProxyType

RULE_SET = "rollbook/sdc-frequency@v1"
MEASURES_RULE_SET = "rollbook/sdc-measures@v2"
MODELS_RULE_SET = "rollbook/sdc-models@v2"

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
FEW = "SDC-FEW"
EXTREME = "SDC-EXTREME"
SIDES = "SDC-QUANTILE"
HELD_BY_ALL = "SDC-MODE"
FREEDOM = "SDC-FREEDOM"
PARAMETERS = "SDC-PARAMETERS"
NO_FIT = "SDC-FIT"
TERM = "SDC-TERM"
LEVERAGE = "SDC-LEVERAGE"
SATURATED = "SDC-SATURATED"
EXACT = "SDC-EXACT"

RULES: Mapping[str, str] = MappingProxyType(
    {
        THRESHOLD: "A cell stands for at least this many distinct people.",
        GROUP: "No group of people is shown to be all alike: that would tell the same thing about each of them.",
        EMPTY: "A table with no people in it shows nothing and is not released.",
        ZERO: "No combination of a table's labels is empty: that would tell what nobody of a group is.",
    }
)
MEASURE_RULES: Mapping[str, str] = MappingProxyType(
    {
        UNIT: "A cell stands for at least this many schools, trusts or households, where the table names such a unit.",
        LARGEST: "The largest contributors to a figure do not make up this share of it or more.",
        NEXT_LARGEST: "The second largest contributor cannot reckon the largest to within this share of it.",
        UNIT_LARGEST: "The largest schools, trusts or households do not make up this share of a figure or more.",
        UNIT_NEXT_LARGEST: "The second largest school, trust or household cannot reckon the largest from a figure.",
        ALIKE: "The people behind a figure do not all have one value: the figure would tell each one's.",
        FEW: "Enough people have an amount that is not nothing, and of a mark enough have either value.",
        EXTREME: "A maximum or minimum is one person's own value and is never released.",
        SIDES: "A quantile has enough people on either side of it.",
        HELD_BY_ALL: "A mode is the value of enough people, and not of nearly everyone.",
        FREEDOM: "A spread or a model keeps at least this many degrees of freedom.",
    }
)
# The level of a category is judged as a cell is; the rest is asked of the model as a whole.
_OF_LEVELS = (UNIT, LARGEST, NEXT_LARGEST, UNIT_LARGEST, UNIT_NEXT_LARGEST, ALIKE, FEW, FREEDOM)
MODEL_RULES: Mapping[str, str] = MappingProxyType(
    {
        **{name: MEASURE_RULES[name] for name in _OF_LEVELS},
        PARAMETERS: "A model has few parameters for the people it was made from.",
        NO_FIT: "A model whose estimates do not exist is not released: a term follows from others, or foretells all.",
        TERM: "Enough people differ in a term from what is commonest in it: the estimate is not about a few of them.",
        LEVERAGE: "Nobody's own outcome makes up this share of the value that the model gives them, or more.",
        SATURATED: "A model with an estimate for every combination of its terms has enough people in each.",
        EXACT: "A model leaves something open: from an exact one each outcome could be worked out.",
    }
)


def rules_of(rule_set: str) -> Mapping[str, str]:
    """The rules of a rule set, by name, with what each is for."""
    more = {RULE_SET: {}, MODELS_RULE_SET: MODEL_RULES}.get(rule_set, MEASURE_RULES)
    # A model shows no figure of a combination, so an empty one tells nothing.
    common = {name: words for name, words in RULES.items() if name != ZERO or rule_set != MODELS_RULE_SET}
    return MappingProxyType({**common, **more})


@dataclass(frozen=True, slots=True)
class SdcParameters:
    """The numbers a project's tables are judged by.

    `threshold`, `quantile_side` count distinct people, `unit_threshold` distinct units; `dominant_k`, `dominant_p`,
    `mode_share` are shares; `dominant_n` is 1 or 2, as many as the evidence keeps. `digits` is how many significant
    digits of a figure are shown: digits beyond them can carry what a study hides in its values; `likelihood_digits` is
    one more, because only differences of likelihoods are read. `leverage` is the largest share a person may have in
    their own fitted value, `unexplained` the smallest share of the outcome's spread that a model leaves open.
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
    likelihood_digits: int = 5
    leverage: float = 0.2
    unexplained: float = 0.001

    def __post_init__(self) -> None:
        if self.threshold < 1:
            raise ValueError("a threshold is at least 1")
        if min(self.unit_threshold, self.quantile_side, self.freedom, self.digits, self.likelihood_digits) < 1:
            raise ValueError("a number of people, units, degrees or digits is at least 1")
        if self.dominant_n not in (1, 2):
            raise ValueError("the evidence keeps the two largest contributions")
        shares = (self.dominant_k, self.dominant_p, self.mode_share, self.parameters_per_person)
        if not all(0 < share <= 1 for share in (*shares, self.leverage, self.unexplained)):
            raise ValueError("a share lies above 0 and is at most 1")

    def known_to(self, rule_set: str) -> dict[str, int | float | bool]:
        """The parameters that a rule set asks for: a record echoes these and no others."""
        whole = asdict(self)
        if rule_set == RULE_SET:
            return {name: whole[name] for name in ("threshold", "refuse_alike_groups", "refuse_empty_cells")}
        if rule_set == MODELS_RULE_SET:
            return whole
        return {name: value for name, value in whole.items() if name not in _OF_MODELS}


_OF_MODELS = frozenset({"likelihood_digits", "leverage", "unexplained"})
