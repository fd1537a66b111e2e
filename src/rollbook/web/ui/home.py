"""Where each role's work begins. Surfaces are named by address here, since they do not import one another."""

from collections.abc import Mapping

from rollbook.services.platform.actors import Role

HOMES: Mapping[Role, tuple[str, str]] = {
    Role.PUPIL: ("/record/", "Your record"),
    Role.PARENT: ("/record/", "Your child’s record"),
    Role.SCHOOL_DATA_MANAGER: ("/school/", "Your school"),
    Role.CUSTODIAN: ("/casework/", "Casework"),
    Role.RESEARCHER: ("/casework/", "Your projects"),
    Role.POLICE_OFFICER: ("/casework/", "Your cases"),
    Role.PANEL_MEMBER: ("/casework/", "Requests to decide"),
    Role.OUTPUT_CHECKER: ("/casework/", "Outputs to check"),
    Role.DATA_PROTECTION_OFFICER: ("/casework/", "Casework"),
    Role.OVERSEER: ("/casework/", "Oversight"),
    Role.OPERATOR: ("/register/", "Register"),
    Role.SYSTEM: ("/register/", "Register"),
}


def home_of(role: Role | None) -> str:
    """Address of a role's first page."""
    return HOMES[role][0] if role else "/"
