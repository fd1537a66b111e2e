"""Keys: who opens which, what is refused, and that none is given away."""

import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from rollbook.kernel.encoding import b64, unb64
from rollbook.kernel.refusals import AccessDenied, SetupFailed, StateBroken, VerificationFailed
from rollbook.services.platform import config as settings
from rollbook.services.platform import keys, overseer
from rollbook.services.platform.config import Config, Process
from rollbook.tlog import labels, vrf

EPOCH, PUPIL = "2025-03", "upn:A801200001001"


@pytest.fixture
def folders(tmp_path: Path) -> dict[str, str]:
    return {"ROLLBOOK_DATA": str(tmp_path / "data"), "ROLLBOOK_KEYS": str(tmp_path / "keys")}


@pytest.fixture
def made(folders: dict[str, str], tmp_path: Path) -> Config:
    config = settings.load(folders, process="operator")
    keys.create(config, tmp_path / "overseer")
    return config


def of(made: Config, process: Process) -> keys.Keys:
    folders = {"ROLLBOOK_DATA": str(made.data), "ROLLBOOK_KEYS": str(made.keys)}
    return keys.open_keys(settings.load(folders, process=process))


def test_files_are_for_their_owner_alone(made: Config) -> None:
    of(made, "jobs").create_project_key("p-1")
    of(made, "jobs").vrf_public(EPOCH)
    modes = {stat.S_IMODE(path.stat().st_mode) for path in made.keys.rglob("*") if path.is_file()}
    folders = {stat.S_IMODE(path.stat().st_mode) for path in made.keys.rglob("*") if path.is_dir()}
    assert (modes, folders) == ({0o600}, {0o700})


def test_the_web_has_no_log_project_or_vrf_key(made: Config) -> None:
    web = of(made, "web")
    of(made, "jobs").create_project_key("p-1")
    for use in (
        lambda: web.sign_checkpoint(b"o\n1\n" + b64(bytes(32)).encode() + b"\n", 1),
        lambda: web.vrf_evaluate(EPOCH, [PUPIL]),
        lambda: web.vrf_prove(EPOCH, PUPIL),
        lambda: web.pseudonymise("p-1", [1]),
        lambda: web.create_project_key("p-2"),
        lambda: web.database_password("jobs"),
        lambda: web.database_password("administrator"),
    ):
        with pytest.raises(AccessDenied):
            use()


@pytest.mark.parametrize("process", ["jobs", "log"])
def test_each_process_has_its_own_password_only(made: Config, process: Process) -> None:
    mine = of(made, process)
    assert mine.database_password(process)
    for other in {"web", "jobs", "log", "owner"} - {process}:
        with pytest.raises(AccessDenied):
            mine.database_password(other)


def test_nothing_returns_a_private_key(made: Config) -> None:
    all_of_them = of(made, "operator")
    all_of_them.create_project_key("p-1")
    all_of_them.vrf_public(EPOCH)
    private = [made.keys / "log", made.keys / "jobs" / "vrf", made.keys / "jobs" / "projects"]
    secrets = {path.read_bytes() for folder in private for path in folder.iterdir()}
    given = [
        all_of_them.vrf_public(EPOCH),
        *all_of_them.vrf_evaluate(EPOCH, [PUPIL]),
        all_of_them.vrf_prove(EPOCH, PUPIL),
        *all_of_them.pseudonymise("p-1", [7]),
        *(text.encode() for text in all_of_them.log_public()),
        all_of_them.seal(EPOCH, b"x", "n"),
        all_of_them.seal_for_overseer(b"x"),
    ]
    assert len(secrets) == 5
    assert not [secret for secret in secrets for answer in given if secret in answer]


def test_making_keys_again_changes_none(made: Config, tmp_path: Path) -> None:
    before = {path: path.read_bytes() for path in made.keys.rglob("*") if path.is_file()}
    keys.create(made, tmp_path / "elsewhere")
    assert {path: path.read_bytes() for path in made.keys.rglob("*") if path.is_file()} == before
    assert not (tmp_path / "elsewhere").exists()


def test_a_checkpoint_is_signed_with_both_keys(made: Config) -> None:
    body = f"{made.log_origin}\n3\n{b64(bytes(32))}\n"
    ed25519, ml_dsa = of(made, "log").sign_checkpoint(body.encode(), 1_700_000_000)
    public = unb64(of(made, "web").log_public()[0].split("+", 2)[2])[1:]
    signature = unb64(ed25519.split(" ")[2])[4:]
    Ed25519PublicKey.from_public_bytes(public).verify(signature, body.encode())
    assert len(unb64(ml_dsa.split(" ")[2])) == 4 + 8 + 2420


