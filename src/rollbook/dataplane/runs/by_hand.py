"""What came out of a sandbox where a file was declared, read and with its warnings: inside, and on dummy data alike."""

from collections.abc import Collection
from dataclasses import dataclass

from rollbook.dataplane.runs.hostile_file import read_file
from rollbook.dataplane.runs.study import Study
from rollbook.kernel.refusals import Reason
from rollbook.sdc.by_hand import ByHand, warnings


@dataclass(frozen=True, slots=True)
class HandedOver:
    """A file as it would leave, and what a machine can say of it. That there is no warning is no pass."""

    text: str
    warnings: tuple[Reason, ...]
    parameters: ByHand


def hand_over(stream: bytes, study: Study, ppids: Collection[str]) -> HandedOver:
    """The file of a study that declares one.

    Raises:
        InputRefused: code `file-...`, for what no person may see.
    """
    if study.file is None:
        raise TypeError("this study hands over a table")
    parameters = ByHand()
    found = read_file(stream, study.file, ppids)
    spelled = words_of(study)
    told = warnings(found.text, spelled, parameters, cut=found.cut, moved=found.moved)
    return HandedOver(found.text, told, parameters)


def words_of(study: Study) -> str:
    """All that the study's own files say, in order of path."""
    return "\n".join(data.decode() for _, data in sorted(study.files.items()))
