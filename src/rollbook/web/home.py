"""The first page: what Rollbook is, in a few sentences, and where to go."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from rollbook.web.access import access


@access("public")
def home(request: HttpRequest) -> HttpResponse:
    """The front door."""
    return render(request, "ui/home.html")
