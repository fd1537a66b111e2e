"""Drawing the population of a run: who is in the approved collections today, less those who chose to be left out."""

from dataclasses import dataclass

from pyroaring import BitMap

from rollbook.policy.powers import POWERS
from rollbook.policy.purposes import PURPOSES, PurposeKind
from rollbook.records.models.governance import Request
from rollbook.records.models.identity import Choice, Identifier
from rollbook.rights.objections import ChoiceKind, leaves_out
from rollbook.services.platform.one_person import roots, whole
from rollbook.services.platform.people_zone import people_zone
from rollbook.services.projects.samples import Sampled, sample
from rollbook.services.returns import returns

_CHUNK = 10_000


@dataclass(frozen=True, slots=True)
class Plan:
    """The `people` of a run, the returns their facts come from, and how many were left out by their own choice.

    `pupil_ids` names each person in the log's form, in ascending order of person key. `unnamed` is how many more there
    are whom only a loaded collection tells apart, by numbers of its own: nobody can be found by such a number, so
    nobody can ask, and the log's set has no name for them.
    """

    return_ids: tuple[str, ...]
    people: BitMap
    left_out: int
    pupil_ids: tuple[str, ...]
    unnamed: int
    sampled: Sampled

    @property
    def size(self) -> int:
        """How many people the use is about."""
        return len(self.pupil_ids) + self.unnamed


def draw(request: Request) -> Plan:
    """The population of a use under `request`, now: the sample it asks for, or everybody. Somebody of a census without
    an identifier could never be told, so is not used.
    """
    return_ids = tuple(sorted(str(one) for one in returns.current_return_ids(request.collections)))
    everyone = returns.people_in(return_ids)
    objectors = standing_objectors(purpose=request.purpose, power=request.power)
    wanted = everyone - objectors
    names = pupil_ids(wanted)
    named = BitMap(names)
    unnamed = (wanted - named) & returns.people_in(returns.loads_of_unnamed(request.collections))
    sampled = sample(request, return_ids, named | unnamed)
    # Two keys of one person have one name.
    pupils = tuple(dict.fromkeys(names[key] for key in named & sampled.people))
    unnamed &= sampled.people
    return Plan(return_ids, sampled.people, len(everyone & objectors), pupils, len(unnamed), sampled)


def standing_objectors(*, purpose: str, power: str) -> BitMap:
    """Everybody whose standing choice leaves them out of a use for `purpose` under `power`."""
    is_research = PURPOSES[purpose].kind is PurposeKind.RESEARCH
    law = POWERS[power].overrides_choices
    biting = [kind.value for kind in ChoiceKind if leaves_out(kind, is_research=is_research, overriding_law=law)]
    with people_zone():
        standing = Choice.objects.filter(kind__in=biting, withdrawn_at=None)
        return whole(BitMap(standing.values_list("person_id", flat=True).iterator()))


def pupil_ids(people: BitMap) -> dict[int, str]:
    """The name in the log of each of `people` by person key: the current UPN, or failing that the current ULN."""
    above = roots()
    keys = sorted({above.get(key, key) for key in people})
    names: dict[int, str] = {}
    with people_zone():
        for start in range(0, len(keys), _CHUNK):
            rows = Identifier.objects.filter(person_id__in=keys[start : start + _CHUNK], standing="current")
            # In order of scheme, so that a UPN is written over a ULN.
            for person, scheme, value in rows.order_by("scheme").values_list("person_id", "scheme", "value"):
                names[person] = f"{scheme.lower()}:{value}"
    named = ((key, names.get(above.get(key, key))) for key in people)
    return {key: name for key, name in named if name is not None}
