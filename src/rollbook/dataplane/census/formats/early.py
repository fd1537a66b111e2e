"""What is common to the two early years forms: which items a child may carry, and the header.

The names of the modules are published; the layout inside them is not confirmed by the Department (DOMAIN).
"""

from typing import Final

from rollbook.dataplane.census.formats.leaves import leaf
from rollbook.dataplane.census.formats.refusing import refusal
from rollbook.dataplane.census.parsed import Header
from rollbook.dataplane.census.profile import ADDRESS_LINES, Group, Leaf, Row

CODE: Final = "EYC"
SETTING: Final = {
    "URN": leaf("setting-urn"), "Estab": leaf("setting-estab"), "EstablishmentName": leaf("setting-name"),
    "PostCode": leaf("setting-postcode"),
}  # fmt: skip
IDENTIFIERS: Final = {
    "UPN": leaf("upn"), "FormerUPN": leaf("former-upn"), "Surname": leaf("surname"), "Forename": leaf("forename"),
    "MiddleNames": leaf("middle-names"), "PreferredSurname": leaf("preferred-surname"), "Sex": leaf("sex"),
    "DOB": leaf("date-of-birth"),
}  # fmt: skip
CHARACTERISTICS: Final = {
    "Ethnicity": leaf("ethnicity"), "EYPPR": leaf("eypp-receipt"), "EYPPBF": leaf("eypp-basis"),
    "DAFindicator": leaf("daf-indicator"), "EligibilityCode": leaf("eligibility-code"),
}  # fmt: skip
HOURS: Final = {
    "FundedHours": leaf("funded-hours"), "ExtendedHours": leaf("extended-hours"),
    "ExpandedHours": leaf("expanded-hours"), "HoursAtSetting": leaf("hours-at-setting"),
}  # fmt: skip
NEEDS: Final = {"SENprovision": leaf("sen-provision")}
BASIS: Final = Row("funding_basis", {"FundingBasis": leaf("funding-basis")})
ADDRESS: Final = {
    **{line: Leaf("address_line", "line", "address-line") for line in ADDRESS_LINES},
    "PostCode": leaf("postcode"), "UniquePropertyReferenceNumber": leaf("uprn"),
}  # fmt: skip
CHILD: Final = Group(
    {
        "ChildIdentifiers": Group(IDENTIFIERS),
        "ChildCharacteristics": Group({**CHARACTERISTICS, "FundingBases": Group({"FundingBasisItem": BASIS})}),
        "Attendance": Group(HOURS),
        "SpecialEducationalNeeds": Group(NEEDS),
        "HomeInformation": Group({"Address": Row("address", ADDRESS)}),
    }
)


def refuse_other_term(header: Header, where: str) -> None:
    """Early years returns are sent in spring only."""
    if header.term is not None and header.term != "SPR":
        message = "An early years return is for spring, and this one names another term"
        line = header.lines.get("term", header.line)
        raise refusal("term-wrong", message, where, "Set the term to SPR and export the return again.", line=line)
