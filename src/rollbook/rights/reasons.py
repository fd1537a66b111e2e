"""Why a relationship was made, changed or ended: a code for every change, never free text alone.

The codes follow the NHS validated relationships service, read for pupils: `pupil` for patient, `school` for practice.
"""

from collections.abc import Mapping
from enum import StrEnum


class Why(StrEnum):
    """The coded reason of one change."""

    CREATED = "ROLE_CREATED"
    ACTIVATED = "ROLE_ACTIVATED"
    REACTIVATED = "ROLE_REACTIVATED"
    SAFEGUARDING = "ROLE_DEACTIVATED_SAFEGUARDING"
    PUPIL_REQUEST = "ROLE_DEACTIVATED_PUPIL_REQUEST"
    END_DATE_REACHED = "ROLE_DEACTIVATED_END_DATE_REACHED"
    INACTIVE = "ROLE_DEACTIVATED_INACTIVE_ROLE"
    PUPIL_DECEASED = "ROLE_DEACTIVATED_PUPIL_DECEASED"
    ADULT_DECEASED = "ROLE_DEACTIVATED_ADULT_DECEASED"
    CHANGE_IN_RELATIONSHIP = "ROLE_DEACTIVATED_CHANGE_IN_RELATIONSHIP"
    ADULT_LACKS_CAPACITY = "ROLE_DEACTIVATED_ADULT_LACKS_CAPACITY"
    MISUSE = "ROLE_DEACTIVATED_MISUSE_OF_SYSTEM"
    SUSPENDED = "ROLE_SUSPENDED_PENDING_REVIEW"
    ASKED = "APPLICATION_SUBMITTED"
    ASKED_AGAIN = "APPLICATION_RESUBMITTED"
    REFUSED_IDENTITY = "APPLICATION_REJECTED_IDENTITY_NOT_VERIFIED"
    REFUSED_NO_BASIS = "APPLICATION_REJECTED_NO_LEGAL_BASIS"


WORDS: Mapping[Why, str] = {
    Why.CREATED: "Recorded",
    Why.ACTIVATED: "Confirmed",
    Why.REACTIVATED: "Given again after it had ended",
    Why.SAFEGUARDING: "Stopped to keep a child safe",
    Why.PUPIL_REQUEST: "Ended because the pupil asked",
    Why.END_DATE_REACHED: "Its end date was reached",
    Why.INACTIVE: "Not used for a long time",
    Why.PUPIL_DECEASED: "The pupil has died",
    Why.ADULT_DECEASED: "The adult has died",
    Why.CHANGE_IN_RELATIONSHIP: "The relationship changed",
    Why.ADULT_LACKS_CAPACITY: "The adult can no longer act",
    Why.MISUSE: "The access was misused",
    Why.SUSPENDED: "Suspended until someone has looked",
    Why.ASKED: "Asked for",
    Why.ASKED_AGAIN: "Asked for again",
    Why.REFUSED_IDENTITY: "Refused: the person did not prove who they are",
    Why.REFUSED_NO_BASIS: "Refused: no legal ground",
}

# Reasons a named officer may give for a safeguarding stop; each is shown to nobody but officers.
STOP_REASONS = (Why.SAFEGUARDING, Why.MISUSE, Why.SUSPENDED)
