"""Chapter 2: schools send their returns. One is refused and mended; an item is dropped."""

from pathlib import Path

from lxml import etree

from rollbook.services.collections import collections, notices
from rollbook.services.demo.papers import COLLECTION
from rollbook.services.demo.stage import Stage
from rollbook.services.outside.generate import GeneratedFile, generate_returns
from rollbook.services.platform import clock
from rollbook.services.platform.actors import operator
from rollbook.services.returns.ingest import ingest, ingest_file
from rollbook.services.returns.receipts import Receipt

PUPILS, SCHOOLS, SEED = 2_000, 8, 20250116
# Long enough that no signature or packed table spells it by chance, as three letters sometimes are.
DROPPED = "XXK-made-up-nationality"


def invent(stage: Stage) -> tuple[GeneratedFile, ...]:
    """Make up eight schools and about 2,000 pupils, in the shape of the national return."""
    folder = stage.folder / "returns"
    with stage.narrator.step("") as step:
        made = generate_returns(pupils=PUPILS, schools=SCHOOLS, seed=SEED, out=folder)
        pupils = sum(one.on_roll for one in made.files)
        step.says = f"{len(made.files)} invented schools, {pupils:,} invented pupils, one census file each: {folder}"
    largest = max(made.files, key=lambda one: one.on_roll)
    stage.facts |= {"laestab": largest.laestab, "school": largest.school, "return": str(largest.path)}
    stage.facts |= _child(largest.path)
    return made.files


def receive(stage: Stage, files: tuple[GeneratedFile, ...]) -> None:
    """Send every file in; the first attempt of one school has a mistyped UPN and is refused whole."""
    narrator, data = stage.narrator, Path(stage.facts["return"]).read_bytes()
    for one in files:
        collections.register_school(by=operator(), laestab=one.laestab, name=one.school, phase=_phase(one.path))
    with narrator.step("A return with a mistyped UPN is refused whole, with its line and how to mend it") as step:
        receipt = ingest(by=operator(), data=_mistyped(data, stage.facts["upn"]), name="mistyped.xml")
        narrator.check(
            not receipt.accepted and any(issue.rule == "PT-015" for issue in receipt.errors), "PT-015 refuses it"
        )
        narrator.check(collections_empty(), "nothing of it is stored")
        step.link = f"line {receipt.errors[0].line}: {receipt.errors[0].message}. {receipt.errors[0].mend}"
    with narrator.step("Returns come in") as step:
        receipts = [_receive(one, stage) for one in step.through(files)]
        pupils = sum(receipt.on_roll for receipt in receipts)
        step.says = (
            f"{len(receipts)} returns received, {pupils:,} pupils; a nationality that one school sent was dropped"
        )
        step.link = stage.link(f"/register/collections/{COLLECTION}/")
    narrator.check(all(receipt.accepted for receipt in receipts), "every mended return is accepted")
    narrator.check(sum(len(receipt.discards) for receipt in receipts) == 1, "one illegal item was dropped and recorded")
    narrator.check(DROPPED.encode() not in _stored(stage), "the dropped value is nowhere in the stores")


def tell_and_count(stage: Stage) -> None:
    """The notice goes to everyone on the returns so far, and the day's returns go into the log as counts."""
    with stage.narrator.step(
        "The notice is given to every pupil on the returns; the day's returns are counted in the log"
    ) as step:
        notices.tell(by=operator(), collection=COLLECTION, how="school-letter", day=clock.today())
        stage.narrator.check(
            bool(collections.log_intake(by=operator(), day=clock.today())), "the day's returns are counted"
        )
        step.link = stage.link(f"/register/collections/{COLLECTION}/")


def _receive(one: GeneratedFile, stage: Stage) -> Receipt:
    if one.laestab != stage.facts["laestab"]:
        return ingest_file(by=operator(), path=one.path)
    return ingest(by=operator(), data=_with_nationality(one.path.read_bytes(), stage.facts["upn"]), name=one.path.name)


def _child(path: Path) -> dict[str, str]:
    """The child of the story: the first on the roll without help for special needs, young enough for a parent."""
    tree, names = etree.fromstring(path.read_bytes()), ("UPN", "Surname", "Forename", "DOB", "SENprovision", "PostCode")
    for pupil in tree.iter("PupilOnRoll"):
        text = {name: pupil.findtext(f".//{name}") or "" for name in names}
        if text["SENprovision"] == "N" and text["DOB"] >= "2012":
            named = {"upn": "UPN", "surname": "Surname", "forename": "Forename", "born": "DOB", "postcode": "PostCode"}
            return {fact: text[name] for fact, name in named.items()}
    raise AssertionError("the invented school has no such pupil")


def pupil_of(tree: etree._Element, upn: str) -> etree._Element:
    """The pupil on roll with this number."""
    return next(pupil for pupil in tree.iter("PupilOnRoll") if pupil.findtext(".//UPN") == upn)


def _mistyped(data: bytes, upn: str) -> bytes:
    """The same file with two neighbouring digits of one UPN changed places."""
    body = next(i for i in range(1, 12) if upn[i] != upn[i + 1])
    swapped = upn[:body] + upn[body + 1] + upn[body] + upn[body + 2 :]
    return data.replace(upn.encode(), swapped.encode())


def _with_nationality(data: bytes, upn: str) -> bytes:
    tree = etree.fromstring(data)
    etree.SubElement(part_of(pupil_of(tree, upn), "PupilCharacteristics"), "Nationality").text = DROPPED
    return etree.tostring(tree, xml_declaration=True, encoding="UTF-8")


def part_of(tree: etree._Element, name: str) -> etree._Element:
    """The first element of this name."""
    return next(tree.iter(name))


def _phase(path: Path) -> str:
    return etree.fromstring(path.read_bytes()).findtext(".//Phase") or ""


def collections_empty() -> bool:
    """Whether no return has been accepted."""
    from rollbook.records.models.collections import Return

    return not Return.objects.filter(state=Return.ACCEPTED).exists()


def _stored(stage: Stage) -> bytes:
    """Every byte of the study tables and the log."""
    folders = (stage.config.study, stage.config.log)
    return b"".join(path.read_bytes() for folder in folders for path in folder.rglob("*") if path.is_file())
