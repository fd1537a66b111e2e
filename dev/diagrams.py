"""Draws the diagrams about the log and its proofs as SVG: 360 units wide, so that a phone shows them at full size.

Each has a title and a description for readers who do not see it, a ground of its own so that it reads on light and dark
pages, and no colour that carries meaning alone.
"""

from dataclasses import dataclass, field
from html import escape
from pathlib import Path

FOLDER = Path("src/rollbook/web/ui/static/rollbook/diagrams")
WIDTH, EDGE, LINE = 360, 16, 20
_STYLE = """
.ground{fill:#fff}.box{fill:#f3f2f1;stroke:#0b0c0c;stroke-width:1.5}.strong{fill:#fff;stroke:#1d70b8;stroke-width:3}
text{font:15px Arial,Helvetica,sans-serif;fill:#0b0c0c}.head{font-weight:bold}.small{font-size:13px}
.line{stroke:#0b0c0c;stroke-width:2;fill:none}.path{stroke:#1d70b8;stroke-width:4;fill:none}.tip{fill:#0b0c0c}
.gate{stroke:#d4351c;stroke-width:3;stroke-dasharray:8 5;fill:none}.mono{font-family:monospace}
@media (prefers-color-scheme:dark){.ground{fill:#0b0c0c}.box{fill:#26282b;stroke:#fff}
.strong{fill:#0b0c0c;stroke:#6fb1ea}text{fill:#fff}.line{stroke:#fff}.path{stroke:#6fb1ea}.tip{fill:#fff}.gate{stroke:#ff8a75}}
@media print{.ground,.strong{fill:#fff}.box{fill:#fff;stroke:#000}text,.tip{fill:#000}.line{stroke:#000}}
""".strip()


@dataclass
class Drawing:
    """Boxes one under the other, with what stands between them."""

    title: str
    description: str
    y: float = EDGE
    parts: list[str] = field(default_factory=list)

    def text(self, x: float, y: float, words: str, kind: str = "", anchor: str = "start") -> None:
        """One line of text with its baseline at `y`."""
        self.parts.append(f'<text class="{kind}" x="{x:g}" y="{y:g}" text-anchor="{anchor}">{escape(words)}</text>')

    def shape(self, path: str, kind: str) -> None:
        """A path of SVG in one of the styles."""
        self.parts.append(f'<path class="{kind}" d="{path}"/>')

    def box(self, head: str, *lines: str, strong: bool = False, indent: int = 0) -> None:
        """A box at the present height with a heading and lines of text; moves below it."""
        x, width = EDGE + indent, WIDTH - 2 * EDGE - indent
        height = LINE * (len(lines) + 1) + 14
        kind = "strong" if strong else "box"
        self.parts.append(
            f'<rect class="{kind}" x="{x:g}" y="{self.y:g}" width="{width:g}" height="{height:g}" rx="3"/>'
        )
        self.text(x + 10, self.y + LINE + 2, head, "head")
        for number, line in enumerate(lines, start=2):
            self.text(x + 10, self.y + LINE * number + 2, line)
        self.y += height

    def arrow(self, words: str = "") -> None:
        """An arrow down, with words beside it."""
        self.shape(f"M36 {self.y:g}v{30 if words else 20}", "line")
        end = self.y + (36 if words else 26)
        self.shape(f"M30 {end - 9:g}h12l-6 9z", "tip")
        if words:
            self.text(52, self.y + 23, words, "small")
        self.y = end + 2

    def gate(self, words: str) -> None:
        """A broken line across the page, with its name under it."""
        self.y += 12
        self.shape(f"M{EDGE} {self.y:g}H{WIDTH - EDGE}", "gate")
        self.text(WIDTH / 2, self.y + 19, words, "head small", "middle")
        self.y += 30

    def svg(self) -> str:
        """The whole file."""
        height = self.y + EDGE
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:g}" role="img"'
            f' aria-labelledby="t d"><title id="t">{escape(self.title)}</title>'
            f'<desc id="d">{escape(self.description)}</desc><style>{_STYLE}</style>'
            f'<rect class="ground" width="{WIDTH}" height="{height:g}"/>{"".join(self.parts)}</svg>\n'
        )


def what_you_can_check() -> str:
    """For a parent: from a use of records to an answer that one's own computer checks."""
    one = Drawing(
        "How a parent can check the authority",
        "A use of records is first written into a public log, where nothing can be changed or taken out."
        " Witnesses outside the authority sign the log. Only then is the use made. The parent gets a file for"
        " each month, and their own computer compares it with the log: it says in, not in, or that an answer"
        " is missing.",
    )
    one.box("Somebody wants to use records", "for a study, a case or a look-up")
    one.arrow("before anything happens")
    one.box("The public log", "Each use is one line. No line can be", "changed or taken out unseen.", strong=True)
    one.arrow("signed by the authority, and")
    one.box("Witnesses outside it", "sign too, so that everybody is", "shown the same log.")
    one.arrow("only now")
    one.box("The use is made")
    one.arrow("each month")
    one.box("You: a proof file", "one short secret answer for each use")
    one.arrow("on your own computer")
    one.box("Your computer says", "“in”, “not in”, or “missing”", "for every line of the log.", strong=True)
    return one.svg()


