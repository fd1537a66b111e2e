"""Papers as an operator writes them: one TOML file a paper, read whole, refused with every fault, then published.

Which keys a kind of paper has stands in `FORMS`; a working example of each kind is printed by `example`. What a paper
must say beyond its form (known items, powers, the order of its days) is judged by the deeds of
`services.projects.governance`.
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from rollbook.dataplane.census.catalogue import collection_name, items_of, known_collection
from rollbook.kernel.refusals import InputRefused, Reason
from rollbook.services.catalogue.mapped_items import mapping_of
from rollbook.services.platform.actors import Actor
from rollbook.services.projects import governance
from rollbook.services.projects.papers import Clause, Step

LARGEST: Final = 1_000_000  # bytes; the longest published assessments have some hundred pages
_TEXT, _DAY, _TEXTS, _PARTS = "text", "day", "texts", "parts"
_HOW: Final[Mapping[str, str]] = {
    _TEXT: 'Write it as text in quotes: key = "…".',
    _DAY: "Write the day without quotes: key = 2027-01-31.",
    _TEXTS: 'Write a list of texts: key = ["…", "…"].',
    _PARTS: "Write each as a block of its own, [[…]], with all its texts in quotes.",
}


@dataclass(frozen=True, slots=True)
class Form:
    """The keys of one kind of paper, each with its shape, and the keys of a block of `parts`."""

    must: Mapping[str, str]
    may: Mapping[str, str] = field(default_factory=dict)
    part: tuple[str, ...] = ()


_SCOPE: Final = {"items": _TEXTS, "collections": _TEXTS, "supersedes": _TEXT}
_PLAIN: Final = Form({"title": _TEXT, "from": _DAY, "text": _TEXT}, {"review_by": _DAY, **_SCOPE})
_DATED: Final = {"title": _TEXT, "from": _DAY, "review_by": _DAY, "purposes": _TEXTS}
FORMS: Final[Mapping[str, Form]] = {
    "notice": _PLAIN,
    "rules": _PLAIN,
    "review": _PLAIN,
    "assessment": Form({**_DATED, "steps": _PARTS}, _SCOPE, ("title", "text")),
    "agreement": Form(
        {**_DATED, "organisation": _TEXT, "power": _TEXT, "ends": _DAY, "clauses": _PARTS},
        {**_SCOPE, "cited_law": _TEXT},
        ("title", "text", "owner"),
    ),
}


def publish_form(*, by: Actor, data: bytes, name: str) -> str:
    """Publish the paper that a TOML file describes; gives its reference. `name` is the file's, for messages.

    Raises:
        AccessDenied: code `role`. InputRefused: codes `paper-…` for the form, each with its key, or those of the deed.
    """
    said = read_form(data, name)
    items = list(dict.fromkeys([*said.get("items", ()), *_items_of(said.get("collections", ()))]))
    facts = {"by": by, "title": said["title"], "items": items, "supersedes": said.get("supersedes")}
    if said["kind"] == "assessment":
        steps = [Step(**one) for one in said["steps"]]
        return governance.record_assessment(
            purposes=said["purposes"], steps=steps, starts=said["from"], review_by=said["review_by"], **facts
        )
    if said["kind"] == "agreement":
        return governance.record_agreement(
            organisation=said["organisation"], power=said["power"], cited_law=said.get("cited_law", ""),
            purposes=said["purposes"], clauses=[Clause(**one) for one in said["clauses"]], starts=said["from"],
            ends=said["ends"], review_by=said["review_by"], **facts,
        )  # fmt: skip
    return governance.publish(
        kind=said["kind"], document=said["text"], from_=said["from"], review_by=said.get("review_by"), **facts
    )


def read_form(data: bytes, name: str) -> dict[str, Any]:
    """What the file says, every key of its kind's form there and of its shape.

    Raises:
        InputRefused: codes `paper-file`, `paper-kind`, `paper-key`, `paper-unknown-key`, `paper-shape`,
            `collection-unknown`; with every one that holds.
    """
    said = _parsed(data, name)
    form = FORMS.get(str(said.get("kind")))
    if form is None:
        mend = f"Write kind = with one of {', '.join(FORMS)}; `rollbook paper example notice` prints a whole one."
        raise InputRefused(Reason("paper-kind", "The file does not say what kind of paper it is", name, mend))
    if reasons := tuple(_faults(said, form, name)):
        raise InputRefused(reasons)
    return said


def _parsed(data: bytes, name: str) -> dict[str, Any]:
    if len(data) > LARGEST:
        raise InputRefused(Reason("paper-file", "The file is larger than any paper", name, "Shorten it to 1 MB."))
    try:
        return tomllib.loads(data.decode())
    except UnicodeDecodeError:
        raise InputRefused(Reason("paper-file", "The file is not UTF-8 text", name, "Save it as UTF-8.")) from None
    except tomllib.TOMLDecodeError as error:
        # The parser names line and column; nothing of a paper is secret.
        raise InputRefused(Reason("paper-file", f"This is not TOML: {error}", name, "Mend that line.")) from None


def _faults(said: Mapping[str, Any], form: Form, name: str) -> Iterator[Reason]:
    known = {**form.must, **form.may}
    for key in form.must:
        if key not in said:
            yield Reason("paper-key", f"A paper of this kind needs {key}", name, _HOW[known[key]])
    for key in said:
        if key not in known and key != "kind":
            mend = f"Leave it out. Known: {', '.join(known)}."
            yield Reason("paper-unknown-key", f"A paper of this kind has no {key[:40]}", name, mend)
    for key, shape in known.items():
        if key in said and not _is(shape, said[key], form.part):
            part = f" Its texts: {', '.join(form.part)}." if shape == _PARTS else ""
            yield Reason("paper-shape", f"{key} is not written as it must be", name, _HOW[shape] + part)
    listed = said.get("collections", [])
    for code in listed if _is(_TEXTS, listed) else ():
        if not known_collection(code) and mapping_of(code) is None:
            mend = "Write it as sc-spr-2025, or define its mapping first."
            yield Reason("collection-unknown", "There is no such collection", code[:64], mend)


def _is(shape: str, value: object, part: tuple[str, ...] = ()) -> bool:
    if shape == _TEXT:
        return isinstance(value, str) and bool(value.strip())
    if shape == _DAY:
        return isinstance(value, date) and not isinstance(value, datetime)
    if not isinstance(value, list):
        return False
    if shape == _TEXTS:
        return all(isinstance(one, str) for one in value)
    return all(isinstance(one, dict) and set(one) == set(part) and all(_is(_TEXT, v) for v in one.values())
               for one in value)  # fmt: skip


def _items_of(codes: list[str]) -> Iterator[str]:
    for code in codes:
        mapping = mapping_of(code)
        yield from (item.id for item in items_of(code)) if mapping is None else mapping.items


def example(kind: str, collection: str, today: date) -> str:
    """A whole paper of a kind, to be changed by whoever writes one; notice and assessment cover the collection.

    Raises:
        InputRefused: code `paper-kind` or `collection-unknown`.
    """
    if kind not in FORMS:
        mend = f"Use one of: {', '.join(FORMS)}."
        raise InputRefused(Reason("paper-kind", "There is no such kind of paper", kind[:16], mend))
    if not known_collection(collection):
        raise InputRefused(
            Reason("collection-unknown", "There is no such collection", collection[:64], "Write it as sc-spr-2025.")
        )
    later = today.replace(year=today.year + 1, day=min(today.day, 28))
    head = f'kind = "{kind}"\n# What the public will read. Change all of it.\ntitle = "{{}}"\nfrom = {today}\n'
    return (head + _EXAMPLES[kind]).format(
        _TITLES[kind].format(collection_name(collection)), later=later, collection=collection
    )


_TITLES: Final[Mapping[str, str]] = {
    "notice": "How we use what schools tell us about you: {}",
    "rules": "The rules for checking tables",
    "review": "Review of the agreement with the University of Ostlebury",
    "assessment": "Impact assessment of the {}",
    "agreement": "Agreement with the University of Ostlebury",
}
_PLAIN_EXAMPLE: Final = 'review_by = {later}\ntext = """\nWrite here what everybody may read.\n"""\n'
_COVERS: Final = '# Every item of these collections; single items can be named too: items = ["sex"].\n'
_EXAMPLES: Final[Mapping[str, str]] = {
    "notice": f'{_COVERS}collections = ["{{collection}}"]\n{_PLAIN_EXAMPLE}',
    "rules": _PLAIN_EXAMPLE,
    "review": _PLAIN_EXAMPLE,
    "assessment": f"""review_by = {{later}}
purposes = ["school-census"]
{_COVERS}collections = ["{{collection}}"]

[[steps]]
title = "What is done"
text = "Schools send one file a term. It is checked, matched to the right child, and kept."

[[steps]]
title = "What could go wrong"
text = "A wrong child, a wrong fact, a fact used for something else, a fact kept for ever."
""",
    "agreement": """ends = {later}
review_by = {later}
# The number under which `rollbook organisation register` entered it.
organisation = "UNI-0001"
power = "PWR-03"
purposes = ["research-analysis"]
items = ["sex", "language", "sen-provision", "fsm-start-date"]

[[clauses]]
title = "Work inside"
text = "All work is done inside Rollbook. No row leaves."
owner = "University"
""",
}
