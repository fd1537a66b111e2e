"""Reads a common transfer file: the pupils one school hands to the next.

Contacts, medical marks and all else the shape does not name are dropped at the edge.
"""

import hashlib
from typing import Final

from lxml import etree

from rollbook.dataplane.census.formats.collecting import Collecting
from rollbook.dataplane.census.formats.heads import header_of
from rollbook.dataplane.census.formats.leaves import leaf
from rollbook.dataplane.census.formats.refusing import refusal
from rollbook.dataplane.census.formats.trees import drop_others, row, texts_at, walk
from rollbook.dataplane.census.parsed import Form, Header, ParsedReturn, SchoolFacts
from rollbook.dataplane.census.profile import ADDRESS_LINES, Group, Leaf, Row
from rollbook.dataplane.census.untrusted import Limits, line_of, parse_untrusted

CODE: Final = "CTF"
_HEADER: Final = {
    "SourceSchool/LEA": "lea", "SourceSchool/Estab": "estab", "SourceSchool/URN": "urn",
    "SourceSchool/AcademicYear": "year", "SupplierID": "software_code", "CTFversion": "version",
    "DateTime": "date_time",
}  # fmt: skip
_HEADER_KNOWN: Final = {
    "DocumentName", "CTFversion", "DateTime", "DocumentQualifier", "DataDescriptor", "SupplierID", "SourceSchool",
    "DestSchool",
}  # fmt: skip
_ADDRESS: Final = {
    **{line: Leaf("address_line", "line", "address-line") for line in ADDRESS_LINES},
    "PostCode": leaf("postcode"), "UniquePropertyReferenceNumber": leaf("uprn"),
}  # fmt: skip
_FSM: Final = {
    "FSMstartDate": leaf("fsm-start-date"), "FSMendDate": leaf("fsm-end-date"), "UKcountry": leaf("uk-country"),
}  # fmt: skip
_NEED: Final = {"SENtypeRank": leaf("sen-type-rank"), "SENtype": leaf("sen-type")}
_ASSESSMENT: Final = {
    "Locale": leaf("assessment-locale"), "Year": leaf("assessment-year"), "Subject": leaf("assessment-subject"),
    "Method": leaf("assessment-method"), "Component": leaf("assessment-component"),
    "ResultStatus": leaf("assessment-result-status"), "ResultQualifier": leaf("assessment-result-qualifier"),
    "Result": leaf("assessment-result"),
}  # fmt: skip
_STAGE: Final = leaf("assessment-stage")
PUPIL: Final = Group(
    {
        "UPN": leaf("upn"), "UniqueLearnerNumber": leaf("uln"), "Surname": leaf("surname"),
        "Forename": leaf("forename"), "DOB": leaf("date-of-birth"), "Sex": leaf("sex"), "Gender": leaf("sex"),
        "FSMhistory": Group({"FSMinstance": Row("fsm_period", _FSM)}),
        "SEN": Group({"SENprovision": leaf("sen-provision"), "SENneeds": Group({"SENneed": Row("sen_need", _NEED)})}),
        "Address": Row("address", _ADDRESS),
        "BasicDetails": Group(
            {
                "FormerUPN": leaf("former-upn"), "MiddleNames": leaf("middle-names"),
                "PreferredSurname": leaf("preferred-surname"), "FormerSurname": leaf("former-surname"),
                "Ethnicity": leaf("ethnicity"), "NCyearActual": leaf("nc-year"), "EnrolStatus": leaf("enrol-status"),
                "FSMhistory": Group({"FSMinstance": Row("fsm_period", _FSM)}),
            }
        ),
    }
)  # fmt: skip
_ASSESSMENTS: Final = "StageAssessments"


def read_ctf(data: bytes, name: str, limits: Limits) -> ParsedReturn:
    """Read one file. Raises InputRefused."""
    root = parse_untrusted(data, name, limits)
    blocks = root.findall("Header")
    if root.tag != "CTfile" or len(blocks) != 1:
        line = line_of(blocks[1] if len(blocks) > 1 else root)
        raise refusal("header-not-one", "A transfer file is one CTfile with one Header", name, line=line)
    _refuse_two_schools(blocks[0], name)
    header = _header(blocks[0])
    into = Collecting(header.collection_code, name, limits)
    drop_others(root, {"Header", "CTFpupilData"}, "CTfile", into)
    drop_others(blocks[0], _HEADER_KNOWN, "Header", into)
    for block in root.findall("CTFpupilData"):
        drop_others(block, {"Pupil"}, "CTFpupilData", into)
        for pupil in block.findall("Pupil"):
            _pupil(pupil, into)
    return ParsedReturn(
        name=name, sha256=hashlib.sha256(data).hexdigest(), size=len(data), header=header,
        school=_school(blocks[0], into), tables=into.tables(), discards=into.discards(), faults=into.faults(),
        form=Form.CTF,
    )  # fmt: skip


def _refuse_two_schools(header: etree._Element, name: str) -> None:
    """Whose pupils these are must not be in doubt."""
    schools = header.findall("SourceSchool")
    if len(schools) > 1:
        mend = "Export the pupils of each school to a file of its own."
        raise refusal("school-not-one", "The file names more than one school", name, mend, line=line_of(schools[1]))


def _header(block: etree._Element) -> Header:
    texts = dict(texts_at(block, _HEADER))
    texts["collection"] = (CODE, line_of(block))
    return header_of(texts, line_of(block))


def _school(block: etree._Element, into: Collecting) -> SchoolFacts:
    found = block.find("SourceSchool/SchoolName")
    if found is None:
        return SchoolFacts(line=line_of(block))
    line = line_of(found)
    return SchoolFacts(name=into.short(found.text, line, "SchoolName"), line=line, lines={"name": line})


def _pupil(pupil: etree._Element, into: Collecting) -> None:
    no = into.begin_pupil(line_of(pupil))
    walk(pupil, PUPIL, no, "Pupil", into, beside=_ASSESSMENTS)
    for block in pupil.findall(_ASSESSMENTS):
        drop_others(block, {"KeyStage"}, f"Pupil/{_ASSESSMENTS}", into)
        for stage in block.findall("KeyStage"):
            _stage(stage, no, into)


def _stage(stage: etree._Element, no: int, into: Collecting) -> None:
    path = f"Pupil/{_ASSESSMENTS}/KeyStage"
    drop_others(stage, {"Stage", "StageAssessment"}, path, into)
    named = [(_STAGE, found.text, line_of(found)) for found in stage.findall("Stage")]
    for one in stage.findall("StageAssessment"):
        row(one, Row("stage_assessment", _ASSESSMENT), no, f"{path}/StageAssessment", into, named)
