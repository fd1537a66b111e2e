"""A sealed case is told: only with what the overseer opened, exactly as it was sealed, and to everybody alike."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from typer.testing import CliRunner

from rollbook.cli import overseer as overseer_command
from rollbook.kernel.refusals import AccessDenied, InputRefused, RollbookError, StateBroken, UseRefused
from rollbook.records.models.accounts import School
from rollbook.records.models.control import Audit
from rollbook.records.models.governance import Agreement
from rollbook.records.models.identity import Identifier
from rollbook.services.gateway import gateway, gateway_seal, reveals
from rollbook.services.log import reader
from rollbook.services.log.health import log_health
from rollbook.services.outside.overseer_desk import check_case
from rollbook.services.platform import clock
from rollbook.services.platform.people_zone import people_zone
from rollbook.services.portal.history import history
from rollbook.services.uses import endings, populations, sets
from rollbook.tlog.bundle import verify
from tests import case_ground as ground
from tests import census_ground, run_ground
from tests.integration.log import log_story
from tests.kills import killed_at
from tests.letters import Family, let_in
from tests.people import CUSTODIAN, DPO, OPERATOR, OTHER_PARENT, PARENT, actor_of, browser_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def log(db: None, monkeypatch: pytest.MonkeyPatch) -> run_ground.Writer:
    run_ground.clean_folders()
    run_ground.pupils(12)
    return run_ground.log_of_its_own(monkeypatch)


@pytest.fixture
def case(log: run_ground.Writer) -> str:
    """A case that was confirmed, sealed and answered; gives its reference."""
    made = ground.confirmed(ground.police(log))
    gateway.seal(made.id)
    return str(made.reference)


@pytest.fixture
def opened(case: str, overseer_folder: Path, tmp_path: Path) -> dict[str, bytes]:
    """What the overseer opened of it."""
    return opened_by_the_overseer(case, overseer_folder, tmp_path)


def opened_by_the_overseer(case: str, overseer_folder: Path, tmp_path: Path) -> dict[str, bytes]:
    """With the command, on a machine of their own."""
    reveals.hand_case(by=OPERATOR, reference=case, to=tmp_path / "x.case")
    sealed = (tmp_path / "x.case").read_bytes()
    assert ground.CHILD["surname"].encode() not in sealed
    words = ["open", str(tmp_path / "x.case"), "--key", str(overseer_folder), "--to", str(tmp_path / "opened")]
    done = CliRunner().invoke(overseer_command.app, words)
    assert done.exit_code == 0, done.output
    return {path.name: path.read_bytes() for path in (tmp_path / "opened").iterdir()}


def child_upn() -> str:
    with people_zone():
        person = ground.sighting(surname=ground.CHILD["surname"], forename=ground.CHILD["forename"]).person_id
        return str(Identifier.objects.get(person_id=person, scheme="upn").value)


def bundle_line(upn: str) -> str:
    log = log_story.read_as_client()
    epoch = log.history.epochs()[-1]
    data = sets.write_bundle(epoch, f"upn:{upn}")
    from rollbook.services.log.trust import policy_of

    now = int(clock.now().timestamp())
    verdict = verify(data, f"upn:{upn}", log, policy_of(settings.ROLLBOOK), now)
    assert verdict.complete
    (answer,) = verdict.results.values()
    return answer


def families() -> tuple[Family, Family]:
    school = School.objects.get(pk=census_ground.SCHOOL)
    upns = [census_ground.upn(number) for number in range(12)]
    theirs = child_upn()
    other = next(upn for upn in upns if upn != theirs)
    return let_in(PARENT, theirs, school), let_in(OTHER_PARENT, other, school)


def test_everybody_gets_an_answer_once_it_is_told(case: str, opened: dict[str, bytes], log: run_ground.Writer) -> None:
    concerned, other = families()
    for family in (concerned, other):
        before = history(family.parent, family.handle)
        assert (before.uses, len(before.sealed)) == ((), 1)
    assert bundle_line(child_upn()) == "sealed"
    reveals.reveal(by=OPERATOR, reference=case, opened=opened)
    log.write()

    for family, inside in ((concerned, True), (other, False)):
        after = history(family.parent, family.handle)
        ((use,), sealed) = (after.uses, after.sealed)
        assert (use.inside, use.organisation, sealed) == (inside, "Ostleshire Police", ())
        assert "were told" in use.result
    assert bundle_line(child_upn()) == "in"
    (entry,) = reader.entries("outcome")
    assert (entry.fields["result"], entry.fields["counts"]) == (
        "disclosed", {"asked": 1, "matched": 1, "returned": 1},
    )  # fmt: skip
    health = log_health()
    assert health is not None
    assert (health.seals.in_force, health.seals.revealed, health.faults) == (0, 1, ())
    with pytest.raises(UseRefused, match="told already"):
        reveals.reveal(by=OPERATOR, reference=case, opened=opened)
    with pytest.raises(UseRefused):
        reveals.hand_case(by=OPERATOR, reference=case, to=Path("y.case"))
    assert {"hand-case", "reveal-case"} <= set(Audit.objects.values_list("deed", flat=True))


def test_an_agreement_that_ends_after_the_sealing_is_corrected_when_the_case_is_told(
    log: run_ground.Writer, overseer_folder: Path, tmp_path: Path
) -> None:
    made = ground.confirmed(ground.police(log))
    with killed_at(gateway_seal, "_log_first", done=True):
        gateway.seal(made.id)
    Agreement.objects.update(review_by=clock.today() - timedelta(days=1))
    gateway.seal(made.id)
    files = opened_by_the_overseer(made.reference, overseer_folder, tmp_path)
    (concerned, _) = families()
    reveals.reveal(by=OPERATOR, reference=made.reference, opened=files)
    log.write()
    (entry,) = reader.entries("outcome")
    counts = {"asked": 1, "matched": 1, "returned": 0}
    assert (entry.fields["result"], entry.fields["counts"]) == ("nothing-told", counts)
    (use,) = history(concerned.parent, concerned.handle).uses
    assert "Nothing was told" in use.result


def test_nothing_but_what_was_sealed_can_be_told(
    case: str, opened: dict[str, bytes], log: run_ground.Writer, tmp_path: Path
) -> None:
    (sealed,) = reader.entries("sealed")
    raw = log_story.read_as_client().raws[sealed.index]
    # The regulator holds the opened case against its entry before anything is told.
    assert check_case(opened=tmp_path / "opened", entry=raw) == case
    for other in (raw.replace(b'"commit":"', b'"commit":"A'), log_story.read_as_client().raws[0]):
        with pytest.raises(RollbookError):
            check_case(opened=tmp_path / "opened", entry=other)
    (tmp_path / "opened" / "set").write_bytes(bytes(32))
    with pytest.raises(RollbookError, match="set is not"):
        check_case(opened=tmp_path / "opened", entry=raw)
    other = case_of_another(log)
    forged = {
        "facts.json": opened["facts.json"].replace(b'"crime-investigation"', b'"missing-child"'),
        "set": opened["set"][:-1] + bytes([opened["set"][-1] ^ 1]),
        "people": populations.encode(populations.decode(opened["people"]) | populations.BitMap([1])),
    }
    for name, data in forged.items():
        with pytest.raises(RollbookError):
            reveals.reveal(by=OPERATOR, reference=case, opened={**opened, name: data})
    for wrong in ({}, {**opened, "facts.json": b"{}"}):
        with pytest.raises(InputRefused):
            reveals.reveal(by=OPERATOR, reference=case, opened=wrong)
    with pytest.raises(RollbookError):
        reveals.reveal(by=OPERATOR, reference=other, opened=opened)
    with pytest.raises(AccessDenied):
        reveals.reveal(by=actor_of(CUSTODIAN), reference=case, opened=opened)
    assert reader.entries("reveal") == ()
    assert ground.row_of(case).set_store.startswith(sets.SEALED)


def case_of_another(log: run_ground.Writer) -> str:
    from rollbook.records.models.governance import Agreement

    agreement = Agreement.objects.order_by("-id")[0].publication.reference
    made = ground.confirmed(agreement)
    gateway.seal(made.id)
    return str(made.reference)


def test_a_case_is_put_off_in_public_by_the_officer_for_data_protection(case: str, log: run_ground.Writer) -> None:
    day = ground.row_of(case).reveal_by
    assert day is not None
    later = day + timedelta(days=90)
    with pytest.raises(AccessDenied):
        reveals.extend(by=OPERATOR, reference=case, reveal_by=later, ground="court-order")
    for until, why in ((day, "court-order"), (later, "because")):
        with pytest.raises(InputRefused):
            reveals.extend(by=actor_of(DPO), reference=case, reveal_by=until, ground=why)
    officer = browser_of(DPO)
    assert str(case) in officer.get("/casework/seals/").content.decode()
    parts = ("day", "month", "year")
    typed = {f"reveal_by-{part}": getattr(day, part) for part in parts} | {"ground": "court-order"}
    refused = officer.post(f"/casework/seals/{case}/", typed)
    assert (refused.status_code, "put off to a later day" in refused.content.decode()) == (422, True)
    typed |= {f"reveal_by-{part}": getattr(later, part) for part in parts}
    assert officer.post(f"/casework/seals/{case}/", typed).status_code == 302
    assert browser_of(CUSTODIAN).get("/casework/seals/").status_code == 403
    log.write()
    health = log_health()
    assert health is not None
    assert (health.seals.extended, health.seals.in_force) == (1, 1)
    (entry,) = reader.entries("seal-extend")
    assert (entry.fields["basis"], entry.fields["reveal_by"]) == ("court-order", str(later))


@pytest.fixture
def month(case: str) -> Iterator[str]:
    """The month of the case, whose keys the test may destroy: other tests of this installation need them anew."""
    (entry,) = reader.entries("sealed")
    yield entry.fields["set"]["epoch"]
    ended = entry.fields["set"]["epoch"]
    for name in (f"populations/epochs/{ended}.destroyed", f"jobs/vrf/{ended}.destroyed", f"public/vrf/{ended}"):
        (settings.ROLLBOOK.keys / name).unlink(missing_ok=True)


def test_a_month_ends_after_its_time_and_not_while_a_case_of_it_is_sealed(
    month: str, case: str, opened: dict[str, bytes], log: run_ground.Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    concerned, _ = families()
    with pytest.raises(UseRefused, match="not over"):
        endings.end_month(by=OPERATOR, epoch=month)
    now = clock.now()
    over = now.replace(year=now.year + endings.KEPT_YEARS) + timedelta(days=32)
    with monkeypatch.context() as then:
        then.setattr(clock, "now", lambda: over)
        with pytest.raises(UseRefused, match="still sealed"):
            endings.end_month(by=OPERATOR, epoch=month)
    reveals.reveal(by=OPERATOR, reference=case, opened=opened)
    log.write()
    assert history(concerned.parent, concerned.handle).uses[0].inside is True
    with monkeypatch.context() as then:
        then.setattr(clock, "now", lambda: over)
        with pytest.raises(AccessDenied):
            endings.end_month(by=actor_of(CUSTODIAN), epoch=month)
        assert endings.end_month(by=OPERATOR, epoch=month) >= 3
    assert history(concerned.parent, concerned.handle).uses[0].inside is None, "not known is never told as out"
    assert sets.epochs_with_sets() == []
    with pytest.raises(StateBroken):
        sets.write_bundle(month, f"upn:{child_upn()}")
    assert Audit.objects.filter(deed="end-month", target=month).count() == 1
