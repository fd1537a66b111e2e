"""Made-up files in every form Rollbook reads. All people, schools and settings are invented."""

import csv
import io
import zipfile
from collections.abc import Mapping, Sequence

from lxml import etree

from rollbook.dataplane.census.examples import edited

Rows = Sequence[Mapping[str, str]]

EARLY_XML = b"""<?xml version="1.0" encoding="UTF-8"?>
<Message>
  <Header>
    <CollectionDetails>
      <Collection>EYC</Collection><Term>SPR</Term><Year>2025</Year><ReferenceDate>2025-01-16</ReferenceDate>
    </CollectionDetails>
    <Source>
      <SourceLevel>L</SourceLevel><LEA>201</LEA><SoftwareCode>Invented</SoftwareCode><SerialNo>001</SerialNo>
      <DateTime>2025-01-16T10:36:42</DateTime>
    </Source>
  </Header>
  <Establishments>
    <Establishment>
      <EstablishmentCharacteristics>
        <URN>999998</URN><EstablishmentName>Invented Nursery</EstablishmentName><PostCode>ZZ99 9ZZ</PostCode>
        <ContactSurname>Zzsecretperson</ContactSurname>
      </EstablishmentCharacteristics>
      <Children>
        <Child>
          <ChildIdentifiers>
            <Surname>Sample</Surname><Forename>Ada</Forename><Sex>F</Sex><DOB>2022-05-02</DOB>
          </ChildIdentifiers>
          <ChildCharacteristics>
            <Ethnicity>WBRI</Ethnicity><CountryOfBirth>ZZSECRET</CountryOfBirth>
            <FundingBases><FundingBasisItem><FundingBasis>ECO</FundingBasis></FundingBasisItem></FundingBases>
          </ChildCharacteristics>
          <Attendance><FundedHours>15</FundedHours><HoursAtSetting>22.5</HoursAtSetting></Attendance>
          <SpecialEducationalNeeds><SENprovision>N</SENprovision></SpecialEducationalNeeds>
          <HomeInformation><Address><PAON>1</PAON><Street>Example Road</Street><Town>Exampleton</Town>
            <PostCode>ZZ99 9ZZ</PostCode></Address></HomeInformation>
        </Child>
      </Children>
    </Establishment>
  </Establishments>
</Message>
"""

EARLY_CSV = (
    b"H,EYC,SPR,2025,2025-01-16,L,201,Invented,,001,2025-01-16T10:36:42\n"
    b"E,999998,,Invented Nursery,ZZ99 9ZZ\n"
    b"C,,,Sample,Ada,,,F,2022-05-02,WBRI,,,,,15,,,22.5,N,ECO,1,Example Road,Exampleton,ZZ99 9ZZ\n"
)

CTF = b"""<?xml version="1.0" encoding="UTF-8"?>
<CTfile>
  <Header>
    <DocumentName>Common Transfer File</DocumentName><CTFversion>25.0</CTFversion>
    <DateTime>2025-02-01T09:00:00</DateTime><DocumentQualifier>partial</DocumentQualifier>
    <SupplierID>Invented</SupplierID>
    <SourceSchool><LEA>201</LEA><Estab>3999</Estab><SchoolName>Synthetic Primary</SchoolName>
      <AcademicYear>2025</AcademicYear></SourceSchool>
    <DestSchool><LEA>XXX</LEA><Estab>XXXX</Estab></DestSchool>
  </Header>
  <CTFpupilData>
    <Pupil>
      <UPN>C201399919001</UPN><Surname>Sample</Surname><Forename>Ada</Forename><DOB>2015-03-27</DOB><Sex>F</Sex>
      <BasicDetails><Ethnicity>WBRI</Ethnicity><NCyearActual>5</NCyearActual><MedicalFlag>ZZSECRET</MedicalFlag>
        <Nationality>ZZSECRET</Nationality></BasicDetails>
      <FSMhistory><FSMinstance><FSMstartDate>2024-09-05</FSMstartDate><UKcountry>ENG</UKcountry></FSMinstance>
      </FSMhistory>
      <SEN><SENprovision>K</SENprovision><SENneeds><SENneed><SENtypeRank>1</SENtypeRank><SENtype>SLCN</SENtype>
        </SENneed></SENneeds></SEN>
      <Address><PAON>1</PAON><Street>Example Road</Street><PostCode>ZZ99 9ZZ</PostCode></Address>
      <Contacts><Contact><Surname>Zzsecretperson</Surname></Contact></Contacts>
      <StageAssessments><KeyStage><Stage>KS1</Stage>
        <StageAssessment><Locale>ENG</Locale><Year>2022</Year><Subject>ENG</Subject><Method>TA</Method>
          <Component>REA</Component><ResultStatus>R</ResultStatus><Result>EXS</Result></StageAssessment>
        <StageAssessment><Subject>MAT</Subject><Result>WTS</Result></StageAssessment>
      </KeyStage></StageAssessments>
    </Pupil>
  </CTFpupilData>
</CTfile>
"""


