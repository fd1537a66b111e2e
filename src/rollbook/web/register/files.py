"""Answers that are files: CSV and JSON of what a page shows, for anyone and from anywhere."""

from django.http import HttpResponse


def csv_file(name: str, text: str) -> HttpResponse:
    """A CSV file to be saved."""
    response = HttpResponse(text, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return _open(response)


def json_file(text: str) -> HttpResponse:
    """JSON, shown as it is."""
    return _open(HttpResponse(text, content_type="application/json; charset=utf-8"))


def text_file(name: str, text: str) -> HttpResponse:
    """A file by exception, to be saved under its name: never shown or run by a browser, whatever its ending."""
    response = HttpResponse(text, content_type="text/plain; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return _open(response)


def _open(response: HttpResponse) -> HttpResponse:
    response["Access-Control-Allow-Origin"] = "*"
    return response
