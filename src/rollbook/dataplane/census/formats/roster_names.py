"""What OneRoster 1.1 and 1.2 call things. A table is known by its headings, never by its file's name."""

from collections.abc import Mapping
from typing import Final

from rollbook.dataplane.census.formats.leaves import leaf
from rollbook.dataplane.census.profile import Leaf

# The first set that a table's headings hold names it; narrower sets stand first.
_TABLES: Final[tuple[tuple[str, frozenset[str]], ...]] = (
    ("manifest", frozenset({"propertyname", "value"})),
    ("demographics", frozenset({"sourcedid", "birthdate", "sex"})),
    ("users", frozenset({"sourcedid", "givenname", "familyname"})),
    ("enrollments", frozenset({"sourcedid", "classsourcedid", "usersourcedid"})),
    ("roles", frozenset({"sourcedid", "usersourcedid", "roletype"})),
    ("orgs", frozenset({"sourcedid", "name", "type", "parentsourcedid"})),
)  # fmt: skip
PUPIL_ROLES: Final = frozenset({"student"})
USER: Final[Mapping[str, Leaf]] = {
    "givenname": leaf("forename"), "familyname": leaf("surname"), "middlename": leaf("middle-names"),
}  # fmt: skip
DEMOGRAPHICS: Final[Mapping[str, Leaf]] = {"birthdate": leaf("date-of-birth"), "sex": leaf("sex")}
ENROLMENT: Final[Mapping[str, Leaf]] = {
    "classsourcedid": leaf("class-ref"), "begindate": leaf("class-begin-date"),
    "enddate": leaf("class-end-date"),
}  # fmt: skip
# Columns that tie rows together or say how a row travels.
TIES: Final = frozenset(
    {"sourcedid", "status", "datelastmodified", "usersourcedid", "schoolsourcedid", "orgsourcedids", "orgsourcedid",
     "role", "roles", "roletype", "enableduser", "identifier", "userids", "usermasteridentifier", "primary",
     "primaryorgsourcedid"}
)  # fmt: skip
SEX: Final = {"male": "M", "female": "F"}


def table_named(headings: tuple[str, ...]) -> str:
    """The table these lower-case headings belong to, empty when to none that is read."""
    return next((name for name, needed in _TABLES if needed <= set(headings)), "")


def is_roster(headings: tuple[str, ...]) -> bool:
    """Whether a table is the users or the manifest of a roster."""
    return table_named(headings) in ("manifest", "users")
