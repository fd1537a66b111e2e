"""Space between elements says nothing: with and without it in the tree, a return reads the same, lines and all."""

from dataclasses import replace

import pytest

from rollbook.dataplane.census.examples import edited, model_return
from rollbook.dataplane.census.generator.defects import DEFECTS
from rollbook.dataplane.census.generator.make import Order, make_up
from rollbook.dataplane.census.parsed import ParsedReturn
from rollbook.dataplane.census.reader import read_return
from rollbook.dataplane.census.rules import check

# More lines than the parser counts itself: space is then kept in the tree.
MANY_LINES = b"\n" * 70_000
ODD = (
    ("P1/PupilIdentifiers/Surname = \n  Sample \n",),
    ("+ P1/PupilIdentifiers <MiddleNames>   </MiddleNames>",),
    ("+ P1/PupilIdentifiers <MiddleNames>Ann <!-- and --> <!-- so --> Bea</MiddleNames>",),
    ("+ P1/PupilIdentifiers <MiddleNames> <![CDATA[ ]]>Ann <b/> Bea</MiddleNames>",),
    ("+ P1/PupilIdentifiers <Religion> <a> </a> <b>x</b> </Religion>",),
)


def bare(parsed: ParsedReturn) -> ParsedReturn:
    return replace(parsed, sha256="", size=0)


def agree(data: bytes) -> None:
    with_space = read_return(data + MANY_LINES, "school.xml")
    without = read_return(data, "school.xml")
    assert bare(with_space) == bare(without)
    assert check(with_space) == check(without)


@pytest.mark.parametrize("edits", [(), *ODD])
def test_odd_space(edits: tuple[str, ...]) -> None:
    agree(edited(edits) if edits else model_return())


@pytest.mark.parametrize("seed", range(2))
def test_made_up_returns_with_every_defect(seed: int) -> None:
    made = make_up(Order(pupils=300, schools=2, seed=seed), dict.fromkeys(DEFECTS, 1))
    for one in made.returns:
        agree(made.xml(one))
