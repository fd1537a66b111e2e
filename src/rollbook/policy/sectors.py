"""What kind of body asks for data. Identifying items cannot go to a company or to the press, whatever the power."""

from enum import StrEnum


class Sector(StrEnum):
    """Kinds of organisation, as they stand in the log."""

    UNIVERSITY = "university"
    GOVERNMENT_DEPARTMENT = "government-department"
    LOCAL_AUTHORITY = "local-authority"
    POLICE_FORCE = "police-force"
    HEALTH_SERVICE = "health-service"
    CHARITY = "charity"
    COMPANY = "company"
    MEDIA = "media"


NEVER_IDENTIFIED = frozenset({Sector.COMPANY, Sector.MEDIA})
