"""Makes up returns and writes them to a folder: for demonstrations, tests and benches. No real person is in them.

Needs neither Django nor a network.
"""

import json
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rollbook.dataplane.census.generator.defects import read_wanted
from rollbook.dataplane.census.generator.make import DEFAULT_LEA, MadeUp, Order, make_up
from rollbook.kernel.refusals import InputRefused, Reason
from rollbook.kernel.terms import Term

TRUTH_NAME = "truth.json"
_MAX_DEFECTS_BYTES = 100_000


@dataclass(frozen=True, slots=True)
class GeneratedFile:
    """One file written: whose return it is and how many records it holds."""

    path: Path
    laestab: str
    school: str
    on_roll: int
    leavers: int


@dataclass(frozen=True, slots=True)
class Generated:
    """The files written, and the truth file when defects were planted."""

    files: tuple[GeneratedFile, ...]
    truth: Path | None
    planted: int


def generate_returns(
    *,
    pupils: int,
    out: Path,
    schools: int | None = None,
    defects: Path | None = None,
    seed: int = 1,
    term: str = "SPR",
    year: int = 2025,
    lea: str = DEFAULT_LEA,
    progress: Callable[[int, int], None] | None = None,
) -> Generated:
    """Write one return a school into `out`, which is made when missing; files of the same name are written anew.

    `progress` is called with files written and files in all. Refuses an order that cannot be met.
    """
    wanted = read_defects(defects) if defects is not None else {}
    made = make_up(Order(pupils=pupils, schools=schools, term=_term(term), year=year, lea=lea, seed=seed), wanted)
    _make_folder(out)
    files = []
    for done, one in enumerate(made.returns, start=1):
        path = out / made.file_name(one.school)
        path.write_bytes(made.xml(one))
        files.append(GeneratedFile(path, one.school.laestab, one.school.name, len(one.on_roll), len(one.leavers)))
        if progress is not None:
            progress(done, len(made.returns))
    return Generated(tuple(files), _write_truth(made, out) if wanted else None, len(made.truth))


def read_defects(path: Path) -> dict[str, int]:
    """The defects asked for in a TOML or JSON file: `check-letter = 3` and so on."""
    try:
        if path.stat().st_size > _MAX_DEFECTS_BYTES:
            raise ValueError("too large")
        text = path.read_text(encoding="utf-8")
        wanted: object = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
    except (OSError, ValueError) as error:
        raise InputRefused(
            Reason(
                "defects", "The file of defects cannot be read", path.name, "Write `check-letter = 3` in TOML or JSON."
            )
        ) from error
    return read_wanted(wanted)


def _term(text: str) -> Term:
    try:
        return Term(text.upper())
    except ValueError:
        raise InputRefused(Reason("generate", "There is no such term", "--term", "Use AUT, SPR or SUM.")) from None


def _make_folder(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputRefused(
            Reason("generate", "The folder cannot be made", "--out", "Name a folder you may write to.")
        ) from error


def _write_truth(made: MadeUp, out: Path) -> Path:
    order = made.order
    path = out / TRUTH_NAME
    names = {one.school.laestab: made.file_name(one.school) for one in made.returns}
    truth = {
        "collection": f"sc-{order.term.value.lower()}-{order.year}",
        "seed": order.seed,
        "defects": [{"file": names[planted.laestab], **planted.as_data()} for planted in made.truth],
    }
    path.write_text(json.dumps(truth, indent=1) + "\n", encoding="utf-8")
    return path
