"""The index of uses: right for everyone, never the record, and ended with a month's key."""

import os
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyroaring import BitMap

from rollbook.dataplane.store import history_index
from rollbook.dataplane.store.history_index import HistoryIndex
from rollbook.dataplane.store.history_segment import MOST_USES, Column, Segment, UseOfPeople, header_of, write
from rollbook.dataplane.store.populations import encode
from rollbook.dataplane.store.roaring_bits import Containers
from rollbook.kernel.refusals import StateBroken
from rollbook.services.platform import config as service_config
from rollbook.services.platform import keys
from rollbook.services.platform.config import Config
from tests.history_ground import MONTHS, Uses, filled
from tests.kills import killed_at


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Config:
    place = tmp_path_factory.mktemp("installation")
    folders = {"ROLLBOOK_DATA": str(place / "data"), "ROLLBOOK_KEYS": str(place / "keys")}
    return service_config.load(folders, process="operator")


@pytest.fixture
def own(tmp_path: Path) -> Config:
    folders = {"ROLLBOOK_DATA": str(tmp_path / "data"), "ROLLBOOK_KEYS": str(tmp_path / "keys")}
    return service_config.load(folders, process="operator")


def right(index: HistoryIndex, uses: Uses, seed: int = 1) -> None:
    """Everyone asked is in exactly the uses of the plain sets."""
    some = uses.some_keys(seed)
    answer = index.look_up(uses.newest_first(), some)
    assert answer.unknown == frozenset()
    assert {key: set(names) for key, names in answer.inside.items()} == {key: uses.truth(key) for key in some}


def segments(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("*.segment") if path.name[0] != ".")


people = st.sets(
    st.one_of(st.integers(0, 200), st.integers(0, 2**32 - 1), st.integers(3 << 21, (3 << 21) + 70_000)), max_size=60
)


@given(sets=st.lists(people, min_size=1, max_size=12), run=st.integers(0, 9000))
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
def test_a_segment_says_what_the_sets_say(
    sets: list[set[int]], run: int, installation: Config, tmp_path_factory: pytest.TempPathFactory
) -> None:
    sets = [*sets, set(range(4 << 21, (4 << 21) + run))]
    opened = keys.open_keys(installation)
    opened.seal("2025-01", b"", "x")
    columns = [Column(UseOfPeople(f"use-{number}", "2025-01"), encode(BitMap(one))) for number, one in enumerate(sets)]
    path = tmp_path_factory.mktemp("one") / "a.segment"
    cipher = opened.segment_cipher(["2025-01"], path.parent.name)
    write(path, path.parent.name, columns, cipher)
    segment = Segment(path, cipher)
    for key in [*sorted(set().union(*sets))[:200], 0, 1, 4 << 21, 2**32 - 1]:
        assert segment.names_with(key) == [f"use-{number}" for number, one in enumerate(sets) if key in one]
    segment.close()


@given(held=st.lists(st.tuples(st.integers(0, 4), st.integers(0, 65535), st.integers(1, 9000)), max_size=12))
@settings(max_examples=60, deadline=None)
def test_containers_hold_the_people_of_the_set(held: list[tuple[int, int, int]]) -> None:
    some = BitMap(key for high, start, many in held for key in range((high << 16) + start, (high << 16) + start + many))
    some |= BitMap((7 << 16) + 2 * number for number in range(5000 if held else 0))
    parts, back = Containers(encode(some)), BitMap()
    for high in parts.highs:
        into = np.zeros(8192, np.uint8)
        parts.fill(high, into)
        back |= BitMap(((high << 16) + np.flatnonzero(np.unpackbits(into, bitorder="little"))).tolist())
    assert (back, parts.people) == (some, len(some))


def test_what_is_no_population_is_refused() -> None:
    stored = encode(BitMap(range(3, 90_000, 3)))
    for wrong in (b"", stored[:3], stored[:-1], stored + b"\0", b"\xff" * 40):
        with pytest.raises(StateBroken):
            Containers(wrong)


def test_every_256_uses_become_a_segment_and_the_rest_is_asked_one_by_one(own: Config, tmp_path: Path) -> None:
    uses, folder = filled(own, 2 * MOST_USES + 9), tmp_path / "history"
    index = uses.index(folder)
    right(index, uses)
    assert index.compact(list(uses.people)) == 2
    right(index, uses, 2)
    assert index.compact(list(uses.people)) == 0
    assert len(segments(folder)) == 2


def test_only_what_is_asked_is_told(own: Config, tmp_path: Path) -> None:
    uses = filled(own, MOST_USES)
    index = uses.index(tmp_path / "history")
    index.compact(list(uses.people))
    use = next(one for one, held in uses.people.items() if len(held) > 1)
    key = min(uses.people[use])
    assert index.look_up({use.name: use.epoch}, [key]).inside[key] == {use.name}
    assert index.look_up({}, [key]).inside[key] == frozenset()


