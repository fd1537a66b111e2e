"""The sample of a project: as many people as its approved request asks for, drawn by lot, the same at every run.

The request says how many and why; the panel approves that. The project's first run draws exactly so many and publishes
how, in the log, together with the entry of its use. Every later run keeps the limits of that draw: whoever was drawn
stays while they are in the approved collections, newcomers join in the same share, and who objects is left out like
anywhere else. A population that grew so far that the limits would take more than a tenth above the approved need is
refused: nobody drawn is dropped in silence, and no more is extracted than was asked for.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from django.conf import settings
from pyroaring import BitMap

from rollbook.dataplane.store import reading, sampling
from rollbook.dataplane.store.sampling import Limits, Share
from rollbook.kernel.encoding import b64
from rollbook.kernel.refusals import Reason, StateBroken, UseRefused
from rollbook.records.models.governance import Publication, Request
from rollbook.records.models.studies import Draw, Project, Run
from rollbook.services.people.divided import moves
from rollbook.services.platform import clock
from rollbook.services.platform.actors import system
from rollbook.services.platform.audit import audit
from rollbook.services.platform.keys import open_keys
from rollbook.services.platform.one_person import roots, whole
from rollbook.services.platform.stray import stray_data
from rollbook.services.projects.governance import publish
from rollbook.services.uses import populations

# What a sample may be spread over, by the code in a request: column of the pupil table, and words for the public.
STRATA: Final[Mapping[str, tuple[str, str]]] = {
    "authority": ("laestab", "local authority"),
    "year-group": ("nc_year", "year group"),
}
LARGEST: Final = 100_000_000
LONGEST_WHY: Final = 2000
# One in how many above the approved number the newcomers of later years may bring it to.
HEADROOM: Final = 10


@dataclass(frozen=True, slots=True)
class SampleAsked:
    """What a request says about how many people it needs: `size` None is everybody; `by` is empty for no strata."""

    size: int | None
    why: str
    by: str = ""
    share: str = Share.PROPORTIONAL.value

    def as_data(self) -> dict[str, Any]:
        """As the request keeps it."""
        return {"size": self.size, "why": self.why.strip(), "by": self.by, "share": self.share}

    def faults(self) -> Iterator[Reason]:
        """Everything that keeps it from being asked."""
        if self.size is not None and not 1 <= self.size <= LARGEST:
            mend = "Give a whole number of people, or leave it empty if everybody is needed."
            yield Reason("sample-size", f"A sample has 1 to {LARGEST:,} people", "sample_size", mend)
        if not self.why.strip() or len(self.why) > LONGEST_WHY:
            mend = f"Say in at most {LONGEST_WHY} characters why so many are needed."
            yield Reason("sample-why", "The public is owed a reason for the number of people", "sample_why", mend)
        if self.by and self.by not in STRATA:
            yield Reason("sample-strata", "A sample cannot be spread over this", "sample_by", "Choose one of the list.")
        if self.share not in frozenset(Share):
            yield Reason("sample-share", "There is no such way to share a sample", "sample_share", "Choose one listed.")
        yield from stray_data({"sample_why": self.why})


@dataclass(frozen=True, slots=True)
class Sampled:
    """The people of a sample. `limits` and `notice` are those of a first draw, which is not yet recorded."""

    people: BitMap
    limits: Limits | None = None
    notice: str = ""


def words(sample: Mapping[str, Any]) -> str:
    """How many people a request asks for, in words for the public; empty where it does not say."""
    if not sample:
        return ""
    if sample["size"] is None:
        return "Everybody in the collections"
    by = STRATA[sample["by"]][1] if sample["by"] else ""
    if not by:
        how = ""
    elif sample["share"] == Share.EQUAL:
        how = f", the same number from each {by}"
    else:
        how = f", from each {by} in proportion to its people"
    return f"A sample of {sample['size']:,} people drawn by lot{how}"


def sample(request: Request, return_ids: tuple[str, ...], people: BitMap) -> Sampled:
    """Those of `people` (whom the use may be about, by every one of their keys) that the project's sample has.

    Raises:
        UseRefused: code `sample-beyond-need`.
    """
    asked = request.sample
    if not asked or asked["size"] is None or not people:
        return Sampled(people)
    project = Project.objects.get(request=request)
    persons, strata, labels = _strata(return_ids, people, asked["by"])
    of = open_keys(settings.ROLLBOOK).sample_marks(project.reference, persons)
    draw = Draw.objects.filter(project=project).first()
    if draw is None:
        limits = sampling.first_limits(of, strata, labels, asked["size"], Share(asked["share"]))
        chosen = sampling.drawn(of, strata, labels, limits)
        notice = _notice(project, asked, np.bincount(strata[chosen], minlength=len(labels)), strata, labels)
        return Sampled(_with_all_keys(persons[chosen], people), limits, notice)
    chosen = sampling.drawn(of, strata, labels, _limits(draw)) | np.isin(persons, _before(project))
    _within_need(request, int(chosen.sum()))
    return Sampled(_with_all_keys(persons[chosen], people))


def record_draw(request: Request, sampled: Sampled) -> None:
    """Keep and publish a first draw, in the transaction that hands in the entry of its use.

    Raises:
        UseRefused: code `sample-drawn`, where another run of the project was first.
    """
    if sampled.limits is None:
        return
    project = Project.objects.get(request=request)
    if Draw.objects.filter(project=project).exists():
        mend = "Ask for the run again; it takes the sample that was drawn."
        raise UseRefused(Reason("sample-drawn", "Another run drew the sample meanwhile", project.reference, mend))
    title = f"How the sample of {project.reference} is drawn"
    reference = publish(by=system(), kind="rules", title=title, document=sampled.notice, from_=clock.today())
    kept = {"other": f"{sampled.limits.other:x}", "of": {k: f"{v:x}" for k, v in sampled.limits.by_stratum.items()}}
    paper = Publication.objects.get(reference=reference)
    Draw.objects.create(project=project, limits=kept, publication=paper, drawn_at=clock.now())
    audit(system(), "draw-sample", project.reference, people=len(sampled.people), paper=reference)


def _limits(draw: Draw) -> Limits:
    return Limits({label: int(limit, 16) for label, limit in draw.limits["of"].items()}, int(draw.limits["other"], 16))


def _strata(
    return_ids: tuple[str, ...], people: BitMap, by: str
) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.int32], tuple[str, ...]]:
    """Each person by the key that stands, once; for each the place of their stratum; the strata's labels in order.

    Somebody with rows in several strata counts in the first by label.
    """
    above = roots()
    persons = np.array(BitMap(above.get(key, key) for key in people) if above else people, dtype=np.uint32)
    if not by:
        return persons, np.zeros(len(persons), np.int32), ("",)
    keys, texts = reading.labels_of(settings.ROLLBOOK.study, return_ids, STRATA[by][0], moves())
    labels, codes = np.unique(texts, return_inverse=True)
    for joined, root in above.items():
        keys[keys == joined] = root
    place = np.full(len(persons), len(labels), np.int32)
    known = np.isin(keys, persons)
    np.minimum.at(place, np.searchsorted(persons, keys[known]), codes[known].astype(np.int32))
    return persons, place, (*labels.tolist(), "")


def _with_all_keys(chosen: npt.NDArray[np.uint32], people: BitMap) -> BitMap:
    return whole(BitMap(chosen)) & people


def _before(project: Project) -> npt.NDArray[np.uint32]:
    """Who was in the project's last run: they stay, also where they have moved to a stratum with another limit."""
    last = Run.objects.filter(study__project=project, submission__isnull=False).order_by("-started_at", "-id").first()
    try:
        people = populations.read(last.population_file, last.epoch) if last is not None else BitMap()
    except StateBroken:
        # The month's key is gone. The limits alone still draw everybody who has not moved.
        people = BitMap()
    above = roots()
    return np.array(BitMap(above.get(key, key) for key in people), dtype=np.uint32)


