"""The program against the published examples: a log of 300 entries and proof files, true and false."""

import io
import json
import os
import sys
import tempfile
import unittest
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any
from unittest.mock import patch

from rollbook_verify.command import main

from rollbook.tlog.tiles import Tiles

BESIDE = Path(__file__).parents[2] / "tests/vectors/data"
VECTORS = Path(os.environ.get("ROLLBOOK_VECTORS", BESIDE))
NOW = "1791624360"  # the time at which the examples are to be read


def vectors(name: str) -> Any:
    """One file of examples."""
    return json.loads((VECTORS / f"{name}.json").read_text(encoding="utf-8"))


class PublishedExamples(unittest.TestCase):
    """Each is run as a person would run it."""

    def setUp(self) -> None:
        """A folder with the log, the policy and a place for proof files."""
        self.place = Path(self.enterContext(tempfile.TemporaryDirectory()))
        entries = [entry.encode() for entry in vectors("log300")["entries"]]
        files = {**Tiles().grow(entries), "checkpoint": vectors("log300")["checkpoint"].encode()}
        for path, data in files.items():
            (self.place / "log" / path).parent.mkdir(parents=True, exist_ok=True)
            (self.place / "log" / path).write_bytes(data)
        (self.place / "policy").write_text(vectors("checkpoint")["policy"])

    def run_on(self, bundle: bytes, pupil_id: str) -> tuple[int, Any]:
        """Exit code and verdict."""
        (self.place / "proof").write_bytes(bundle)
        (self.place / "me").write_text(pupil_id)
        names = {name: str(self.place / name) for name in ("proof", "log", "policy", "me", "state")}
        given = [names["proof"], "--log", names["log"], "--policy", names["policy"], "--identifier-file", names["me"]]
        argv = ["rollbook-verify", *given, "--state", names["state"], "--at", NOW, "--json"]
        said = io.StringIO()
        with patch.object(sys, "argv", argv), redirect_stdout(said), self.assertRaises(SystemExit) as ended:
            main()
        return int(str(ended.exception.code)), json.loads(said.getvalue())

    def test_every_example_has_its_verdict(self) -> None:
        """Complete, incomplete and invalid, with the same words for the same uses."""
        for case in vectors("pupil_bundle")["cases"]:
            with self.subTest(case["why"]):
                code, verdict = self.run_on(case["bundle"].encode(), case["pupil_id"])
                self.assertEqual(verdict["verdict"], case["verdict"])
                self.assertEqual(code, 0 if case["verdict"] == "complete" else 6)
                words = {str(line["index"]): line["word"] for line in verdict["bundles"][0]["lines"]}
                if case["verdict"] != "invalid":
                    self.assertEqual({i: word for i, word in words.items() if word != "missing"}, case["results"])

    def test_a_changed_log_is_refused_at_its_step(self) -> None:
        """One letter of one entry."""
        file = self.place / "log/tile/entries/001.p/44"
        file.write_bytes(file.read_bytes().replace(b"no-fault-found", b"no-fault-fouud"))
        case = vectors("pupil_bundle")["cases"][0]
        code, verdict = self.run_on(case["bundle"].encode(), case["pupil_id"])
        self.assertEqual((code, verdict["verdict"], verdict["step"]), (6, "refused", "log-entries"))


if __name__ == "__main__":
    unittest.main()
