"""What a regulator needs to check the opening of a project's data: entry, receipt, manifest, and which reference in the
log's set stands for which pseudonym.

Nothing of this is a record about anyone, but with the pairs and the extract one can hold each row against the set. So
the package leaves for the overseer's key alone. It is checked before it is given (V8).
"""

import csv
import io
from collections.abc import Iterator, Mapping
from pathlib import Path

from django.conf import settings

from rollbook.kernel.encoding import unb64
from rollbook.kernel.refusals import Reason, UseRefused
from rollbook.records.models.identity import Identifier
from rollbook.records.models.studies import Run
from rollbook.services.log.receipts import make_receipt
from rollbook.services.outside.overseer_desk import pack
from rollbook.services.platform.actors import Actor, Role, require_role
from rollbook.services.platform.audit import audit
from rollbook.services.platform.keys import open_keys
from rollbook.services.platform.one_person import roots
from rollbook.services.platform.people_zone import people_zone
from rollbook.services.uses import populations, sets
from rollbook.tlog.labels import label_of_row, row_ref
from rollbook.tlog.release import verify_release

_CHUNK = 10_000


def hand_opening(*, by: Actor, run_id: int, to: Path) -> int:
    """Write the package of a run's opening to `to`, sealed for the overseer; gives how many pupils it is about.

    Raises:
        AccessDenied: code `role`. UseRefused: code `not-opened`, where the run's entry is not public.
        StateBroken: files of its month are gone. VerificationFailed: what would be given is not what was logged.
    """
    require_role(by, Role.OPERATOR)
    files, pupils = opening(run_id)
    to.write_bytes(open_keys(settings.ROLLBOOK).seal_for_overseer(pack(files)))
    audit(by, "hand-opening", str(run_id), pupils=pupils)
    return pupils


def opening(run_id: int) -> tuple[Mapping[str, bytes], int]:
    """The files of the package by name, checked as the regulator will, and the number of pupils."""
    run = Run.objects.select_related("submission", "study__project").filter(id=run_id).first()
    if run is None or run.submission is None or run.submission.index is None:
        raise UseRefused(Reason("not-opened", "No public entry says that this run's data was opened", str(run_id)))
    receipt = make_receipt(run.submission.index)
    manifest, pairs = sets.manifest_of(run.did), dict(_pairs(run))
    verify_release(receipt.entry, manifest, {}, settings.ROLLBOOK.log_origin, map(bytes.fromhex, pairs))
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["ppid", "row_ref"])
    writer.writerows(sorted((ppid, ref) for ref, ppid in pairs.items()))
    files = {
        "entry.json": receipt.entry, "receipt.tlog-proof": receipt.proof, "manifest.json": manifest,
        "pairs.csv": text.getvalue().encode(),
    }  # fmt: skip
    return files, len(pairs)


def _pairs(run: Run) -> Iterator[tuple[str, str]]:
    """Reference and pseudonym of each pupil in the set. An identifier may have changed since: the set knows which one
    stood then.
    """
    above, did, members = roots(), unb64(run.did), sets.members_of(run.did)
    people = sorted({above.get(key, key) for key in populations.read(run.population_file, run.epoch)})
    named: list[tuple[str, int]] = []
    with people_zone():
        for start in range(0, len(people), _CHUNK):
            rows = Identifier.objects.filter(person_id__in=people[start : start + _CHUNK]).order_by("id")
            values = rows.values_list("scheme", "value", "person_id")
            named += [(f"{scheme.lower()}:{value}", key) for scheme, value, key in values]
    secrets = sets.secrets_for(run.epoch, [name for name, _ in named])
    found = [(row_ref(did, y), key) for (_, key), y in zip(named, secrets, strict=True)]
    inside = [(ref, key) for ref, key in found if label_of_row(ref) in members]
    keyed = open_keys(settings.ROLLBOOK).pseudonymise(run.study.project.reference, [key for _, key in inside])
    return ((ref.hex(), ppid.hex()) for (ref, _), ppid in zip(inside, keyed, strict=True))