def csv_bytes(rows: Rows) -> bytes:
    """Rows of equal keys as a CSV table with headings."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(dict.fromkeys(key for row in rows for key in row)), restval="")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def zipped(members: Mapping[str, bytes]) -> bytes:
    """Members as a zip, the same bytes each time."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name, (2025, 1, 16, 10, 0, 0)), content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def roster_members(version: str = "1.1") -> dict[str, bytes]:
    """A roster of one pupil and one teacher, with a password and a birth country that must not come in."""
    user = {
        "sourcedId": "u1", "status": "", "dateLastModified": "", "enabledUser": "true", "username": "ada",
        "userIds": "{UPN:C201399919001}", "givenName": "Ada", "familyName": "Sample", "middleName": "Jo",
        "identifier": "17", "email": "", "password": "ZZSECRET",
    }  # fmt: skip
    teacher = {**user, "sourcedId": "u2", "userIds": "", "givenName": "Zzsecretperson"}
    if version == "1.1":
        user, teacher = {**user, "role": "student"}, {**teacher, "role": "teacher"}
    members = {
        "manifest.csv": csv_bytes(
            [{"propertyName": "manifest.version", "value": "1.0"},
             {"propertyName": "oneroster.version", "value": version}, {"propertyName": "file.users", "value": "bulk"}]
        ),
        "orgs.csv": csv_bytes(
            [{"sourcedId": "o1", "name": "Synthetic Primary", "type": "school", "identifier": "2013999",
              "parentSourcedId": ""}]
        ),
        "users.csv": csv_bytes([user, teacher]),
        "demographics.csv": csv_bytes(
            [{"sourcedId": "u1", "birthDate": "2015-03-27", "sex": "female", "countryOfBirthCode": "ZZSECRET",
              "cityOfBirth": "ZZSECRET"}]
        ),
        "enrollments.csv": csv_bytes(
            [{"sourcedId": "e1", "classSourcedId": "c1", "schoolSourcedId": "o1", "userSourcedId": "u1",
              "role": "student", "primary": "", "beginDate": "2024-09-04", "endDate": ""}]
        ),
    }  # fmt: skip
    if version == "1.2":
        members["roles.csv"] = csv_bytes(
            [{"sourcedId": "r1", "userSourcedId": "u1", "roleType": "primary", "role": "student", "orgSourcedId": "o1"},
             {"sourcedId": "r2", "userSourcedId": "u2", "roleType": "primary", "role": "teacher", "orgSourcedId": "o1"}]
        )  # fmt: skip
    return members


_SCHOOL = {"SchoolType": "type", "HighestNCyear": "highestncyeargroup", "LowestNCyear": "lowestncyeargroup"}
_CHILDREN = {
    "fsmperiod": ".//FSMperiod", "senneeds": ".//SENneed", "termlyexclusions": ".//TermlyExclusion",
    "addresses": ".//Address", "termlysessiondetails": ".//TermlyAttendance//SessionDetail",
}  # fmt: skip
_ROLL = frozenset({"termlyexclusions", "termlysessiondetails"})


