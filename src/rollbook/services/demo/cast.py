"""The people of the demonstration. All are made up; no register could match their names."""

from collections.abc import Mapping
from dataclasses import dataclass

from rollbook.policy.roles import Role

PASSWORD = "invented-for-the-demo-only"  # noqa: S105 - made-up accounts, refused under production settings


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody in the story. `organisation` is a body's number; `school` says that the largest school employs them."""

    key: str
    name: str
    role: Role
    organisation: str = ""
    school: bool = False

    @property
    def email(self) -> str:
        """An address that reaches nobody."""
        return f"{self.key}@rollbook.invalid"


UNIVERSITY, LETTINGS, POLICE, AUTHORITY = "UNI-0001", "CO-0002", "POL-0003", "AUT-0004"

# Opened by the operator. The parent starts from a letter instead.
STAFF = (
    Member("researcher", "Noor Feskettle", Role.RESEARCHER, UNIVERSITY),
    Member("lettings", "Osric Vantlemoor", Role.RESEARCHER, LETTINGS),
    Member("panel", "Sanne Morveldt-Ash", Role.PANEL_MEMBER, AUTHORITY),
    Member("checker", "Tamsin Orrelquay", Role.OUTPUT_CHECKER, AUTHORITY),
    Member("second-checker", "Idris Pennwhist", Role.OUTPUT_CHECKER, AUTHORITY),
    Member("custodian", "Wynn Hattrelow", Role.CUSTODIAN, AUTHORITY),
    Member("second-custodian", "Dara Umbleforth", Role.CUSTODIAN, AUTHORITY),
    Member("dpo", "Leith Caradoyne", Role.DATA_PROTECTION_OFFICER, AUTHORITY),
    Member("school", "Bram Ottquill", Role.SCHOOL_DATA_MANAGER, school=True),
    Member("police", "Kit Drassowick", Role.POLICE_OFFICER, POLICE),
)
PARENT = Member("parent", "Mara Thrennet", Role.PARENT)
OTHER_PARENT = Member("other-parent", "Joss Quellorin", Role.PARENT)
STRANGER = Member("stranger", "Pell Osquith", Role.PARENT)

ORGANISATIONS: Mapping[str, tuple[str, str]] = {
    UNIVERSITY: ("University of Ostlebury", "university"),
    LETTINGS: ("Tidewick Lettings Limited", "company"),
    POLICE: ("Ostlebury Constabulary", "police-force"),
    AUTHORITY: ("Pupil Records Authority", "government-department"),
}