def test_a_pupils_secret_is_provable(made: Config) -> None:
    jobs = of(made, "jobs")
    (y,) = jobs.vrf_evaluate(EPOCH, [PUPIL])
    beta = vrf.verify(jobs.vrf_public(EPOCH), labels.alpha(EPOCH, PUPIL), jobs.vrf_prove(EPOCH, PUPIL))
    assert labels.secret(beta) == y
    assert jobs.vrf_evaluate("2025-04", [PUPIL]) != [y]


def test_projects_do_not_share_pseudonyms(made: Config) -> None:
    jobs = of(made, "jobs")
    for project in ("p-1", "p-2"):
        jobs.create_project_key(project)
    assert jobs.pseudonymise("p-1", [1, 2]) == jobs.pseudonymise("p-1", [1, 2])
    assert set(jobs.pseudonymise("p-1", [1, 2])).isdisjoint(jobs.pseudonymise("p-2", [1, 2]))


def test_a_destroyed_project_key_never_comes_back(made: Config) -> None:
    jobs = of(made, "jobs")
    jobs.create_project_key("p-1")
    jobs.destroy_project_key("p-1")
    with pytest.raises(StateBroken):
        jobs.pseudonymise("p-1", [1])
    with pytest.raises(StateBroken):
        jobs.create_project_key("p-1")


def test_a_file_opens_under_its_own_name_and_epoch_only(made: Config) -> None:
    jobs = of(made, "jobs")
    sealed = jobs.seal(EPOCH, b"set", "name")
    jobs.seal("2025-04", b"other", "name")
    assert of(made, "web").unseal(EPOCH, sealed, "name") == b"set"
    changed = sealed[:-1] + bytes([sealed[-1] ^ 1])
    wrongs = ((EPOCH, sealed, "other"), ("2025-04", sealed, "name"), (EPOCH, changed, "name"), (EPOCH, b"", "name"))
    for wrong in wrongs:
        with pytest.raises(StateBroken):
            jobs.unseal(*wrong)


def test_destroying_an_epoch_ends_its_files(made: Config) -> None:
    jobs = of(made, "jobs")
    sealed = jobs.seal(EPOCH, b"set", "name")
    jobs.destroy_epoch(EPOCH)
    for use in (lambda: jobs.unseal(EPOCH, sealed, "name"), lambda: jobs.seal(EPOCH, b"x", "n")):
        with pytest.raises(StateBroken):
            use()


def test_only_the_overseer_opens_what_is_sealed_for_them(made: Config, tmp_path: Path) -> None:
    sealed = of(made, "jobs").seal_for_overseer(b"who it was about")
    assert overseer.unseal(tmp_path / "overseer", sealed) == b"who it was about"
    private = (tmp_path / "overseer" / overseer.PRIVATE_FILE).read_bytes()
    assert not [path for path in made.keys.rglob("*") if path.is_file() and private in path.read_bytes()]
    with pytest.raises(VerificationFailed):
        overseer.unseal(tmp_path / "overseer", sealed[:-1] + bytes([sealed[-1] ^ 1]))


def test_a_set_up_that_was_cut_off_says_how_to_go_on_and_writes_over_no_key(made: Config, tmp_path: Path) -> None:
    private = (tmp_path / "overseer" / overseer.PRIVATE_FILE).read_bytes()
    (made.keys / "public" / "overseer").unlink()
    with pytest.raises(SetupFailed, match="another folder"):
        keys.create(made, tmp_path / "overseer")
    assert (tmp_path / "overseer" / overseer.PRIVATE_FILE).read_bytes() == private
    keys.create(made, tmp_path / "another")
    assert overseer.unseal(tmp_path / "another", of(made, "jobs").seal_for_overseer(b"x")) == b"x"


@pytest.mark.parametrize("inside", ["keys/overseer", "data/overseer", "keys"])
def test_the_overseers_key_may_not_stay_with_the_authority(
    folders: dict[str, str], tmp_path: Path, inside: str
) -> None:
    with pytest.raises(SetupFailed):
        keys.create(settings.load(folders, process="operator"), tmp_path / inside)


def test_a_key_others_can_read_is_refused(made: Config) -> None:
    (made.keys / "web" / "database-web").chmod(0o644)
    with pytest.raises(SetupFailed, match="read by other users"):
        of(made, "web").database_password("web")


def test_a_missing_key_says_how_to_mend_it(folders: dict[str, str]) -> None:
    with pytest.raises(SetupFailed, match="rollbook setup"):
        keys.open_keys(settings.load(folders, process="web")).database_password("web")


@pytest.mark.parametrize("name", ["../../etc/passwd", "a/b"])
def test_a_key_name_leads_nowhere_else(made: Config, name: str) -> None:
    with pytest.raises(SetupFailed):
        of(made, "jobs").create_project_key(name)