def flat_members(edits: tuple[str, ...] = ()) -> dict[str, bytes]:
    """The model return as the collection system would export it: the very same pupils, in flat tables."""
    root = etree.fromstring(edited(edits))
    tables: dict[str, list[dict[str, str]]] = {"schoolcensus": [_leaves(root.find("Header"))]}
    tables["school"] = [
        {_SCHOOL.get(str(one.tag), str(one.tag).lower()): one.text or "" for one in root.iterfind("School/*/*")}
    ]
    for table, path in (("pupilonroll", ".//PupilOnRoll"), ("pupilnolongeronroll", ".//PupilNoLongerOnRoll")):
        for number, pupil in enumerate(root.iterfind(path), start=1):
            key = {f"{table}tableid": str(number)}
            tables.setdefault(table, []).append({**_single(pupil), **key})
            for child, inside in _CHILDREN.items():
                rolled = child + ("onroll" if table == "pupilonroll" else "offroll") if child in _ROLL else child
                for row in pupil.iterfind(inside):
                    tables.setdefault(rolled, []).append({**_leaves(row), **key})
    return {f"{name}.csv": csv_bytes(_numbered(name, rows)) for name, rows in tables.items()}


def _numbered(table: str, rows: list[dict[str, str]]) -> list[dict[str, str]]:
    return [
        {"NativeId": "1", "sourceid": "1", f"{table}tableid": str(no), f"{table}orderseqcolumn": str(no), **row}
        for no, row in enumerate(rows, start=1)
    ]


def _leaves(block: etree._Element | None) -> dict[str, str]:
    assert block is not None
    return {str(one.tag).lower(): one.text or "" for one in block.iter() if len(one) == 0 and one.tag != "CBDSLevel"}


def _single(pupil: etree._Element) -> dict[str, str]:
    many = {one for path in _CHILDREN.values() for row in pupil.iterfind(path) for one in row}
    leaves = [one for one in pupil.iter() if len(one) == 0 and one not in many]
    return {
        "termlysessionspossible" if one.tag == "SessionsPossible" else str(one.tag).lower(): one.text or ""
        for one in leaves
    }


def every_form() -> dict[str, bytes]:
    """One good file of each form, by a short name."""
    return {
        "school-xml": edited(()), "early-xml": EARLY_XML, "early-csv": EARLY_CSV, "ctf": CTF,
        "flat": zipped(flat_members()), "oneroster-1.1": zipped(roster_members("1.1")),
        "oneroster-1.2": zipped(roster_members("1.2")),
    }  # fmt: skip


_CHILD_CELLS = (
    "UPN", "FormerUPN", "Surname", "Forename", "MiddleNames", "PreferredSurname", "Sex", "DOB", "Ethnicity", "EYPPR",
    "EYPPBF", "DAFindicator", "EligibilityCode", "FundedHours", "ExtendedHours", "ExpandedHours", "HoursAtSetting",
    "SENprovision", "FundingBasis", "PAON", "Street", "Town", "PostCode",
)  # fmt: skip


def early_csv_of(xml: bytes) -> bytes:
    """An early years return in XML as the CSV form has it: the same settings and children."""
    root = etree.fromstring(xml)
    text = {str(one.tag): one.text or "" for one in root.iterfind("Header/*/*")}
    head = ("Collection", "Term", "Year", "ReferenceDate", "SourceLevel", "LEA", "SoftwareCode", "Release")
    records = [["H", *(text[tag] for tag in head), text["SerialNo"], text["DateTime"]]]
    for setting in root.iterfind(".//Establishment"):
        facts = setting.find("EstablishmentCharacteristics")
        records.append(["E", *(_text(facts, tag) for tag in ("URN", "Estab", "EstablishmentName", "PostCode"))])
        records += [["C", *(_text(one, tag) for tag in _CHILD_CELLS)] for one in setting.iterfind(".//Child")]
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows(records)
    return buffer.getvalue().encode()


def _text(block: etree._Element | None, tag: str) -> str:
    return "" if block is None else block.findtext(f".//{tag}", "")
