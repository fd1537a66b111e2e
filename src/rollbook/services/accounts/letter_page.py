"""The letter that starts an account, in two forms that say the same: a PDF for print and plain text.

It names one adult, no child and no school. The PDF is tagged (PDF/UA-1); the text is for large print, braille and
screen readers. The square for a phone's camera has the address alone, never the code.
"""

from dataclasses import dataclass
from datetime import date
from importlib.resources import files

import qrcode
import typst

SERVICE = "Rollbook, the record of pupils’ data"
TITLE = "How to see school records online"


@dataclass(frozen=True, slots=True)
class LetterText:
    """Everything that varies from letter to letter.

    `sender` is the authority's name. `url` is the page where the code goes, `short_url` the same as it is typed, and
    `help_phone` may be empty.
    """

    name: str
    address: str
    code: str
    written: date
    last_day: date
    sender: str
    url: str
    short_url: str
    help_phone: str = ""


def as_pdf(letter: LetterText) -> bytes:
    """One A4 page; the slip goes to a second one where a name is very long."""
    source = files("rollbook.services.accounts").joinpath("letter.typ").read_bytes()
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
        f"{parts['sender']}\n{parts['service']}",
        parts["address"],
        parts["date"],
        parts["title"].upper(),
        parts["opening"].replace("\n", "\n\n"),
        f"{parts['code_label']}\n{parts['code']}",
        "\n\n".join(steps),
        parts["help_title"].upper(),
        parts["help"].replace("\n", "\n\n"),
    )
    return "\n\n".join(blocks) + "\n"


def _parts(letter: LetterText) -> dict[str, str]:
    last_day = _day(letter.last_day)
    phone = letter.help_phone
    return {
        "sender": letter.sender,
        "service": SERVICE,
        "title": TITLE,
        "address": "\n".join([letter.name, *(part.strip() for part in letter.address.split(","))]),
        "date": _day(letter.written),
        "opening": f"Dear {letter.name}\nYou can start an account with this letter. It is for you alone. "
        "The account shows nothing at first. It opens when a member of school staff has checked who you are.",
        "code_label": f"Your code. It works once, until {last_day}.",
        "code": letter.code,
        "square": _square(letter.url),
        "square_alt": f"A square for a phone’s camera. It opens {letter.short_url}",
        "square_label": "Or point your phone’s camera here",
        "steps": "\n".join(
            (
                f"On a phone or computer, go to {letter.short_url} and type the code.",
                "Give your e-mail address and choose a password. You also need an app that makes sign-in codes, "
                "called an authenticator app. It is free.",
                "Sign in. Your account shows a number. Write it on the slip below.",
                "Take the slip to the school office, with your passport, driving licence or other proof of your name.",
            )
        ),
        "help_title": "If you need help",
        "help": f"No internet, or something does not work? The school office can do all of this with you."
        f"{f' Or phone {phone}.' if phone else ''}\n"
        "Not expecting this letter, or is your name wrong? Do not use the code. Tell the school office"
        f"{', or phone the number above' if phone else ''}.\n"
        "Nobody from here will ever phone or write to ask for the code.",
        "slip_title": "Bring this slip to the school office",
        "slip_name": f"Name: {letter.name}",
        "slip_number": "Number in my account:",
    }


def _square(url: str) -> str:
    """The address as a QR code: a drawing (SVG) that needs no font and no network."""
    made = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_M, border=2)
    made.add_data(url)
    rows = made.get_matrix()
    dark = "".join(f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, is_dark in enumerate(row) if is_dark)
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {len(rows)} {len(rows)}"><path d="{dark}"/></svg>'


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
