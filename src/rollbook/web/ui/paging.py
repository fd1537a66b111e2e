"""Long lists, a page at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from urllib.parse import urlencode

from django.http import Http404, HttpRequest

Item = TypeVar("Item")
LONGEST_NUMBER = 9


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """One page of a list: its items, how many there are in all, parameters for `govukPagination` if more than one."""

    items: Sequence[Item]
    total: int
    pagination: dict[str, Any] | None


def paginate(items: Sequence[Item], request: HttpRequest, per_page: int = 50) -> Page[Item]:
    """The page of `items` that the address asks for with `?page=`; a page that does not exist is not found."""
    pages = max(1, -(-len(items) // per_page))
    asked = request.GET.get("page", "1")
    # The length is looked at first: a number of thousands of digits is not even read.
    if not asked.isdecimal() or len(asked) > LONGEST_NUMBER or not 1 <= int(asked) <= pages:
        raise Http404
    here = int(asked)
    part = items[(here - 1) * per_page : here * per_page]
    return Page(part, len(items), _pagination(request, here, pages) if pages > 1 else None)


def _pagination(request: HttpRequest, here: int, pages: int) -> dict[str, Any]:
    def link(page: int) -> str:
        return "?" + urlencode(request.GET.dict() | {"page": str(page)})

    params: dict[str, Any] = {
        "items": [
            {"number": page, "href": link(page), "current": page == here}
            for page in range(1, pages + 1)
            if page in {1, pages} or abs(page - here) <= 1
        ]
    }
    if here > 1:
        params["previous"] = {"href": link(here - 1)}
    if here < pages:
        params["next"] = {"href": link(here + 1)}
    return params
