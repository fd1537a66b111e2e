"""The facts of one use, as the gate is told them: frozen values and nothing else.

Whoever asks the gate loads these from the records on the day of the use. A fact that is not known is None, and None is
no.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class UseKind(StrEnum):
    """The two ways in which Rollbook lets a record be used."""

    STUDY_RUN = "study-run"
    GATEWAY_CASE = "gateway-case"


class MatchOutcome(StrEnum):
    """What came of looking for the child a case names. Only `match` may release anything."""

    MATCH = "match"
    POTENTIAL = "potential-match"
    LOW_CONFIDENCE = "low-confidence"
    MANY = "many-match"
    NONE = "no-match"


@dataclass(frozen=True, slots=True)
class ItemFacts:
    """One item asked for. `known` says that it stands in the catalogue; `risk` is its class, empty if unmarked."""

    id: str
    known: bool
    risk: str
    withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class OrganisationFacts:
    """Who receives. Access is bound to the number and name that were verified, not to those used today."""

    number: str
    name: str
    sector: str
    verified_number: str
    verified_name: str
    verified_on: date | None


@dataclass(frozen=True, slots=True)
class DecisionFacts:
    """The latest decision on the request; `logged` says that it stands in the public log."""

    result: str
    expires: date | None
    logged: bool


@dataclass(frozen=True, slots=True)
class RequestFacts:
    """The public request a study runs under."""

    state: str
    organisation_number: str
    purpose: str
    power: str
    items: frozenset[str]
    starts: date
    ends: date
    logged: bool
    decision: DecisionFacts | None


@dataclass(frozen=True, slots=True)
class SealedRequestFacts:
    """The sealed record a gateway case has in place of a public request: three people, one match, one day to reveal."""

    organisation_number: str
    asked_by: int
    matched_by: int | None
    confirmed_by: int | None
    outcome: str
    reveal_by: date | None


@dataclass(frozen=True, slots=True)
class AgreementFacts:
    """The terms an organisation is bound by. `superseded` versions bind nobody."""

    reference: str
    organisation_number: str
    power: str
    purposes: frozenset[str]
    items: frozenset[str]
    cited_law: str
    starts: date
    ends: date
    review_by: date
    published: bool
    superseded: bool = False


@dataclass(frozen=True, slots=True)
class AssessmentFacts:
    """An impact assessment: what it covers, and until when it is current."""

    reference: str
    items: frozenset[str]
    purposes: frozenset[str]
    starts: date
    review_by: date
    published: bool
    superseded: bool = False


@dataclass(frozen=True, slots=True)
class RecipientFacts:
    """Somebody who will work with or receive the data.

    `accredited` are the periods in which they may, `provisional` those in which they may beside somebody who is fully
    accredited, and `trained` those in which a course they passed counts; each from its first to its last day.
    """

    account: int
    organisation_number: str
    active: bool
    accredited: tuple[tuple[date, date], ...] = ()
    provisional: tuple[tuple[date, date], ...] = ()
    trained: tuple[tuple[date, date], ...] = ()


@dataclass(frozen=True, slots=True)
class SettingFacts:
    """A place the work is done from: a site with its dates, and the device where the site asks for one.

    An end is the last day on which it could be used. `device` is False where the site asks for one and none is known.
    """

    name: str
    organisation_number: str
    starts: date
    expires: date
    device: bool = True
    device_expires: date | None = None


@dataclass(frozen=True, slots=True)
class FileFacts:
    """The file that a study hands over in place of a table, and the panel's latest decision on it: `result` None where
    there is none, otherwise `allow` or `refuse`.
    """

    name: str
    format: str
    result: str | None = None
    expires: date | None = None
    logged: bool = False


@dataclass(frozen=True, slots=True)
class Use:
    """One use of records on one day.

    `objectors_left` counts people in the population whose standing choice is against this use: zero once choices were
    applied, None where nobody looked. `people` is the size of the population, None where it is not drawn yet. `file` is
    what would be handed over in place of a table, None where a table is.
    """

    day: date
    kind: UseKind
    mode: str
    purpose: str
    power: str
    items: tuple[ItemFacts, ...]
    request: RequestFacts | SealedRequestFacts | None
    organisation: OrganisationFacts | None
    agreements: tuple[AgreementFacts, ...]
    assessments: tuple[AssessmentFacts, ...]
    recipients: tuple[RecipientFacts, ...]
    objectors_left: int | None
    people: int | None
    settings: tuple[SettingFacts, ...] = ()
    file: FileFacts | None = None
