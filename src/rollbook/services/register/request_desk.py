"""What those who ask and those who decide see: the choices of the form, own requests, the panel's list."""

from dataclasses import dataclass
from itertools import groupby

from rollbook.kernel.refusals import AccessDenied, Reason
from rollbook.policy.register_fields import DATED_KEYS, TEXT_FIELDS, RegisterField
from rollbook.policy.roles import Role
from rollbook.policy.states import REQUESTS, RequestState
from rollbook.records.models.accounts import Account
from rollbook.records.models.collections import Collection
from rollbook.records.models.governance import Request
from rollbook.services.catalogue.dictionary import DictionaryLine, dictionary
from rollbook.services.platform.actors import Actor, require_session
from rollbook.services.register.grounds import research_powers, research_purposes
from rollbook.services.register.requests import RequestLine, RequestPage, request_page, requests, requests_of

DECIDABLE = (RequestState.OPEN, RequestState.APPROVED, RequestState.LIVE)


@dataclass(frozen=True, slots=True)
class FormFacts:
    """What a request may choose from. `items` are groups of (heading, items); `fields` the texts to write."""

    purposes: tuple[tuple[str, str, str], ...]
    powers: tuple[tuple[str, str], ...]
    collections: tuple[tuple[str, str], ...]
    items: tuple[tuple[str, tuple[DictionaryLine, ...]], ...]
    fields: tuple[RegisterField, ...]


@dataclass(frozen=True, slots=True)
class OwnRequest:
    """One's own request; `can_withdraw` while it has not ended."""

    line: RequestLine
    can_withdraw: bool


@dataclass(frozen=True, slots=True)
class PanelLine:
    """A request the panel may decide. `own`: the member's own organisation asked, so another member decides."""

    line: RequestLine
    own: bool


def form_facts() -> FormFacts:
    """The choices of the form that asks."""
    askable = [line for line in dictionary() if line.held and not line.risk.endswith("A")]
    return FormFacts(
        purposes=research_purposes(),
        powers=research_powers(),
        collections=tuple(Collection.objects.order_by("-reference_date", "code").values_list("code", "name")),
        items=tuple((name, tuple(lines)) for name, lines in groupby(askable, key=lambda line: line.group)),
        fields=tuple(field for field in TEXT_FIELDS if field.key not in DATED_KEYS),
    )


def own_requests(by: Actor) -> tuple[OwnRequest, ...]:
    """The signed-in researcher's own requests, latest first."""
    lines = requests_of(require_session(by, Role.RESEARCHER))
    return tuple(OwnRequest(line, REQUESTS.refuses(line.state, RequestState.WITHDRAWN) is None) for line in lines)


def own_request(by: Actor, reference: str) -> OwnRequest:
    """One of the signed-in researcher's own requests.

    Raises:
        AccessDenied: code `not-requester`, also for a request that does not exist.
    """
    for one in own_requests(by):
        if one.line.reference == reference:
            return one
    raise AccessDenied(Reason("not-requester", "This is not your request", mend="Whoever asked can withdraw it."))


def panel_list(by: Actor) -> tuple[PanelLine, ...]:
    """What the panel may decide: open requests first, then approvals that can be taken back."""
    member = Account.objects.get(id=require_session(by, Role.PANEL_MEMBER))
    mine = frozenset(
        Request.objects.filter(organisation=member.organisation_id).values_list("reference", flat=True)
        if member.organisation_id
        else ()
    )
    lines = [line for state in DECIDABLE for line in reversed(requests(state))]
    return tuple(PanelLine(line, line.reference in mine) for line in lines)


def panel_page(by: Actor, reference: str) -> RequestPage:
    """One request as the panel reads it: exactly what the public reads.

    Raises:
        AccessDenied: code `request-unknown`.
    """
    require_session(by, Role.PANEL_MEMBER)
    page = request_page(reference)
    if page is None:
        raise AccessDenied(Reason("request-unknown", "There is no such request", mend="Choose one of the list."))
    return page
