"""The dictionary: every item that may be held about a pupil, in plain words, with its power, class and retention."""

from collections.abc import Mapping
from dataclasses import dataclass

from rollbook.dataplane.census.catalogue import Item
from rollbook.policy.classes import read_class
from rollbook.policy.powers import POWERS
from rollbook.records.models.collections import Collection
from rollbook.records.models.governance import Assessment, Publication
from rollbook.services.mapped_items import every_item, find_item, mappings
from rollbook.services.register.words import class_words

GROUPS: Mapping[str, str] = {
    "identity": "Who the pupil is",
    "address": "Where the pupil lives",
    "pupil": "About the pupil and the place at school",
    "fsm_period": "Free school meals",
    "sen_need": "Special educational needs",
    "session": "Attendance",
    "second_half_session": "Attendance in the second half of term",
    "exclusion": "Suspensions and exclusions",
    "ap_entry": "Alternative provision",
    "school_ap": "Alternative provision arranged by the school",
    "funding_basis": "Funding",
    "programme_aim": "Learning after 16: programmes",
    "learning_aim": "Learning after 16: courses",
    "learner_support": "Learning after 16: support",
    "learner_fam": "Learning after 16: funding and monitoring",
    "work_placement": "Learning after 16: work placements",
    "annual_session": "Attendance of a whole year",
    "setting": "Early years: the setting",
    "stage_assessment": "Transfer files: assessments",
    "class_enrolment": "OneRoster sets: classes",
    "withdrawn": "No longer asked",
}


@dataclass(frozen=True, slots=True)
class DictionaryLine:
    """One item in the list. `group` is its heading."""

    code: str
    name: str
    description: str
    group: str
    risk: str
    refusable: bool
    current: bool


@dataclass(frozen=True, slots=True)
class DictionaryPage:
    """One item whole. `collections` are (code, name) of those that ask for it; papers are references that cover it."""

    line: DictionaryLine
    risk_words: str
    leaves: str
    power: str
    law: str
    retention: str
    refusal: str
    element: str
    collections: tuple[tuple[str, str], ...]
    notices: tuple[str, ...]
    assessments: tuple[str, ...]


def dictionary() -> tuple[DictionaryLine, ...]:
    """Every item, in the order of the catalogue."""
    return tuple(_line(item) for item in every_item().values())


def dictionary_page(code: str) -> DictionaryPage | None:
    """One item, or None where the dictionary has no such word."""
    item = find_item(code)
    return None if item is None else _page(item)


def _line(item: Item) -> DictionaryLine:
    group = GROUPS.get(item.table) or _loaded_group(item.table)
    return DictionaryLine(
        item.id, item.name, item.description, group, item.risk, item.refusable, item.status == "current"
    )


def _loaded_group(table: str) -> str:
    return next(mapping.title for mapping in mappings() if mapping.table == table)


def _page(item: Item) -> DictionaryPage:
    asked = [row for row in Collection.objects.order_by("-reference_date", "code") if item.id in row.items]
    notices = Publication.objects.filter(kind="notice").order_by("-id")
    assessments = Assessment.objects.select_related("publication").order_by("-id")
    return DictionaryPage(
        line=_line(item),
        risk_words=class_words(str(read_class(item.risk))),
        leaves=_leaves(item),
        power=item.power,
        law=POWERS[item.power].law if item.power in POWERS else "",
        retention=item.retention_rule,
        refusal=_refusal(item),
        element=item.element,
        collections=tuple((row.code, row.name) for row in asked),
        notices=tuple(row.reference for row in notices if item.id in row.items),
        assessments=tuple(row.publication.reference for row in assessments if item.id in row.items),
    )


def _leaves(item: Item) -> str:
    mark = read_class(item.risk)
    if mark.sensitivity == "A":
        return "Never used for anything but running the census: no request, power or role can open it."
    if mark.identifiability <= 2:
        return "Never part of research. Only a case about one named child, under power and agreement, can ask for it."
    return "Research inside may use it once a request is approved; it never leaves as a record."


def _refusal(item: Item) -> str:
    if not item.refusable:
        return "No. The law says that schools must send it."
    return f"Yes. A pupil or parent may refuse; the school then sends {item.refusal_code}, which is kept as the answer."
