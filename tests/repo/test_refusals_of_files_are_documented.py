"""Every reason for which a reader refuses a file whole has its line on the page about checking a file."""

import re
from pathlib import Path

from rollbook.dataplane.census.formats import early_csv
from rollbook.dataplane.census.parsed import Form

CENSUS = Path("src/rollbook/dataplane/census")
PAGE = Path("docs/how-to/check-a-file.md").read_text(encoding="utf-8")
CODE = re.compile(r'(?:refusal|Reason|code = )\(?\s*"([a-z]+(?:-[a-z]+)+)"|else "([a-z]+(?:-[a-z]+)+)"')


def test_every_code_stands_on_the_page() -> None:
    sources = [*sorted((CENSUS / "formats").glob("*.py")), CENSUS / "untrusted.py", CENSUS / "reader.py"]
    found = {a or b for path in sources for a, b in CODE.findall(path.read_text(encoding="utf-8"))}
    assert len(found) > 30
    assert {code for code in found if f"`{code}`" not in PAGE} == set()


def test_every_form_stands_on_the_page() -> None:
    for form in Form:
        assert form.value.replace("(CSV in a zip)", "").replace("1.1 CSV (zip)", "").split(" 1.2")[0].strip() in PAGE


def test_a_child_record_is_documented_in_the_order_it_is_read() -> None:
    page = Path("docs/spec/early-years-returns.md").read_text(encoding="utf-8")
    (line,) = (line for line in page.splitlines() if line.startswith("| `C`"))
    assert len(line.split("|")[2].split(",")) == len(early_csv.CHILD)
