"""Manifests: the confidential lists that bind a disclosure or an output to its files. Sections 11.1 and 11.4."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from rollbook.kernel import canonical
from rollbook.kernel.encoding import b64, sha256
from rollbook.kernel.refusals import InputRefused, Reason, VerificationFailed
from rollbook.tlog import forms as f

MANIFEST_KIND: Final = "rollbook/manifest@v1"
OUTPUT_KIND: Final = "rollbook/output@v1"


def _is_name(value: object) -> bool:
    return isinstance(value, str) and value != ""


_FILE = f.fields(
    bytes=f.is_nat,
    columns=f.list_of(_is_name),
    kind=f.one_of("pupil", "pairs", "reference"),
    name=f.is_text,
    sha256=f.is_b32,
)
_OUTPUT_FILE = f.fields(bytes=f.is_nat, name=f.is_text, sha256=f.is_b32)


def _files_of(form: f.Form) -> f.Form:
    return lambda value: isinstance(value, list) and all(form(member) for member in value)


_MANIFEST: Mapping[str, tuple[f.Form, bool]] = {
    "did": (f.is_b32, False),
    "epoch": (f.is_month_value, False),
    "files": (_files_of(_FILE), False),
    "kind": (f.one_of(MANIFEST_KIND), False),
    "origin": (f.is_origin, False),
    "pad_seed": (f.is_b32, False),
    "population": (f.is_b32, True),
    "pupils": (f.is_nat, False),
    "v": (lambda value: type(value) is int and value == 1, False),
}
_OUTPUT: Mapping[str, tuple[f.Form, bool]] = {
    "files": (_files_of(_OUTPUT_FILE), False),
    "kind": (f.one_of(OUTPUT_KIND), False),
    "origin": (f.is_origin, False),
    "salt": (f.is_b32, False),
    "v": (lambda value: type(value) is int and value == 1, False),
}


def write_manifest(
    *,
    did: bytes,
    epoch: str,
    origin: str,
    pad_seed: bytes,
    pupils: int,
    files: Sequence[Mapping[str, Any]] = (),
    population: bytes | None = None,
) -> bytes:
    """The manifest of a disclosure set. `population` is the SHA-256 of the authority's own file of the set."""
    fields: dict[str, Any] = {
        "did": b64(did),
        "epoch": epoch,
        "files": [dict(file) for file in files],
        "kind": MANIFEST_KIND,
        "origin": origin,
        "pad_seed": b64(pad_seed),
        "pupils": pupils,
        "v": 1,
    }
    if population is not None:
        fields["population"] = b64(population)
    return _written(fields, _MANIFEST)


def write_output_manifest(*, origin: str, salt: bytes, files: Mapping[str, bytes]) -> bytes:
    """The manifest of the files of an output, with 32 random bytes of salt."""
    listed = [{"bytes": len(data), "name": name, "sha256": b64(sha256(data))} for name, data in files.items()]
    fields = {"files": listed, "kind": OUTPUT_KIND, "origin": origin, "salt": b64(salt), "v": 1}
    return _written(fields, _OUTPUT)


def read_manifest(manifest: bytes) -> dict[str, Any]:
    """The fields of a disclosure's manifest.

    Raises:
        VerificationFailed: code `manifest`.
    """
    return _read(manifest, _MANIFEST)


def read_output_manifest(manifest: bytes) -> dict[str, Any]:
    """The fields of an output's manifest.

    Raises:
        VerificationFailed: code `manifest`.
    """
    return _read(manifest, _OUTPUT)


def _written(fields: dict[str, Any], table: Mapping[str, tuple[f.Form, bool]]) -> bytes:
    wrong = f.wrong_field(fields, table)
    if wrong is not None:
        raise InputRefused(Reason("manifest", f"The manifest would be malformed in {wrong!r}"))
    return canonical.dumps(fields)


def _read(manifest: bytes, table: Mapping[str, tuple[f.Form, bool]]) -> dict[str, Any]:
    try:
        fields = canonical.loads(manifest)
    except InputRefused as refused:
        raise VerificationFailed(Reason("manifest", "The manifest is not canonical JSON")) from refused
    wrong = f.wrong_field(fields, table)
    if wrong is not None:
        raise VerificationFailed(Reason("manifest", f"The manifest is malformed in {wrong!r}"))
    return fields
