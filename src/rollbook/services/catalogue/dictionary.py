"""The dictionary: every item that may be held about a pupil, in plain words, with its power, class and retention.

What the catalogue says, with the papers that cover each item. History in words is `dictionary_history`'s.
"""

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass

from rollbook.dataplane.census.catalogue import ITEMS, Item, collections, known_collection, places_of
from rollbook.dataplane.census.codes import codes_of, label
from rollbook.policy.classes import read_class
from rollbook.policy.powers import POWERS
from rollbook.records.models.collections import Collection
from rollbook.records.models.governance import Assessment, Publication
from rollbook.services.catalogue.dictionary_history import (
    ChainLine,
    CollectionChoice,
    HistoryLine,
    chain_lines,
    collection_choices,
    first_and_last,
    history_lines,
    usual_collection,
)
from rollbook.services.catalogue.mapped_items import (
    every_item,
    find_item,
    labels_of,
    loaded_items,
    mapping_of,
    mappings,
)
from rollbook.services.platform.words import class_words

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
    "withdrawn": "Never accepted",
}
_BASIS = "UK GDPR, Article 6(1)(c) or (e): a duty or public task set by law. Consent is not asked."
_NO_POWER = "Not on record: the sources at hand name no law for an item of the early years census alone."
_LOADED_POWER = "No law is on record for the item alone: see the impact assessment of its collection."
_MARKS = {
    "current": "", "ended": "No longer asked", "withdrawn": "Never accepted", "transfer": "In transfer files only",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class DictionaryLine:
    """One item in the list and in the files. `group` is its heading; `mark` is empty for an item still asked for.

    `description` is for anybody, `detail` for who works with the data. `refusable_by` is family or nobody. `held` says
    that a collection that can be opened asks or asked for it. `last_return` is empty while one still asks.
    """

    code: str
    name: str
    description: str
    detail: str
    group: str
    kind: str
    risk: str
    risk_words: str
    refusable_by: str
    refusal_code: str
    not_obtained_code: str
    basis: str
    power: str
    law: str
    retention: str
    cbds: tuple[str, ...]
    status: str
    held: bool
    mark: str
    first_return: str
    last_return: str
    element: str
    collections: tuple[str, ...]

    @property
    def refusable(self) -> bool:
        """Whether a family may refuse to answer."""
        return self.refusable_by == "family"


@dataclass(frozen=True, slots=True)
class CodeLine:
    """One code of one item in one list. `first_return` and `last_return` are the first and last collection, of those
    that can be opened, that have it in this list; both lie in one chain of terms."""

    item: str
    first_return: str
    last_return: str
    code: str
    label: str


@dataclass(frozen=True, slots=True)
class DictionaryPage:
    """One item whole, its codes for one collection. `asked` are (code, name) of open collections that ask for it;
    papers are references that cover it."""

    line: DictionaryLine
    leaves: str
    refusal: str
    history: tuple[HistoryLine, ...]
    chains: tuple[ChainLine, ...]
    collection: str
    choices: tuple[str, ...]
    codes: tuple[tuple[str, str], ...]
    asked: tuple[tuple[str, str], ...]
    notices: tuple[str, ...]
    assessments: tuple[str, ...]


def dictionary(collection: str = "", words: str = "") -> tuple[DictionaryLine, ...]:
    """Items in the order of the catalogue: of one collection if one is named, and with all the words if any are.

    A collection that Rollbook has no profile for has no items.
    """
    every = every_item()
    inside = _inside(collection) if collection else every
    sought = words.lower().split()
    lines = (_line(item) for item in every.values() if item.id in inside)
    return tuple(line for line in lines if all(word in _text(line) for word in sought))


def _inside(collection: str) -> Container[str]:
    if known_collection(collection):
        return places_of(collection)
    mapping = mapping_of(collection)
    return () if mapping is None else mapping.items


def _text(line: DictionaryLine) -> str:
    parts = (line.code, line.name, line.description, line.detail, line.group, line.risk, line.element, *line.cbds)
    return " ".join(parts).lower()


def every_choice() -> tuple[CollectionChoice, ...]:
    """Every collection whose items can be shown: those that can be opened, and the loaded ones."""
    return (*collection_choices(), *(CollectionChoice(one.code, one.title, "") for one in mappings()))


def dictionary_page(code: str, collection: str = "") -> DictionaryPage | None:
    """One item, or None where the dictionary has no such word. Codes are those of `collection` if it has the item."""
    item = find_item(code)
    return None if item is None else _page(item, collection)


def code_lines() -> Iterator[CodeLine]:
    """Every code of every item in every collection that can be opened, runs of one list told once."""
    for item in ITEMS.values():
        runs: list[tuple[str, str, Mapping[str, str]]] = []
        for code in collections() if item.values else ():
            if item.id in places_of(code):
                codes: Mapping[str, str] = {one: label(item.id, one, code) for one in codes_of(item.id, code)}
                same = runs and runs[-1][2] == codes and runs[-1][0][:-5] == code[:-5]
                runs[-1:] = [(runs[-1][0], code, codes)] if same else [*runs[-1:], (code, code, codes)]
        for first, last, codes in runs:
            yield from (CodeLine(item.id, first, last, one, meaning) for one, meaning in codes.items())
    for code in loaded_items():
        for collection, labels in labels_of(code).items():
            yield from (CodeLine(code, collection, collection, one, meaning) for one, meaning in labels.items())


def _loaded_group(table: str) -> str:
    return next(mapping.title for mapping in mappings() if mapping.table == table)


def _line(item: Item) -> DictionaryLine:
    first, last = first_and_last(item.id)
    group = GROUPS.get(item.table) or _loaded_group(item.table)
    basis = _BASIS if item.held and item.id in ITEMS else ""
    return DictionaryLine(
        code=item.id, name=item.name, description=item.description, detail=item.detail, group=group,
        kind=item.kind, risk=item.risk, risk_words=class_words(str(read_class(item.risk))),
        refusable_by="family" if item.refusable else "nobody", refusal_code=item.refusal_code or "",
        not_obtained_code=item.not_obtained_code or "", basis=basis, power=item.power,
        law=_law(item),
        retention=item.retention_rule, cbds=item.cbds, status=item.status, held=item.held, mark=_MARKS[item.status],
        first_return=first, last_return=last, element=item.element,
        collections=(*(code for code in collections() if item.id in places_of(code)), *labels_of(item.id)),
    )  # fmt: skip


def _page(item: Item, collection: str) -> DictionaryPage:
    line = _line(item)
    own = labels_of(item.id)
    shown = collection if collection in line.collections else usual_collection(item) or next(iter(own), "")
    asked = [row for row in Collection.objects.order_by("-reference_date", "code") if item.id in row.items]
    notices = Publication.objects.filter(kind="notice").order_by("-id")
    assessments = Assessment.objects.select_related("publication").order_by("-id")
    return DictionaryPage(
        line=line, leaves=_leaves(item), refusal=_refusal(item), history=history_lines(item.id),
        chains=chain_lines(item), collection=shown, choices=line.collections,
        codes=tuple(own[shown].items()) if shown in own else _census_codes(item, shown),
        asked=tuple((row.code, row.name) for row in asked),
        notices=tuple(row.reference for row in notices if item.id in row.items),
        assessments=tuple(row.publication.reference for row in assessments if item.id in row.items),
    )  # fmt: skip


def _law(item: Item) -> str:
    if item.power in POWERS:
        return POWERS[item.power].law
    if item.id not in ITEMS:
        return _LOADED_POWER
    return _NO_POWER if item.held else ""


def _census_codes(item: Item, shown: str) -> tuple[tuple[str, str], ...]:
    return tuple((code, label(item.id, code, shown)) for code in codes_of(item.id, shown)) if shown else ()


def _leaves(item: Item) -> str:
    if not item.held:
        return "Nobody: it is not held."
    mark = read_class(item.risk)
    if mark.sensitivity == "A":
        return "Never used for anything but running the census: no request, power or role can open it."
    if mark.identifiability <= 2:
        return "Never part of research. Only a case about one named child, under power and agreement, can ask for it."
    return "Research inside may use it once a request is approved; it never leaves as a record."


def _refusal(item: Item) -> str:
    if not item.held:
        return "Nobody asks for it."
    if item.id not in ITEMS:
        return "No family is asked: it came in a file about pupils of many schools."
    if not item.refusable:
        return "No. The law says that schools must send it."
    return (
        f"Yes. A pupil or parent may refuse; the school then sends {item.refusal_code}, which is kept as the answer. "
        f"Where nobody has answered yet it sends {item.not_obtained_code}."
    )
