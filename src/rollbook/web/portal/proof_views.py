"""Proof files: ask, wait (the page renews itself), take each once."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from rollbook.services.accounts.access import open_record
from rollbook.services.portal.bundles import ask_bundles, proof_page, take_bundle
from rollbook.web.portal.doors import about_a_record
from rollbook.web.ui.actor import actor


@require_http_methods(["GET", "HEAD", "POST"])
@about_a_record
def proof(request: HttpRequest, handle: str) -> HttpResponse:
    """The files there are, and how far they are."""
    by = actor(request)
    if request.method == "POST":
        ask_bundles(by=by, handle=handle)
        return redirect("portal_proof", handle=handle)
    facts = {"record": open_record(by, handle), "here": "proof", "page": proof_page(by, handle)}
    return render(request, "portal/proof.html", facts | {"log": f"{settings.ROLLBOOK.public_url}/log"})


@require_POST
@about_a_record
def take(request: HttpRequest, handle: str, epoch: str, place: int) -> HttpResponse:
    """Give the file once. The name tells the month and no person."""
    content = take_bundle(by=actor(request), handle=handle, epoch=epoch, place=place)
    answer = HttpResponse(content, content_type="text/plain; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="proof-{epoch}-{place}.txt"'
    answer["Cache-Control"] = "no-store"
    return answer
