"""The letter that starts an account, in two forms that say the same: a PDF for print and plain text.

It names one adult, no child and no school. The PDF is tagged (PDF/UA-1); the text is for large print, braille and
screen readers.
"""

from dataclasses import dataclass
from datetime import date
from importlib.resources import files

import typst

SENDER = "Rollbook, the record of pupils' data"
TITLE = "How to see school records online"


@dataclass(frozen=True, slots=True)
class LetterText:
    """Everything that varies from letter to letter."""

    name: str
    address: str
    code: str
    written: date
    last_day: date
    url: str


def as_pdf(letter: LetterText) -> bytes:
    """One A4 page."""
    source = files("rollbook.services").joinpath("letter.typ").read_bytes()
    compiled = typst.compile(
        source, format="pdf", pdf_standards="ua-1", ignore_system_fonts=True, sys_inputs=_parts(letter)
    )
    if not isinstance(compiled, bytes):
        raise TypeError("the letter did not fit one file")
    return compiled


def as_text(letter: LetterText) -> str:
    """The same words, lines unbroken so that any program can set them large."""
    parts = _parts(letter)
    steps = (f"{number}. {step}" for number, step in enumerate(parts["steps"].split("\n"), start=1))
    blocks = (
        parts["sender"],
        parts["address"],
        parts["date"],
        parts["title"].upper(),
        parts["opening"].replace("\n", "\n\n"),
        f"{parts['code_label']}\n{parts['code']}",
        "\n\n".join(steps),
        parts["closing"].replace("\n", "\n\n"),
    )
    return "\n\n".join(blocks) + "\n"


def _parts(letter: LetterText) -> dict[str, str]:
    last_day = _day(letter.last_day)
    return {
        "sender": SENDER,
        "title": TITLE,
        "address": "\n".join([letter.name, *(part.strip() for part in letter.address.split(","))]),
        "date": _day(letter.written),
        "opening": f"Dear {letter.name}\nYou can start an account with this letter. It is for you alone. "
        "The account shows nothing at first. It opens when a member of school staff has checked who you are.",
        "code_label": f"Your code. It works once, until {last_day}.",
        "code": letter.code,
        "steps": "\n".join(
            (
                f"Go to {letter.url}/account/start/ and type the code.",
                "Give your e-mail address and choose a password. You also need an app on your phone that makes codes.",
                "Sign in. Your account shows a number. Write it on the slip below.",
                "Take the slip to the school office, with your passport, driving licence or other proof of your name.",
            )
        ),
        "closing": "No internet? The school office can do all of this with you.\n"
        "Not expecting this letter, or is your name wrong? Do not use the code. Tell the school office.",
        "slip_title": "Bring this slip to the school office",
        "slip_name": f"Name: {letter.name}",
        "slip_number": "Number in my account:",
    }


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