def test_a_sealed_set_is_never_taken_in(own: Config, tmp_path: Path) -> None:
    index = Uses(own).index(tmp_path / "history")
    with pytest.raises(StateBroken, match="sealed"):
        index.compact([UseOfPeople("sealed-00", "2025-01")])
    assert index.look_up({"sealed-00": "2025-01"}, [1]).unknown == {"sealed-00"}


def test_after_a_months_key_is_destroyed_nothing_tells_of_its_uses(own: Config, tmp_path: Path) -> None:
    uses, folder = filled(own, MOST_USES), tmp_path / "history"
    index = uses.index(folder)
    index.compact(list(uses.people))
    (path,) = segments(folder)
    some = uses.some_keys(3)
    copy, running = path.read_bytes(), index.look_up(uses.newest_first(), some)
    assert running.unknown == frozenset()
    uses.keys.destroy_epoch(MONTHS[1])
    gone = {use.name for use in uses.people if use.epoch == MONTHS[1]}
    # A process that had everything open, before any file was removed.
    answer = index.look_up(uses.newest_first(), some)
    assert answer.unknown == gone
    assert all(set(names) == uses.truth(key) - gone for key, names in answer.inside.items())
    # A backup of the segment: its key cannot be made again, by anyone with all the keys that are left.
    name, epochs = header_of(path)
    with pytest.raises(StateBroken, match="destroyed"):
        uses.keys.segment_cipher(epochs, name)
    left = [epoch for epoch in epochs if epoch != MONTHS[1]]
    with pytest.raises(StateBroken):
        Segment(path, uses.keys.segment_cipher(left, name))
    index.compact(list(uses.people))
    assert not segments(folder)
    for use in uses.people:
        assert use.name.encode() not in copy, "which uses a segment has stands sealed in it"


def test_the_uses_that_are_left_are_made_into_segments_again(own: Config, tmp_path: Path) -> None:
    uses, folder = filled(own, MOST_USES + 200), tmp_path / "history"
    index = uses.index(folder)
    index.compact(list(uses.people))
    uses.keys.destroy_epoch(MONTHS[0])
    for use in [one for one in uses.people if one.epoch == MONTHS[0]]:
        assert index.look_up(uses.newest_first(), [1]).unknown >= {use.name}
    assert index.compact(list(uses.people)) == 1
    (path,) = segments(folder)
    assert MONTHS[0] not in header_of(path)[1]
    live = {use: held for use, held in uses.people.items() if use.epoch != MONTHS[0]}
    uses.people = live
    right(index, uses)


STEPS = [
    (history_index, "write"),
    (history_index, "check"),
    (Path, "rename"),
    (history_index, "sync_folder"),
    (os, "fsync"),
]


@pytest.mark.parametrize("done", [False, True], ids=["lost", "kept but reported failed"])
@pytest.mark.parametrize(("place", "name"), STEPS, ids=[name for _, name in STEPS])
def test_a_build_that_dies_at_any_step_is_made_whole_by_the_next(
    own: Config, tmp_path: Path, place: Any, name: str, done: bool
) -> None:
    uses, folder = filled(own, MOST_USES), tmp_path / "history"
    with killed_at(place, name, done=done):
        uses.index(folder).compact(list(uses.people))
    right(uses.index(folder), uses)
    index = uses.index(folder)
    index.compact(list(uses.people))
    assert len(segments(folder)) == 1
    assert not list(folder.glob(".*.segment"))
    right(index, uses, 4)


def test_a_segment_that_was_cut_changed_or_swapped_is_never_believed(own: Config, tmp_path: Path) -> None:
    uses, folder = filled(own, MOST_USES), tmp_path / "history"
    uses.index(folder).compact(list(uses.people))
    (path,) = segments(folder)
    whole, draw = path.read_bytes(), random.Random(5)
    for turn in range(60):
        wrong = bytearray(whole)
        wrong[draw.randrange(len(wrong))] ^= 1 << draw.randrange(8)
        path.write_bytes(whole[: draw.randrange(len(whole))] if turn % 3 == 0 else bytes(wrong))
        right(uses.index(folder), uses, turn)
    index = uses.index(folder)
    index.compact(list(uses.people))
    right(index, uses)
    assert len(segments(folder)) == 1


def test_a_segment_is_not_put_in_place_when_it_differs_from_the_populations(
    own: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    uses, folder = filled(own, MOST_USES), tmp_path / "history"
    real = history_index.write

    def mixed_up(path: Path, name: str, columns: list[Column], cipher: Any) -> None:
        wrong = [Column(one.use, other.stored) for one, other in zip(columns, columns[1:] + columns[:1], strict=True)]
        real(path, name, wrong, cipher)

    monkeypatch.setattr(history_index, "write", mixed_up)
    with pytest.raises(StateBroken, match="differs"):
        uses.index(folder).compact(list(uses.people))
    assert not segments(folder)


def test_two_processes_do_not_compact_at_once(own: Config, tmp_path: Path) -> None:
    uses, folder = filled(own, MOST_USES), tmp_path / "history"
    folder.mkdir()
    with history_index._alone(folder) as mine:
        assert mine
        assert uses.index(folder).compact(list(uses.people)) == 0
    assert uses.index(folder).compact(list(uses.people)) == 1