def one_answer() -> str:
    """For an engineer: from an identifier to the one answer that the root in an entry allows."""
    one = Drawing(
        "Why there is one answer for one person",
        "The month's public key fixes one secret for each identifier, by a verifiable random function. Hashed"
        " with the disclosure's id it gives a row reference, hashed again a label. The labels of everybody in"
        " the use, and dummies, form a trie whose root stands in the public entry. A proof is the path of one"
        " label from the root to where it ends: at the label itself, at another label, or at nothing.",
    )
    one.box("identifier and month", "upn:A123… and 2026-09")
    one.arrow("VRF under the key in the log")
    one.box("y", "one value; the key alone fixes it", strong=True)
    one.arrow("SHA-256 with the use's did")
    one.box("row_ref", "stands in the rows, never in the log")
    one.arrow("SHA-256")
    one.box("label", "a leaf of the trie, padded to hide n")
    one.y += 20
    _trie(one)
    return one.svg()


def _trie(one: Drawing) -> None:
    """A small trie with one path drawn strong, and where the root goes."""
    top = one.y
    nodes = {"root": (180, top + 16), "0": (96, top + 76), "1": (264, top + 76)}
    nodes |= {"00": (54, top + 136), "01": (138, top + 136), "10": (222, top + 136), "11": (306, top + 136)}
    for name, (x, y) in nodes.items():
        for bit in "01":
            below = nodes.get(bit if name == "root" else name + bit)
            if below is not None:
                strong = (name, bit) in {("root", "1"), ("1", "0")}
                one.shape(f"M{x} {y}L{below[0]} {below[1]}", "path" if strong else "line")
    for name, (x, y) in nodes.items():
        kind = "strong" if name in {"root", "1", "10"} else "box"
        one.parts.append(f'<circle class="{kind}" cx="{x}" cy="{y:g}" r="13"/>')
    one.text(nodes["root"][0] + 22, top + 12, "root: in the entry", "small")
    one.text(76, top + 81, "sibling", "small", "end")
    one.text(222, top + 168, "own label", "small", "middle")
    one.text(306, top + 168, "sibling", "small", "middle")
    one.text(EDGE, top + 194, "A proof: the siblings along the strong path,", "small")
    one.text(EDGE, top + 212, "and what stands at its end.", "small")
    one.y = top + 220


def release_gate() -> str:
    """The order in which anything is opened or leaves, with what each side of the two lines may know."""
    one = Drawing(
        "The release gate, step by step",
        "First the people are drawn and the gate asks for every ground. The set, its manifest and the list of"
        " people are written durably. The entry is handed in with the deed, in one transaction. The writer"
        " signs, witnesses sign, the log is published. The gate reads entry and head back from the public"
        " files and verifies them. Only then is the data opened, or the table shown. At the end an outcome or"
        " a certificate closes the use.",
    )
    one.box("1  Draw the people, ask the gate", "objections subtracted; every paper read")
    one.arrow()
    one.box("2–3  Make set and manifest", "durable before the entry is handed in")
    one.arrow()
    one.box("4  Hand in the entry", "in one transaction with the deed")
    one.gate("the writer signs, witnesses sign")
    one.box("5  Published", "anyone can read it now", strong=True)
    one.arrow()
    one.box("6–7  Read back and verify", "from the public files; ask the gate again")
    one.gate("nothing passes here without an entry")
    one.box("8–9  Open the data, or release", "inside; or a table that was checked", strong=True)
    one.arrow()
    one.box("10  Outcome and certificate", "what came of it; that the data is gone")
    return one.svg()


def who_watches() -> str:
    """Who holds what of the log, and what each can notice."""
    one = Drawing(
        "Who watches the log",
        "The log is a set of plain files. A witness remembers the last head and signs only a growth of it. A"
        " monitor reads every file and every rule, counts the published volumes again and reports overdue"
        " duties. A regulator or recipient holds rows against a set. A pupil or parent holds one month's"
        " answers against the whole log.",
    )
    one.box("The log: plain files", "entries, tiles, signed head", strong=True)
    below = one.y
    for head, *lines in (
        ("A witness", "keeps the last head and signs", "only what grows from it"),
        ("A monitor", "reads every file and rule, counts", "the volumes again, sees what is late"),
        ("A regulator, a recipient", "holds rows against one entry’s set"),
        ("A pupil, a parent", "holds the answers of a month", "against every entry"),
    ):
        one.y += 14
        middle = one.y + LINE
        one.shape(f"M32 {middle:g}H44", "line")
        one.shape(f"M43 {middle - 6:g}v12l9 -6z", "tip")
        one.box(head, *lines, indent=38)
    one.shape(f"M32 {below:g}V{middle:g}", "line")
    return one.svg()


DIAGRAMS = {
    FOLDER / "what-you-can-check.svg": what_you_can_check,
    FOLDER / "one-answer.svg": one_answer,
    FOLDER / "release-gate.svg": release_gate,
    FOLDER / "who-watches.svg": who_watches,
}
