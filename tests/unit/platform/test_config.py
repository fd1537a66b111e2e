"""Settings: read once, frozen, and unsafe ones refused in production."""

import dataclasses
import re
from pathlib import Path

import pytest

from rollbook.kernel.refusals import SetupFailed
from rollbook.services.platform import config as settings

SAFE = {
    "ROLLBOOK_PRODUCTION": "1",
    "ROLLBOOK_PUBLIC_URL": "https://rollbook.example",
    "ROLLBOOK_DATA": "/srv/rollbook/data",
    "ROLLBOOK_KEYS": "/srv/keys",
}


def test_a_config_does_not_change() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        settings.load({}).production = True  # type: ignore[misc]


def test_the_log_takes_its_origin_from_the_public_address() -> None:
    assert settings.load(SAFE).log_origin == "rollbook.example/log"


def test_safe_production_settings_are_accepted() -> None:
    assert settings.load(SAFE).production


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"ROLLBOOK_KEYS": "/srv/rollbook/data/keys"}, "ROLLBOOK_KEYS"),
        ({"ROLLBOOK_KEYS": "/srv/rollbook/data"}, "ROLLBOOK_KEYS"),
        ({"ROLLBOOK_KEYS": "/srv/rollbook"}, "ROLLBOOK_KEYS"),
        ({"ROLLBOOK_KEYS": "/srv/rollbook/data/../data/x"}, "ROLLBOOK_KEYS"),
        ({"ROLLBOOK_PUBLIC_URL": "http://rollbook.example"}, "ROLLBOOK_PUBLIC_URL"),
        ({"ROLLBOOK_DATABASE_FSYNC": "off"}, "ROLLBOOK_DATABASE_FSYNC"),
    ],
)
def test_production_refuses(change: dict[str, str], named: str) -> None:
    with pytest.raises(SetupFailed) as refusal:
        settings.load(SAFE | change)
    assert named in {reason.where for reason in refusal.value.reasons}


def test_production_refuses_keys_that_lead_into_data_by_a_link(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "keys").symlink_to(tmp_path / "data")
    with pytest.raises(SetupFailed):
        settings.load(SAFE | {"ROLLBOOK_DATA": str(tmp_path / "data"), "ROLLBOOK_KEYS": str(tmp_path / "keys")})


def test_every_broken_rule_is_named_at_once() -> None:
    unsafe = SAFE | {"ROLLBOOK_PUBLIC_URL": "http://x.example", "ROLLBOOK_DATABASE_FSYNC": "off"}
    with pytest.raises(SetupFailed) as refusal:
        settings.load(unsafe)
    assert len(refusal.value.reasons) == 2


@pytest.mark.parametrize(
    "wrong", [{"ROLLBOOK_PROCESS": "root"}, {"ROLLBOOK_PRODUCTION": "yes"}, {"ROLLBOOK_PUBLIC_URL": "rollbook.example"}]
)
def test_a_setting_that_means_nothing_is_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(SetupFailed):
        settings.load(wrong)


def test_every_setting_that_is_read_is_listed() -> None:
    source = Path(settings.__file__).read_text()
    read = set(re.findall(r'env(?:\.get\(|, |\[)"([A-Z_]+)"', source))
    assert read == set(settings.SETTINGS)


def test_a_letter_prints_the_public_address_until_a_shorter_one_is_set() -> None:
    assert settings.load(SAFE).short_url == "rollbook.example/start"
    assert settings.load(SAFE | {"ROLLBOOK_SHORT_URL": "https://r.example/s/"}).short_url == "r.example/s"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ROLLBOOK_SHORT_URL", "two words"),
        ("ROLLBOOK_SHORT_URL", "r.example/?code=1"),
        ("ROLLBOOK_SHORT_URL", f"{'r' * 61}"),
        ("ROLLBOOK_HELP_PHONE", "ask us"),
        ("ROLLBOOK_HELP_PHONE", f"0300 {'x' * 80}"),
        ("ROLLBOOK_HELP_PHONE", "0300\x07555"),
    ],
)
def test_what_cannot_be_typed_or_dialled_is_refused(name: str, value: str) -> None:
    with pytest.raises(SetupFailed) as refusal:
        settings.load(SAFE | {name: value})
    assert refusal.value.reasons[0].where == name