def _within_need(request: Request, count: int) -> None:
    most = request.sample["size"] + max(1, request.sample["size"] // HEADROOM)
    if count > most:
        mend = "Ask with a request that amends this one, for as many as are needed now."
        message = "So many people have come that the sample would be more than a tenth larger than approved"
        raise UseRefused(Reason("sample-beyond-need", message, request.reference, mend))


def _notice(
    project: Project,
    asked: Mapping[str, Any],
    taken: npt.NDArray[Any],
    strata: npt.NDArray[np.int32],
    labels: tuple[str, ...],
) -> str:
    """What the log's document says of a draw: bands of people, no limit and no person."""
    counts = np.bincount(strata, minlength=len(labels))
    lines = [
        f"{words(asked)}.",
        f"Why so many: {asked['why']}",
        "",
        f"Project: {project.reference}",
        f"People who could be drawn: {band(len(strata))}",
        f"People drawn: {int(taken.sum())}",
        f"Commitment to the key of the draw: {b64(open_keys(settings.ROLLBOOK).sample_commitment(project.reference))}",
        "Each person has a number that follows from this key. Those below a limit, fixed now, are in the sample; they",
        "stay at later runs, newcomers join in the same share, and who objects is left out.",
    ]
    if asked["by"]:
        lines += ["", f"By {STRATA[asked['by']][1]}, people who could be drawn, people drawn:"]
        lines += [
            f"{label or 'not stated'}, {band(int(all_of))}, {band(int(some))}"
            for label, all_of, some in zip(labels, counts, taken, strict=True)
            if all_of
        ]
    return "\n".join(lines) + "\n"


def band(count: int) -> str:
    """A number of people as the public sees it: the power of ten it lies in, and nothing finer."""
    if count < 10:
        return "fewer than 10"
    low = 10 ** (len(str(count)) - 1)
    return f"{low:,} to {low * 10 - 1:,}"
