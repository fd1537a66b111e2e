"""Study rows for tests of the store, without a census file."""

import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from uuid import UUID

import pyarrow as pa

from rollbook.dataplane.store.landing import Rows, land_together, shaped

COLLECTION = "sc-spr-2025"
LANGUAGES = ("ENG", "URD", "POL")


def return_id(number: int) -> str:
    """The id of the test's n-th return."""
    return str(UUID(int=number))


def tables(pupils: int, *, seed: int = 1) -> dict[str, pa.Table]:
    """Tables as the reader gives them: pupils numbered from 1, two special needs for every third."""
    chance = random.Random(seed)
    numbers = list(range(1, pupils + 1))
    needy = [number for number in numbers if number % 3 == 0 for _ in range(2)]
    return {
        "identity": pa.table({"pupil_no": pa.array(numbers, pa.int32()), "surname": ["Sample"] * pupils}),
        "pupil": pa.table(
            {
                "pupil_no": pa.array(numbers, pa.int32()),
                "line": pa.array([10 * number for number in numbers], pa.int32()),
                "on_roll": [True] * pupils,
                "sex": [chance.choice("MF") for _ in numbers],
                "language": [chance.choice(LANGUAGES) for _ in numbers],
            }
        ),
        "sen_need": pa.table(
            {
                "pupil_no": pa.array(needy, pa.int32()),
                "line": pa.array([10 * number + n for n, number in enumerate(needy)], pa.int32()),
                "sen_type_rank": pa.array([1 + n % 2 for n in range(len(needy))], pa.int32()),
                "sen_type": ["SLCN", "ASD"] * (len(needy) // 2),
            }
        ),
    }


def put(root: Path, number: int, people: Sequence[int], *, collection: str = COLLECTION) -> Mapping[str, int]:
    """Land the n-th return with these people; gives the Delta versions."""
    (versions,) = land_together(
        root, [Rows(shaped(tables(len(people), seed=number)), people, return_id(number), collection, "2013999")]
    )
    return versions
