"""The verifier for the browser, as one page that can also be saved. It works alone: it sends us nothing."""

import re
from functools import cache
from pathlib import Path

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from rollbook.services.log.trust import own_policy
from rollbook.web.access import access

_OWN_RULES = re.compile(r'<meta http-equiv="Content-Security-Policy" content="([^"]+)">')
_PLACE = "<!--policy-->"


@require_safe
@access("public")
def verifier(request: HttpRequest) -> HttpResponse:
    """The page with the policy of this installation in it; the text around it says whom that policy comes from."""
    page = _page(settings.ROLLBOOK.assets / "verifier.html")
    rules = _OWN_RULES.search(page)
    if rules is None:
        raise Http404
    # A comment in the policy could otherwise end the element the policy stands in.
    answer = HttpResponse(page.replace(_PLACE, own_policy().replace("<", "")))
    # The page's own rules are stricter than the site's, and name its one script by its hash.
    answer["Content-Security-Policy"] = f"{rules[1]}; frame-ancestors 'none'"
    return answer


@cache
def _page(path: Path) -> str:
    """The file as `make` built it, or an empty text where it was not built."""
    return path.read_text(encoding="utf-8") if path.is_file() else ""
