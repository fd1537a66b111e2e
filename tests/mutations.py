"""One list of blind changes, the same in every run: bytes flipped, cut, doubled, put in and taken out, in every file.

No verifier may call one complete with other answers than the honest ones, crash on one, or take long over it.
"""

import random
from collections.abc import Callable, Iterator

from tests import verifier_story as honest
from tests.verifier_story import Story

COUNT = 120
SEED = 20261118
WHERE = ("bundle", "history", "checkpoint", "tile", "policy", "entry")
TILE = "tile/entries/000.p/16"


def mutated() -> Iterator[tuple[str, Story]]:
    """Every changed story with a name."""
    chance = random.Random(SEED)
    for number in range(COUNT):
        where = WHERE[number % len(WHERE)]
        story = honest.story()
        CHANGES[where](story, chance)
        yield f"{number} {where}", story


def change(data: bytes, chance: random.Random) -> bytes:
    """One blind change; most in the front part, where the least is signed."""
    at = int(len(data) * chance.random() ** 2)
    much = chance.choice((1, 1, 2, 32, 200))
    return chance.choice(
        (
            lambda: data[:at] + bytes([data[at] ^ 1 << chance.randrange(8)]) + data[at + 1 :],
            lambda: data[:at] + data[at + much :],
            lambda: data[:at] + chance.randbytes(much) + data[at:],
            lambda: data[:at],
            lambda: data[:at] + data[at : at + much] * 3 + data[at + much :],
            lambda: (
                data[:at] + chance.choice((b"\n", b"\n\n", b" ", b"\0", b"9" * 40, b"=", b"-1", b"\xff")) + data[at:]
            ),
        )
    )()


def _file(name: str) -> Callable[[Story, random.Random], None]:
    def do(story: Story, chance: random.Random) -> None:
        story.files = {name: change(story.files[name], chance)}

    return do


def _log(path: str) -> Callable[[Story, random.Random], None]:
    def do(story: Story, chance: random.Random) -> None:
        story.log[path] = change(story.log[path], chance)

    return do


def _policy(story: Story, chance: random.Random) -> None:
    story.policy = change(story.policy.encode(), chance).decode("utf-8", "replace")


def _entry(story: Story, chance: random.Random) -> None:
    """An entry changed and signed all the same: only the rules stand against it."""
    place = chance.randrange(len(story.entries))
    story.entries[place] = change(honest.raw(story.entries[place]), chance)[:65_535]
    story.sign_anew()


CHANGES = {
    "bundle": _file("proof-2026-09"),
    "history": _file("history"),
    "checkpoint": _log("checkpoint"),
    "tile": _log(TILE),
    "policy": _policy,
    "entry": _entry,
}
