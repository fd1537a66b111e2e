"""Reading a TOML file part by part, gathering every reason, so that whoever wrote it mends it in one go."""

import re
from collections.abc import Iterator
from typing import Any

from rollbook.kernel.refusals import Reason

TEXT_LIMIT = 2000


def plain(text: object) -> str:
    """A word from outside, cut and cleaned so that it can be printed."""
    return re.sub(r"[^\w ./-]", "?", str(text)[:60])


class Form:
    """The parts of one file and what is wrong with them. Every reader gives a harmless value after a refusal."""

    def __init__(self, data: dict[str, Any], name: str) -> None:
        self.data = data
        self.name = name
        self.reasons: list[Reason] = []

    def refuse(self, code: str, message: str, where: str, mend: str) -> None:
        """Note one reason; its code gets the prefix `mapping-`."""
        self.reasons.append(Reason(f"mapping-{code}", message, f"{self.name}: {where}", mend))

    def known(self, part: dict[str, Any], names: set[str], where: str) -> None:
        """Refuse every key of `part` that is not in `names`."""
        for key in sorted(set(part) - names):
            mend = f"Known here: {', '.join(sorted(names))}."
            self.refuse("key", f"'{plain(key)}' is not a key of a mapping", where, mend)

    def part(self, key: str, names: set[str]) -> dict[str, Any]:
        """A table `[key]` with these keys."""
        part = self.data.get(key)
        if not isinstance(part, dict):
            self.refuse("part", f"There is no [{key}]", key, f"Add [{key}] with {', '.join(sorted(names))}.")
            return {}
        self.known(part, names, key)
        return part

    def rows(self, key: str) -> Iterator[tuple[dict[str, Any], str]]:
        """The tables `[[key]]`, each with its place in words."""
        rows = self.data.get(key, [])
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            self.refuse("part", f"'{key}' is no list of tables", key, f"Write [[{key}]] above each.")
            return
        for number, row in enumerate(rows, 1):
            yield row, f"{key} {number}"

    def text(self, key: str, part: dict[str, Any] | None = None, where: str = "") -> str:
        """A text that is there and has something in it."""
        value = (self.data if part is None else part).get(key)
        if not isinstance(value, str) or not value.strip() or len(value) > TEXT_LIMIT:
            mend = f"Write 1 to {TEXT_LIMIT} characters in quotes."
            self.refuse("text", f"'{key}' is missing or not a short text", where or key, mend)
            return ""
        return value.strip()

    def matching(self, key: str, form: re.Pattern[str], mend: str) -> str:
        """A text of the top level in a certain form."""
        value = self.data.get(key)
        if not isinstance(value, str) or not form.fullmatch(value):
            self.refuse(key, f"'{key}' is missing or not in the right form", key, mend)
            return ""
        return value

    def texts(self, value: object, where: str, mend: str) -> tuple[str, ...]:
        """A list of texts."""
        if not isinstance(value, list) or not all(isinstance(one, str) and len(one) <= TEXT_LIMIT for one in value):
            self.refuse("list", "This is not a list of texts", where, mend)
            return ()
        return tuple(value)

    def number(self, part: dict[str, Any], key: str, where: str) -> float:
        """A number that is there."""
        value = part.get(key)
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.refuse("number", f"'{key}' is missing or not a number", f"{where}: {key}", "Write it without quotes.")
            return 0
        return value
