"""The types of log entry and the fields of each: rules L1 and L2, which look at one entry alone.

Source: the specification of the log, sections 8.1, 8.3, 8.4 and 14.
"""

from collections.abc import Mapping
from typing import Any, Final

from rollbook.kernel import canonical
from rollbook.tlog import forms as f
from rollbook.tlog.vrf import SUITE

VERSION: Final = 1
LONGEST_ENTRY: Final = 65_535
SPEC: Final = "rollbook/log@v1"
SET_BEARING: Final = frozenset({"disclosure", "lookup-batch", "sealed"})

_previous = f.fields(origin=f.is_origin, size=f.is_nat, root=f.is_b32)
_late = f.fields(released=f.is_date, reason=f.is_code)
_totals_row = f.fields(
    group=f.is_code,
    requests=f.is_nat,
    disclosures=f.is_nat,
    pupils=f.is_nat,
    asked_optional=f.is_nat,
    returned_optional=f.is_nat,
)
SEALED_BODY: Final[Mapping[str, tuple[f.Form, bool]]] = {
    "recipient": (f.is_org, False),
    "purpose": (f.is_code, False),
    "basis": (f.is_code, False),
    "classes": (f.list_of(f.is_class), False),
    "items": (f.list_of(f.is_code), False),
    "decided": (f.is_date, False),
    "by": (f.is_code, False),
    "summary_text": (f.is_b32, False),
    "counts": (f.is_counts, True),
}


def is_sealed_body(value: object) -> bool:
    """Whether `value` has exactly the fields of a sealed body, section 14."""
    return f.wrong_field(value, SEALED_BODY) is None


_COMMON: Mapping[str, f.Form] = {"v": f.is_nat, "type": f.is_code, "id": f.is_id, "at": f.is_at}
_SET: Mapping[str, f.Form] = {"did": f.is_b32, "set": f.is_set, "manifest": f.is_b32}
_USE: Mapping[str, f.Form] = {"basis": f.is_code, "classes": f.list_of(f.is_class), "items": f.list_of(f.is_code)}

# One row for each type, in the order of the specification; `?` marks a field that may be absent.
_ROWS: Mapping[str, Mapping[str, f.Form]] = {
    "genesis": {"origin": f.is_origin, "spec": f.one_of(SPEC), "operator": f.is_text, "previous?": _previous},
    "policy": {"policy": f.is_b32, "from": f.is_date},
    "vrf-key": {"epoch_from": f.is_month_value, "suite": f.one_of(SUITE), "pk": f.is_b32},
    "request": {
        "org": f.is_org,
        "title": f.is_title,
        "kind": f.one_of("new", "amend", "renew"),
        "amends?": f.is_nat,
        "purpose": f.is_code,
        **_USE,
        "mode": f.one_of("file", "safe-setting", "lookup"),
        "register_text": f.is_b32,
    },
    "decision": {
        "of": f.is_nat,
        "result": f.one_of("approve", "refuse", "withdraw"),
        "by": f.is_code,
        "reasons_text": f.is_b32,
        "expires?": f.is_date,
    },
    "disclosure": {
        "of?": f.is_nat,
        **_SET,
        "mode": f.one_of("file", "safe-setting"),
        "recipient": f.is_org,
        **_USE,
        "late?": _late,
    },
    "lookup-account": {"of": f.is_nat, "holder": f.is_org, "opens": f.is_date},
    "lookup-close": {"of": f.is_nat, "on": f.is_date},
    "lookup-batch": {"of": f.is_nat, "day": f.is_date, **_SET},
    "sealed": {**_SET, "commit": f.is_b32, "basis": f.is_code, "by": f.is_code, "reveal_by": f.is_date},
    "seal-extend": {"of": f.is_nat, "reveal_by": f.is_date, "basis": f.is_code, "by": f.is_code},
    "reveal": {"of": f.is_nat, "salt": f.is_b32, "body": is_sealed_body},
    "correction": {"of": f.is_nat, "reason": f.is_code, "change": f.is_object, "note_text?": f.is_b32},
    "output": {
        "of": f.is_nat,
        "title": f.is_title,
        "tables": f.is_nat,
        "rules": f.is_code,
        "checked_by": f.list_of(f.is_code),
        "manifest": f.is_b32,
    },
    "destroyed": {"of": f.is_nat, "on": f.is_date, "method": f.is_code, "certificate_text": f.is_b32},
    "outcome": {
        "of": f.is_nat,
        "result": f.is_code,
        "counts?": f.is_counts,
        "note_text?": f.is_b32,
        "ack?": f.is_b32,
    },
    "totals": {"from": f.is_date, "to": f.is_date, "rows": f.list_of(_totals_row), "report_text?": f.is_b32},
    "intake": {
        "collection": f.is_code,
        "day": f.is_date,
        "returns": f.is_nat,
        "accepted": f.is_nat,
        "refused": f.is_nat,
        "report_text?": f.is_b32,
    },
    "publication": {
        "kind": f.is_code,
        "title": f.is_title,
        "document": f.is_b32,
        "from": f.is_date,
        "review_by?": f.is_date,
        "supersedes?": f.is_nat,
    },
    "monitor-report": {
        "monitor": f.is_text,
        "result": f.is_code,
        "size": f.is_nat,
        "root": f.is_b32,
        "report_text?": f.is_b32,
    },
}
FIELDS: Final[Mapping[str, Mapping[str, tuple[f.Form, bool]]]] = {
    type_: {name.removesuffix("?"): (form, name.endswith("?")) for name, form in {**_COMMON, **row}.items()}
    for type_, row in _ROWS.items()
}
DOCUMENT_FIELDS: Final = frozenset({"policy", "document", "ack"})
_NAMES_DOCUMENTS: Final[Mapping[str, tuple[str, ...]]] = {
    type_: tuple(name for name in row if name.endswith("_text") or name in DOCUMENT_FIELDS)
    for type_, row in FIELDS.items()
}


def read_entry(raw: bytes) -> dict[str, Any]:
    """The object in the bytes of an entry (L1).

    Raises:
        InputRefused: code `canonical-json`.
    """
    return canonical.loads(raw)


def is_known(body: Mapping[str, Any]) -> bool:
    """Whether a version 1 client knows this version and type; if not it says *cannot verify*, which is no fault."""
    version, type_ = body.get("v"), body.get("type")
    if version is None or type_ is None:
        return True  # a missing field is a fault of L2, not a thing of the future
    return type(version) is int and version == VERSION and isinstance(type_, str) and type_ in FIELDS


def wrong_field(body: Mapping[str, Any]) -> str | None:
    """The first field that breaks L2 in an entry of known version and type, or None."""
    type_ = body.get("type")
    if type_ is None or body.get("v") is None:
        return "type" if type_ is None else "v"
    return f.wrong_field(body, FIELDS[type_])


def documents_of(body: Mapping[str, Any]) -> list[str]:
    """The base64 hashes of the detached documents an entry names, the sealed body of a reveal included.

    Of a type that this version does not know it names none.
    """
    names = [body[name] for name in _NAMES_DOCUMENTS.get(body["type"], ()) if name in body]
    inner = body.get("body")
    return [*names, inner["summary_text"]] if isinstance(inner, dict) else names
