"""The roles a person or process can act in. One account has one role."""

from enum import StrEnum


class Role(StrEnum):
    """Who acts. The words are those of docs/glossary.md."""

    PUPIL = "pupil"
    PARENT = "parent"
    SCHOOL_DATA_MANAGER = "school-data-manager"
    CUSTODIAN = "custodian"
    RESEARCHER = "researcher"
    POLICE_OFFICER = "police-officer"
    PANEL_MEMBER = "panel-member"
    OUTPUT_CHECKER = "output-checker"
    DATA_PROTECTION_OFFICER = "data-protection-officer"
    OVERSEER = "overseer"
    OPERATOR = "operator"
    SYSTEM = "system"
