"""What the gate asks about the papers: request, decision, agreement and impact assessment."""

from collections.abc import Iterator

from rollbook.kernel.refusals import Reason
from rollbook.policy.powers import POWERS
from rollbook.policy.states import RequestState
from rollbook.policy.uses import (
    AgreementFacts,
    AssessmentFacts,
    DecisionFacts,
    MatchOutcome,
    RequestFacts,
    SealedRequestFacts,
    Use,
    UseKind,
)

_USABLE = frozenset({RequestState.APPROVED, RequestState.LIVE})


def request(use: Use) -> Iterator[Reason]:
    """A study has a public request; a gateway case a sealed one. Neither may borrow the other's."""
    wanted = RequestFacts if use.kind is UseKind.STUDY_RUN else SealedRequestFacts
    if not isinstance(use.request, wanted):
        yield Reason("request-missing", "There is no request for this use", mend="Ask first; research asks in public.")
    elif isinstance(use.request, RequestFacts):
        yield from _public(use, use.request)
    elif isinstance(use.request, SealedRequestFacts):
        yield from _sealed(use, use.request)


def _public(use: Use, asked: RequestFacts) -> Iterator[Reason]:
    if not asked.logged:
        yield Reason("request-log", "The request is not in the public log yet", mend="Wait for the log.")
    if asked.state not in _USABLE:
        yield Reason("request-state", f"The request is {asked.state}", mend="It must be approved and not ended.")
    if asked.purpose != use.purpose:
        yield Reason("request-purpose", "The request was made for another purpose", where=use.purpose,
                     mend="A change of purpose is a new request.")  # fmt: skip
    if asked.power != use.power:
        yield Reason("request-power", "The request names another power", where=use.power,
                     mend="A change of power is a new request.")  # fmt: skip
    beyond = {item.id for item in use.items} - asked.items
    if beyond:
        yield Reason("request-items", "These items were not asked for", where=_list(beyond),
                     mend="Leave them out, or make a new request.")  # fmt: skip
    if not asked.starts <= use.day <= asked.ends:
        yield Reason("request-dates", f"The request is for {asked.starts} to {asked.ends}", mend="Ask for other dates.")
    yield from _decided(use, asked.decision)


def _decided(use: Use, decision: DecisionFacts | None) -> Iterator[Reason]:
    if decision is None:
        yield Reason("decision-missing", "The panel has not decided", mend="Wait for the panel.")
        return
    if decision.result != "approve":
        yield Reason("decision-result", f"The latest decision is: {decision.result}", mend="Only an approval opens.")
    if not decision.logged:
        yield Reason("decision-log", "The decision is not in the public log yet", mend="Wait for the log.")
    if decision.expires is None:
        yield Reason("decision-expiry", "The decision has no date of expiry", mend="The panel decides again.")
    elif use.day > decision.expires:
        yield Reason("decision-expired", f"The approval expired on {decision.expires}", mend="Ask for a renewal.")


def _sealed(use: Use, asked: SealedRequestFacts) -> Iterator[Reason]:
    if asked.outcome != MatchOutcome.MATCH:
        yield Reason("case-match", "The child was not found with certainty", where=asked.outcome,
                     mend="Nothing is told; the case ends.")  # fmt: skip
    people = [asked.asked_by, asked.matched_by, asked.confirmed_by]
    if asked.matched_by is None or asked.confirmed_by is None:
        yield Reason("case-confirmed", "A second person has not confirmed this case", mend="Somebody else confirms it.")
    elif len(set(people)) < len(people):
        yield Reason("case-people", "Asking, matching and confirming are three people's work",
                     mend="Somebody else confirms it.")  # fmt: skip
    if asked.reveal_by is None or asked.reveal_by < use.day:
        yield Reason("case-reveal", "There is no day ahead by which this is told", mend="Set the day of reveal.")


def agreement(use: Use) -> Iterator[Reason]:
    """One agreement that holds in every point. Where none does, the reasons of the nearest are given."""
    number = use.request.organisation_number if use.request is not None else ""
    own = [one for one in use.agreements if one.organisation_number == number and not one.superseded]
    if not own:
        yield Reason("agreement-missing", "The organisation has no agreement", where=number,
                     mend="Conclude and publish one.")  # fmt: skip
        return
    yield from min((tuple(_terms(use, one)) for one in own), key=len)


def _terms(use: Use, terms: AgreementFacts) -> Iterator[Reason]:
    where = terms.reference
    if not terms.published:
        yield Reason("agreement-log", "The agreement is not in the public log yet", where, "Wait for the log.")
    if use.day < terms.starts:
        yield Reason("agreement-starts", f"The agreement begins on {terms.starts}", where, "Wait until then.")
    if use.day > terms.ends:
        yield Reason("agreement-ended", f"The agreement ended on {terms.ends}", where, "Conclude a new one.")
    if use.day > terms.review_by:
        yield Reason("agreement-review", f"The agreement's review was due on {terms.review_by}", where, "Review it.")
    if terms.power != use.power:
        yield Reason("agreement-power", "The agreement rests on another power", where, "Conclude one for this power.")
    if use.purpose not in terms.purposes:
        yield Reason("agreement-purpose", "The agreement does not cover this purpose", where, "Conclude one that does.")
    beyond = {item.id for item in use.items} - terms.items
    if beyond:
        yield Reason("agreement-items", f"The agreement does not cover: {_list(beyond)}", where, "Leave these out.")
    row = POWERS.get(use.power)
    if row is not None and row.cites_law and not terms.cited_law.strip():
        yield Reason("agreement-law", "The agreement cites no law it rests on", where, "Cite the power relied on.")


def assessment(use: Use) -> Iterator[Reason]:
    """Every item, for this purpose, in an assessment that is published and not past its review."""
    papers = [one for one in use.assessments if not one.superseded]
    if not papers:
        yield Reason("assessment-missing", "There is no impact assessment", mend="Make and publish one.")
        return
    for_purpose = [one for one in papers if use.purpose in one.purposes]
    if not for_purpose:
        yield Reason("assessment-purpose", "No impact assessment covers this purpose", where=use.purpose,
                     mend="Make and publish one that does.")  # fmt: skip
        return
    wanted = {item.id for item in use.items}
    current = [one for one in for_purpose if _current(use, one)]
    missing = wanted - _covered(current)
    if missing & _covered(for_purpose):
        yield Reason("assessment-current", "The impact assessment is past its review, not begun or not yet in the log",
                     where=_list(missing & _covered(for_purpose)), mend="Review and publish it.")  # fmt: skip
    if missing - _covered(for_purpose):
        yield Reason("assessment-items", "No impact assessment covers these items",
                     where=_list(missing - _covered(for_purpose)), mend="Make and publish one that does.")  # fmt: skip


def _current(use: Use, paper: AssessmentFacts) -> bool:
    return paper.published and paper.starts <= use.day <= paper.review_by


def _covered(papers: list[AssessmentFacts]) -> frozenset[str]:
    return frozenset().union(*(paper.items for paper in papers))


def _list(names: set[str] | frozenset[str]) -> str:
    return ", ".join(sorted(names))
