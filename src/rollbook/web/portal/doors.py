"""The rule of every page about a record: pupils and parents, and for whoever may not see it, no such page."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse

from rollbook.kernel.refusals import AccessDenied
from rollbook.services.platform.actors import Role
from rollbook.web.access import access

View = Callable[..., HttpResponse]


def about_a_record(view: View) -> Any:
    """Let pupils and parents in; a closed door looks like an address that does not exist."""

    @access(Role.PARENT, Role.PUPIL)
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except AccessDenied as denied:
            if denied.reasons[0].code == "no-record":
                raise Http404 from None
            raise

    return guarded
