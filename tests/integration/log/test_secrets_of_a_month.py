"""A pupil's secret of a month is computed once: a later set pays for new pupils only, and a small one keeps nothing."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from rollbook.kernel.refusals import StateBroken
from rollbook.services.platform.config import Config
from rollbook.services.platform.keys import Keys, open_keys
from rollbook.services.uses.month_secrets import SMALL, secrets_of
from tests.integration.log import log_story as story

MONTH = "2031-05"


def test_only_new_pupils_cost_and_every_secret_is_the_one_value(
    config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys, computed = open_keys(config), list[int]()
    evaluate = Keys.vrf_evaluate

    def counted(self: Keys, epoch: str, pupil_ids: Sequence[str]) -> list[bytes]:
        computed.append(len(pupil_ids))
        return evaluate(self, epoch, pupil_ids)

    monkeypatch.setattr(Keys, "vrf_evaluate", counted)
    first = [story.upn(number) for number in range(SMALL + 50)]
    made = list(secrets_of(tmp_path, keys, MONTH, first))
    later = [*reversed(first[100:]), *(f"uln:{number:010}" for number in range(120))]
    again = list(secrets_of(tmp_path, keys, MONTH, later))
    assert computed == [len(first), 120]
    known = dict(zip(first, made, strict=True))
    for place in (0, 7, SMALL // 2, len(later) - 1):
        assert again[place] == evaluate(keys, MONTH, [later[place]])[0]
        assert known.get(later[place], again[place]) == again[place]
    list(secrets_of(tmp_path, keys, MONTH, later))
    assert computed == [len(first), 120]

    # A small set keeps nothing, and the files end with the month's key.
    list(secrets_of(tmp_path, keys, MONTH, first[:3]))
    kept = sorted((tmp_path / MONTH).iterdir())
    assert len(kept) == 2
    assert all(pupil[4:].encode() not in path.read_bytes() for path in kept for pupil in first[:20])
    kept[0].write_bytes(kept[0].read_bytes()[:-1] + b"\0")
    with pytest.raises(StateBroken):
        list(secrets_of(tmp_path, keys, MONTH, later))
    kept[0].unlink()
    keys.destroy_epoch(MONTH)
    with pytest.raises(StateBroken, match="destroyed"):
        list(secrets_of(tmp_path, keys, MONTH, later))
