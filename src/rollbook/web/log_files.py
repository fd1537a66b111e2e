"""The public log over HTTP: its files, as they are, under /log/. Any static file server could do the same.

Content types and caching follow the specification of the log, section 3.
"""

import re

from django.conf import settings
from django.http import FileResponse, Http404, HttpRequest, HttpResponseBase, StreamingHttpResponse

from rollbook.services.log.copying import parts_of_copy
from rollbook.web.access import access

# Nothing but these shapes is served, so no path leads out of the log's folder.
_NUMBER = r"(?:x[0-9]{3}/)*[0-9]{3}(?:\.p/(?:[1-9][0-9]?|1[0-9]{2}|2[0-4][0-9]|25[0-5]))?"
RESOURCES = re.compile(rf"checkpoint|tile/(?:entries|[0-9]|[1-5][0-9]|6[0-3])/{_NUMBER}|doc/[0-9a-f]{{64}}")
SECONDS_FRESH = 5
SECONDS_FOR_EVER = 365 * 24 * 60 * 60


@access("public")
def log_file(request: HttpRequest, path: str) -> HttpResponseBase:
    """One file of the log; 404 for anything that is not one."""
    file = settings.ROLLBOOK.log / path
    if not RESOURCES.fullmatch(path) or not file.is_file():
        raise Http404
    if path == "checkpoint":
        return _answer(file.open("rb"), "text/plain; charset=utf-8", f"max-age={SECONDS_FRESH}")
    # A document may be erased; a tile never changes.
    caching = f"max-age={SECONDS_FOR_EVER}, immutable" if path.startswith("tile/") else "max-age=3600"
    return _answer(file.open("rb"), "application/octet-stream", f"public, {caching}")


@access("public")
def log_copy(request: HttpRequest) -> HttpResponseBase:
    """The whole log in one file, for a device that keeps it beside the proof files; 404 before there is a log."""
    parts = parts_of_copy(settings.ROLLBOOK.log)
    if parts is None:
        raise Http404
    response = StreamingHttpResponse(parts, content_type="application/octet-stream")
    response["Content-Disposition"] = 'attachment; filename="rollbook.log-copy"'
    response["Cache-Control"] = f"max-age={SECONDS_FRESH}"
    return response


def _answer(file: object, content_type: str, caching: str) -> HttpResponseBase:
    response = FileResponse(file, content_type=content_type)
    response["Cache-Control"] = caching
    response["Access-Control-Allow-Origin"] = "*"
    return response
