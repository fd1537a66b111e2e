"""A school sends a return: choose the file, see what was found, explain what is asked, and submit by a second step."""

from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from rollbook.kernel.refusals import AccessDenied, InputRefused, RollbookError, UseRefused
from rollbook.services.platform.actors import Role
from rollbook.services.returns.explaining import LONGEST_TEXT, explain
from rollbook.services.returns.upload_pages import GroupPage, UploadPage, group_page, upload_page
from rollbook.services.returns.uploads import KEPT, MAX_UPLOAD, discard_upload, submit_upload, upload_return
from rollbook.web.access import access
from rollbook.web.ui.actor import actor
from rollbook.web.ui.paging import LONGEST_NUMBER, paginate

FORMS = ["GET", "HEAD", "POST"]


class UploadForm(forms.Form):
    """One file."""

    file = forms.FileField(
        label="The return",
        error_messages={"required": "Choose the file with the return", "empty": "The file is empty"},
        max_length=1000,
    )


class ExplainForm(forms.Form):
    """Why queries are right, and which of them."""

    text = forms.CharField(
        label="Why is this right?",
        max_length=LONGEST_TEXT,
        widget=forms.Textarea,
        error_messages={
            "required": "Say why it is right",
            "max_length": f"The text is longer than {LONGEST_TEXT:,} characters",
        },
    )
    which = forms.ChoiceField(
        label="What does this explain?",
        choices=(("all", "All that have no explanation"), ("ticked", "Only those I tick in the list")),
        error_messages={"required": "Choose what this explains", "invalid_choice": "Choose one from the list"},
    )


@require_http_methods(FORMS)
@access(Role.SCHOOL_DATA_MANAGER)
def upload(request: HttpRequest) -> HttpResponse:
    """Choose a file and send it to be checked."""
    form = UploadForm(request.POST, request.FILES) if request.method == "POST" else UploadForm()
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            handle = upload_return(by=actor(request), name=file.name, data=file.read())
            return redirect("school_file", handle)
        except (InputRefused, UseRefused) as refused:
            _place(form, refused)
    facts = {"form": form, "most": MAX_UPLOAD // 1024 // 1024, "days": KEPT.days}
    return render(request, "schools/upload_new.html", facts, status=422 if form.errors else 200)


@require_safe
@access(Role.SCHOOL_DATA_MANAGER)
def file(request: HttpRequest, handle: str) -> HttpResponse:
    """How far a file is, and what was found in it."""
    return render(request, "schools/upload.html", {"file": _page(request, handle)})


@require_http_methods(FORMS)
@access(Role.SCHOOL_DATA_MANAGER)
def findings(request: HttpRequest, handle: str, rule: str) -> HttpResponse:
    """The places where one rule is broken; explanations are given here."""
    form = ExplainForm(request.POST if request.method == "POST" else {"which": "all"})
    if request.method != "POST":
        form = ExplainForm(initial={"which": "all"})
    elif form.is_valid() and _explained(request, handle, rule, form):
        return redirect(request.get_full_path())
    found = _group(request, handle, rule)
    facts = {"found": found, "page": paginate(found.queries or found.errors, request), "form": form}
    status = 422 if form.errors else 200
    return render(request, "schools/findings.html", facts | {"ticked": _ticked(request)}, status=status)


@require_http_methods(FORMS)
@access(Role.SCHOOL_DATA_MANAGER)
def submit(request: HttpRequest, handle: str) -> HttpResponse:
    """The second step: look at the counts once more, then hand the file over."""
    if request.method == "POST":
        _page(request, handle)
        submit_upload(by=actor(request), handle=handle)
        return redirect("school_file", handle)
    page = _page(request, handle)
    if not page.ready:
        return redirect("school_file", handle)
    return render(request, "schools/submit.html", {"file": page})


@require_POST
@access(Role.SCHOOL_DATA_MANAGER)
def discard(request: HttpRequest, handle: str) -> HttpResponse:
    """Destroy a file that was not submitted."""
    _page(request, handle)
    discard_upload(by=actor(request), handle=handle)
    return redirect("school_home")


def _page(request: HttpRequest, handle: str) -> UploadPage:
    try:
        return upload_page(actor(request), handle)
    except AccessDenied:
        raise Http404 from None


def _group(request: HttpRequest, handle: str, rule: str) -> GroupPage:
    try:
        found = group_page(actor(request), handle, rule)
    except AccessDenied:
        raise Http404 from None
    if found is None:
        raise Http404
    return found


def _explained(request: HttpRequest, handle: str, rule: str, form: ExplainForm) -> bool:
    places = None if form.cleaned_data["which"] == "all" else _ticked(request)
    _page(request, handle)
    try:
        explain(by=actor(request), handle=handle, rule=rule, text=form.cleaned_data["text"], places=places)
    except (InputRefused, UseRefused) as refused:
        _place(form, refused)
        return False
    return True


def _ticked(request: HttpRequest) -> frozenset[int]:
    given = request.POST.getlist("places")
    return frozenset(int(one) for one in given if one.isascii() and one.isdecimal() and len(one) <= LONGEST_NUMBER)


def _place(form: forms.Form, refused: RollbookError) -> None:
    fields: dict[str, Any] = dict(form.fields)
    for reason in refused.reasons:
        form.add_error(reason.where if reason.where in fields else None, f"{reason.message}. {reason.mend}")
