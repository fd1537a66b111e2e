"""Writes everybody on a made-up roll as a OneRoster 1.1 set, in a zip."""

from rollbook.dataplane.census.generator.calendar import When
from rollbook.dataplane.census.generator.forms.content import Written, year_name
from rollbook.dataplane.census.generator.forms.tables import table, zipped
from rollbook.dataplane.census.generator.records import Pupil, Return, School

_SEX = {"F": "female", "M": "male"}
_ILLEGAL = {"CountryOfBirth": "countryOfBirthCode"}  # the form has no place for a nationality


def write(made: Return, when: When) -> Written:
    """One full set. Lines are those of the table of users."""
    school = made.school
    users, demographics, enrolments = [], [], []
    for no, pupil in enumerate(made.on_roll, start=1):
        users.append(_user(pupil, school, no))
        demographics.append(
            {"sourcedId": f"u{no}", "status": "", "birthDate": pupil.born, "sex": _SEX[pupil.sex]}
            | {_ILLEGAL[name]: value for name, value in pupil.illegal if name in _ILLEGAL}
        )
        enrolments.append(
            {"sourcedId": f"e{no}", "classSourcedId": f"c-{year_name(pupil.age)}", "schoolSourcedId": school.laestab,
             "userSourcedId": f"u{no}", "role": "student", "primary": "", "beginDate": pupil.entry, "endDate": ""}
        )  # fmt: skip
    members = {
        "manifest.csv": table(_manifest()), "orgs.csv": table([_org(school)]), "users.csv": table(users),
        "demographics.csv": table(demographics), "enrollments.csv": table(enrolments),
    }  # fmt: skip
    return Written(zipped(members), tuple(no + 1 for no in range(1, len(users) + 1)))


def _manifest() -> list[dict[str, object]]:
    said = {"manifest.version": "1.0", "oneroster.version": "1.1"}
    said |= {f"file.{name}": "bulk" for name in ("orgs", "users", "demographics", "enrollments")}
    return [{"propertyName": name, "value": value} for name, value in said.items()]


def _org(school: School) -> dict[str, object]:
    return {
        "sourcedId": school.laestab, "status": "", "name": school.name, "type": "school", "identifier": school.laestab,
        "parentSourcedId": "",
    }  # fmt: skip


def _user(pupil: Pupil, school: School, no: int) -> dict[str, object]:
    return {
        "sourcedId": f"u{no}", "status": "", "enabledUser": "true", "orgSourcedIds": school.laestab, "role": "student",
        "username": "", "userIds": f"{{UPN:{pupil.upn}}}", "givenName": pupil.forename, "familyName": pupil.surname,
        "middleName": pupil.middle_names, "identifier": f"{no}",
    }  # fmt: skip
