"""The first page: what Rollbook is, in a few sentences, and where to go; and the short address that letters print."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from rollbook.web.access import access


@access("public")
def home(request: HttpRequest) -> HttpResponse:
    """The front door."""
    return render(request, "ui/home.html")


@access("public")
def short_start(request: HttpRequest) -> HttpResponse:
    """From the address in a letter to the page where its code goes."""
    return redirect("account_from_letter")
