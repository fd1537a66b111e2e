"""Makes the verifier for the browser: one HTML file that holds everything it needs, from verifier/browser.

The words a verdict is told in, the steps and the limits come from `rollbook.tlog` as data, so that the page and the
command line say the same. The page's own content security policy names its script and style by their hashes and lets
it talk to the site it came from alone.
"""

import base64
import hashlib
import json
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from rollbook.tlog import steps
from rollbook.tlog.limits import LIMITS
from rollbook.tlog.report import OWN_PAGE, PHRASES, TITLES
from rollbook.tlog.trust import NO_WITNESS_SENTENCE
from rollbook.tlog.words import WORDS

SOURCE = Path("verifier/browser")
TARGET = Path("var/assets")
LIBRARIES = ("curves", "hashes", "post-quantum")
# BigInt is what the arithmetic needs at least: browsers from 2020 on.
OPTIONS = ("--bundle", "--target=es2020,safari14.1", "--charset=utf8", "--legal-comments=none", "--log-level=warning")


def words() -> dict[str, object]:
    """What the page and the other verifiers share."""
    shared = {"uses": WORDS, "phrases": PHRASES, "titles": TITLES, "limits": LIMITS, "no_witness": NO_WITNESS_SENTENCE}
    return {**shared, **steps.as_data(), "own_page": OWN_PAGE}


def bundled(name: str, *options: str) -> str:
    """A module of the page with all it imports, as one script."""
    data = TARGET / "verifier-words.json"
    data.write_text(json.dumps(words(), ensure_ascii=False), encoding="utf-8")
    program = [str(Path(sys.executable).with_name("node")), "node_modules/esbuild/bin/esbuild"]
    given = [str(SOURCE / name), *OPTIONS, *options, f"--alias:words.json=./{data}"]
    return subprocess.run([*program, *given], capture_output=True, check=True, text=True, encoding="utf-8").stdout


def page(script: str, style: str, licences: Iterable[str]) -> str:
    """The whole file."""
    allowed = f"script-src '{_hash(script)}'; style-src '{_hash(style)}'; connect-src 'self'"
    policy = f"default-src 'none'; {allowed}; base-uri 'none'; form-action 'none'"
    parts = {"policy": policy, "style": style, "licences": "\n\n".join(licences), "script": script}
    text = (SOURCE / "page.html").read_text(encoding="utf-8")
    for name, part in parts.items():
        text = text.replace(f"@{name}@", part)
    return text


def main() -> int:
    """Write the page, and its rules as a module for tests."""
    TARGET.mkdir(parents=True, exist_ok=True)
    # A script inside a page must not hold what would end it.
    script = bundled("page.js", "--minify", "--format=iife").strip().replace("</script", "<\\/script")
    style = (SOURCE / "page.css").read_text(encoding="utf-8").strip()
    licences = [f"@noble/{name}\n" + Path(f"node_modules/@noble/{name}/LICENSE").read_text() for name in LIBRARIES]
    (TARGET / "verifier.html").write_text(page(script, style, licences), encoding="utf-8")
    (TARGET / "verifier-core.mjs").write_text(bundled("core.js", "--format=esm"), encoding="utf-8")
    return 0


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


if __name__ == "__main__":
    sys.exit(main())
