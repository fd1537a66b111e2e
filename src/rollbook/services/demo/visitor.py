"""A small browser without JavaScript: opens pages, follows redirects, fills in forms, keeps cookies.

The demonstration acts through it as each person, over HTTP, so that nothing it shows can be done only from inside.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http.cookiejar import CookieJar
from urllib.error import HTTPError
from urllib.parse import urlencode, urljoin
from urllib.request import HTTPCookieProcessor, OpenerDirector, Request, build_opener

from lxml import html

from rollbook.kernel.refusals import Reason, StateBroken

Value = str | Sequence[str]
Files = Mapping[str, tuple[str, bytes]]
TIMEOUT_S = 60


@dataclass(frozen=True)
class Page:
    """An answer: its address after redirects, status and body."""

    url: str
    status: int
    body: bytes
    headers: Mapping[str, str]

    @property
    def document(self) -> html.HtmlElement:
        """The page parsed, with links made absolute."""
        document: html.HtmlElement = html.document_fromstring(self.body)
        document.make_links_absolute(self.url)
        return document

    @property
    def text(self) -> str:
        """What a reader sees, white space folded."""
        return " ".join(str(self.document.text_content()).split())

    def text_of(self, element: str) -> str:
        """What the element of this identifier says."""
        for found in self.document.iter():
            if found.get("id") == element:
                return str(found.text_content())
        raise StateBroken(Reason("demo-page", f"Nothing is called '{element}'", where=self.url, mend=self.text[:500]))

    def link(self, words: str) -> str:
        """The address behind the first link that contains `words`."""
        for anchor in self.document.iter("a"):
            if words.lower() in " ".join(anchor.text_content().split()).lower():
                return str(anchor.get("href") or "")
        raise StateBroken(Reason("demo-page", f"No link says '{words}'", where=self.url, mend=self.text[:500]))

    def link_below(self, path: str) -> str:
        """The first address below `path` that the page links to."""
        for _, _, address, _ in self.document.iterlinks():
            head, found, tail = str(address).partition(path)
            if found and tail and not tail.startswith("#"):
                return head + found + tail
        raise StateBroken(Reason("demo-page", f"No link leads below {path}", where=self.url, mend=self.text[:500]))


@dataclass
class Visitor:
    """One person's browser. `base` is the address of the site, without a slash at the end."""

    base: str
    opener: OpenerDirector = field(default_factory=lambda: build_opener(HTTPCookieProcessor(CookieJar())))

    def open(self, path: str) -> Page:
        """Get a page; refusals (4xx) come back as pages too, so that they can be looked at."""
        return self._send(self._request(path))

    def submit(self, page: Page, button: str = "", files: Files | None = None, **fields: Value) -> Page:
        """Fill in the form of `page` that has all of `fields` (and a button saying `button`) and send it."""
        form = _form_with(page, [*fields, *(files or {})], button)
        return self.submit_form(page, form, button, files, **fields)

    def submit_form(
        self,
        page: Page,
        form: html.FormElement,
        button: str = "",
        files: Files | None = None,
        **fields: Value,
    ) -> Page:
        """Send one form of `page`, with `fields` in place of what it holds."""
        values = _defaults(form, button)
        for name, value in fields.items():
            values[name] = [value] if isinstance(value, str) else list(value)
        pairs = [(name, each) for name, group in values.items() for each in group]
        action = urljoin(page.url, form.get("action") or page.url)
        if (form.get("method") or "get").lower() == "get":
            return self._send(self._request(f"{action.split('?')[0]}?{urlencode(pairs)}"))
        plain = urlencode(pairs).encode(), "application/x-www-form-urlencoded"
        body, kind = _multipart(pairs, files) if files else plain
        return self._send(self._request(action, body, {"Content-Type": kind, "Referer": page.url}))

    def _request(self, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None) -> Request:
        address = urljoin(self.base + "/", path)
        if not address.startswith(self.base + "/"):
            raise StateBroken(Reason("demo-page", "A link leads away from the site", where=address))
        return Request(address, data=body, headers=dict(headers or {}))  # noqa: S310 - checked above

    def _send(self, request: Request) -> Page:
        try:
            answer = self.opener.open(request, timeout=TIMEOUT_S)
        except HTTPError as refused:
            answer = refused
        with answer:
            return Page(answer.geturl(), answer.status or 0, answer.read(), dict(answer.headers))


def _form_with(page: Page, names: Sequence[str], button: str) -> html.FormElement:
    for form in page.document.forms:
        has = {element.get("name") for element in form.iter("input", "select", "textarea", "button")}
        says = [" ".join(b.text_content().split()).lower() for b in form.iter("button")]
        if set(names) <= has and any(words.startswith(button.lower()) for words in says):
            return form
    raise StateBroken(
        Reason("demo-page", f"No form has the fields {sorted(names)} {button}", where=page.url, mend=page.text[:400])
    )


def _defaults(form: html.FormElement, button: str) -> dict[str, list[str]]:
    values: dict[str, list[str]] = {}
    for name, value in form.form_values():
        values.setdefault(name, []).append(value)
    for element in form.iter("button"):
        words = " ".join(element.text_content().split()).lower()
        if button and element.get("name") and words.startswith(button.lower()):
            values[element.get("name")] = [element.get("value") or ""]
    return values


def _multipart(pairs: Sequence[tuple[str, str]], files: Mapping[str, tuple[str, bytes]]) -> tuple[bytes, str]:
    boundary = uuid.uuid4().hex
    parts = [
        f'Content-Disposition: form-data; name="{name}"\r\n\r\n{value}'.encode()
        for name, value in pairs
        if name not in files
    ]
    for name, (filename, content) in files.items():
        head = f'Content-Disposition: form-data; name="{name}"; filename="{filename}"'
        head += "\r\nContent-Type: application/octet-stream"
        parts.append(head.encode() + b"\r\n\r\n" + content)
    mark = f"--{boundary}\r\n".encode()
    return b"".join(
        mark + part + b"\r\n" for part in parts
    ) + f"--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"
