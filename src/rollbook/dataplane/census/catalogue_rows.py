# ruff: noqa: E501  (a table: one item a line)
"""The table of items: what each is, in plain words. Data only; `catalogue` gives it meaning, `catalogue_changes` says in which returns it stands.

A head line "= table | path of one row | years kept" opens a table; its items follow. Columns of an item: id | path of its
element (inside a pupil; inside a row for tables with a path) | kind | risk | code list (table.field of `data/code_lists.txt`,
or a name of our own) | CBDS numbers, where a source gives them | name | what it is, for anybody | what it is, for who works with it.
The element is the one of the latest return that has it; earlier names stand in the changes.

An empty risk counts as 1A: nobody has classed the item, so it may never leave. Risks given in the national tables of 2018
stand as found; the others are the project's own and may be raised, never silently lowered.

Paths follow the module order of older exporters; those of free meal periods and of the blocks after 16 are unconfirmed.
Flags such as move-off-roll-flag are made by the collection system and appear in its flat tables only; they are listed so
that a flat file can be read and are not expected in XML.
"""

from typing import Final

ROWS: Final = """
= identity | | 10
upn | PupilIdentifiers/UPN | text | 2E |  | N00001 | Unique pupil number | The number that names this pupil in every school in England. | Thirteen characters: check letter, authority (3), school (4), year of allocation (2), serial (3). A temporary one ends in a letter. Checked by its check letter, not by pattern alone.
former-upn | PupilIdentifiers/FormerUPN | text | 2E |  | N00002 | Former unique pupil number | A number the pupil had before this one. | Given where a temporary number was replaced or a pupil was found to have two. Not given where a new number must not be linked to the old one (adoption, protection).
uln | PupilIdentifiers/UniqueLearnerNumber | text | 2E |  |  | Unique learner number | The number given for learning and exams after age 14. | Ten digits with a check digit by weights 10 to 1 modulo 11. Held for pupils from age 14.
surname | PupilIdentifiers/Surname | text | 1E |  |  | Surname | The pupil's legal family name. | As on the birth certificate or a legal change of name. Identity zone only; in no study table and no extract.
forename | PupilIdentifiers/Forename | text | 1E |  |  | First name | The pupil's legal first name. | As on the birth certificate or a legal change of name. Identity zone only; in no study table and no extract.
middle-names | PupilIdentifiers/MiddleNames | text | 1E |  |  | Middle names | Any names between the first name and the surname. | All middle names in one field. Identity zone only.
preferred-surname | PupilIdentifiers/PreferredSurname | text | 1E |  |  | Preferred surname | The family name the pupil uses at school. | The name the family has asked the school to use. On roll only. Identity zone only.
former-surname | PupilIdentifiers/FormerSurname | text | 1E |  |  | Former surname | A family name the pupil had before. | The most recent earlier legal surname. Identity zone only; used in matching.
= address | HomeInformation/Address | 3
address-line | * | text | 1E |  |  | Home address | House, street, town and county where the pupil lives. | One text made of the parts sent: either SAON, PAON, street, locality, town, administrative area and post town, or address lines 1 to 5. Pupils on roll only.
postcode | PostCode | text | 4E |  |  | Home postcode | The postcode of the pupil's home. | Full postcode. In autumn also for pupils no longer on roll. Identity zone only; a study never sees it.
uprn | UniquePropertyReferenceNumber | text | 2E |  |  | Property number | The national number of the building the pupil lives in. | Unique property reference number, 1 to 999999999999. Precise to one dwelling. Identity zone only.
= pupil | | 10
sex | PupilIdentifiers/Sex | code | 5D | pupilonroll.gender |  | Sex | Male or female, as the school recorded it. | M or F as recorded by the school. The element was called Gender up to summer 2023 (autumn 2022 in the autumn chain); the codes did not change.
date-of-birth | PupilIdentifiers/DOB | date | 4E |  | 100007 | Date of birth | The day the pupil was born. | ISO day. Its year from 1 September decides the block of the person key; most rules use the age it gives at the previous 31 August.
ethnicity | PupilCharacteristics/Ethnicity | code | 5D | pupilonroll.ethnicity |  | Ethnic background | The ethnic background the family gave. The family may refuse to say. | Extended codes, 103 to spring 2024 and 108 from spring 2025; roll up by the table of main codes, never by the letters of a code. REFU and NOBT are values. Spring only, both rolls.
language | PupilCharacteristics/Language | code | 5D | pupilonroll.language |  | First language | The language the pupil heard most as a small child. The family may refuse to say. | First language, 319 codes. English as an additional language is any code but ENG, ENB, REF, NOT and ZZZ. REF and NOT are values.
proficiency-in-english | PupilCharacteristics/ProficiencyInEnglish | code | 5D | pupilonroll.proficiencyinenglish | | Proficiency in English | How well a pupil with another first language knew English. | A new to English to E fluent, N not yet assessed. Autumn 2016 and spring 2017 only; one source still lists it in spring 2018, which is taken for its fault.
yssa | PupilCharacteristics/YSSA | code | 5E | pupilonroll.yssa | 100036 | Youth support agreement | Whether the school may pass details to youth support services. | Whether details may be passed to youth support services: Yes, No, UNS (unsought) or SNR (sought, no reply). On roll.
service-child | PupilCharacteristics/ServiceChild | code | 5C | pupilonroll.servicechild | 100330 | Service child | Whether a parent serves in the armed forces. The family may refuse to say. | Y, N, U (unknown) or R (refused) for a parent in regular forces or killed in service. Decides the service premium. On roll.
funded-hours | PupilCharacteristics/FundedHours | hours | 5E |  |  | Funded hours | Hours a week of free early education. | Hours a week of the universal early years entitlement, 0 to 15, two decimals. Children of nursery age on roll.
extended-hours | PupilCharacteristics/ExtendedHours | hours | 5E |  |  | Extended hours | Extra free hours a week for working families. | Hours a week of the extended entitlement for working families of three and four year olds, on top of the universal hours.
expanded-hours | PupilCharacteristics/ExpandedHours | hours | 5E |  |  | Expanded hours | Free hours a week for younger children of working families. | Hours a week of the expanded entitlement for working families of children under three. In the school census in summer only, from summer 2024.
eligibility-code | PupilCharacteristics/EligibilityCode | text | 2E |  |  | Childcare code | The number that shows a family may have extra free hours. | Eleven-digit code of the government's childcare service for the extended or expanded entitlement. Called ThirtyHourCode to autumn 2023 and to spring and summer 2024.
hours-at-setting | PupilCharacteristics/HoursAtSetting | hours | 5E |  | 100291 | Hours at the school | All hours a week the child spends at the school or nursery. | All hours a week that the child spends at the school or setting, funded or not, two decimals.
eypp-receipt | PupilCharacteristics/EYPPR | code | 5C | pupilonroll.eyppr | 100559 | Early years premium | Whether the nursery gets extra money for this child. | Whether early years pupil premium is paid for the child. Called EYPPE before spring 2019. In summer from 2024 and in autumn from 2024.
eypp-basis | PupilCharacteristics/EYPPBF | code | 5C | pupilonroll.eyppbf | 100560, D00248 | Reason for early years premium | Why the nursery gets that extra money. | Why the premium is paid: RE income, RO other, RB both, RU unknown (from spring 2019; EE, EO, EB and EU before).
daf-indicator | PupilCharacteristics/DAFindicator | flag | 5D | pupilonroll.dafindicator |  | Disability access fund | Whether the nursery gets money because the child is disabled. | 1 where disability access funding is paid for the child, else 0.
top-up-funding | PupilCharacteristics/TopUpFunding | flag | 5D | pupilonroll.topupfunding |  | Top-up funding | Whether the school gets extra money for this pupil's special needs. | 1 where the authority pays high needs top-up funding for the pupil on census day, else 0.
plaa | PupilCharacteristics/PLAA | code | 5B | pupilonroll.plaa |  | Left care | Whether the pupil was in care before and now has a permanent home. | Post looked after arrangement. N means not declared, not that there is none. O (left care outside England and Wales) from autumn 2022. Called AdoptedFromCare before autumn 2016.
young-carer | PupilCharacteristics/YoungCarer | code | 5B | pupilonroll.youngcarer |  | Young carer | Whether the pupil looks after someone at home. | P identified by parent or guardian, S by the school, N not declared (the default, so N is no proof of not caring). Spring only, from 2023.
school-lunch-taken | PupilCharacteristics/SchoolLunchTaken | flag | 5E | pupilonroll.schoollunchtaken |  | School lunch taken | Whether the pupil ate a school lunch on census day. | 1 where the pupil took a school lunch on census day, else 0. A fact of one day only.
unit-contact-time | PupilCharacteristics/UnitContactTime | hours |  |  |  | Hours in a unit | Hours a week the pupil spends in a special unit. | Hours a week in the unit, for pupils of a specialist unit. Spring only.
duplicate-not-funded | PupilStatus/DuplicateNotFunded | flag |  |  |  | Second record not funded | Whether this is a second record that brings the school no money. | Marks the record of a pupil on two rolls for which this school is not funded. Spring and autumn.
missing-address | HomeInformation/MissingAddress | flag |  |  |  | Address missing | Whether the school has no address for the pupil. | 1 where the school sent no address. In autumn also for leavers. Made by the collection system.
enrol-status | PupilStatus/EnrolStatus | code | 5E | pupilonroll.enrolstatus |  | Kind of place | Whether this is the pupil's only school, the main one or a second one. | C only school, M main and S second of a dual registration, F further education college, O other provider. Count C and M to count each pupil once.
class-type | PupilStatus/ClassType | code | 5E | pupilonroll.classtype |  | Kind of class | Nursery class or other class. | N nursery class, O any other class.
entry-date | PupilStatus/EntryDate | date | 4E |  |  | Date joined | The day the pupil joined this school. | First day on this roll; for a pupil who came back, the latest first day.
leaving-date | PupilStatus/LeavingDate | date | 4E |  |  | Date left | The day the pupil left this school. | Last day on this roll. Leavers only.
part-time | PupilStatus/PartTime | flag | 5E | pupilonroll.parttime |  | Part-time | Whether the pupil goes to school part of the week only. | 1 part-time, 0 full-time.
boarder | PupilStatus/Boarder | code | 5E | pupilonroll.boarder | 100067 | Boarder | Whether the pupil sleeps at the school. | B boarder, 6 six nights or fewer, 7 seven nights, N not a boarder.
nc-year | PupilStatus/NCyearActual | code | 5E | pupilonroll.ncyearactual |  | Year group | The school year the pupil is taught in. | National curriculum year the pupil is taught in, not that of their age: E1, E2, N1, N2, R, 1 to 14, X where not followed.
nc-year-leaving | PupilStatus/NCyearLeaving | code | 5E | pupilnolongeronroll.ncyearleaving |  | Year group when leaving | The school year the pupil was in when leaving. | As the year group, on the day of leaving. Autumn only, leavers only.
move-off-roll-flag | PupilStatus/MoveOffRollFlag | flag |  |  |  | Moved to leavers | A mark the collection system makes when it moves a record to the leavers. | Made by the collection system; in its flat tables only, never in a school's XML.
move-on-roll-flag | PupilStatus/MoveOnRollFlag | flag |  |  |  | Moved to the roll | A mark the collection system makes when it moves a record to the roll. | Made by the collection system; in its flat tables only, never in a school's XML.
sen-provision | SpecialEducationalNeeds/SENprovision | code | 5D | pupilonroll.senprovision | 100472 | Special needs support | Whether the pupil gets help for special educational needs, and at which level. | N none, K support, E education, health and care plan. A, P and S are levels of before 2015, still on the list for past changes. On roll.
sen-unit | SpecialEducationalNeeds/SENunitIndicator | flag | 5D | pupilonroll.senunitindicator |  | In a special unit | Whether the pupil is in a special unit of the school. | 1 where the pupil is a member of a special unit of the school, else 0.
resourced-provision | SpecialEducationalNeeds/ResourcedProvisionIndicator | flag | 5D | pupilonroll.resourcedprovisionindicator |  | In resourced provision | Whether the pupil has a place paid for special help in an ordinary class. | 1 where the pupil has a place in resourced provision, else 0.
sessions-possible | Attendance/TermlyAttendance/SessionsPossible | count | 5E |  | 100228 | Half days possible | How many half days the pupil could have come to school in the last term. | Half days possible in the period that the return looks back at (one term before census day). Base of every absence rate.
sessions-authorised | Attendance/TermlyAttendance/SessionsAuthorised | count | 5E | | 100230 | Half days away, agreed | How many half days the pupil was away with the school's agreement. | Total of authorised absences. No longer sent from spring 2025 (autumn 2025): add up the attendance codes instead.
sessions-unauthorised | Attendance/TermlyAttendance/SessionsUnauthorised | count | 5E | | 100231 | Half days away, not agreed | How many half days the pupil was away without the school's agreement. | Total of unauthorised absences. No longer sent from spring 2025 (autumn 2025): add up the attendance codes instead.
sessions-educational | Attendance/TermlyAttendance/SessionsEducational | count | 5E | | | Half days learning elsewhere | How many half days the pupil learned somewhere else. | Total of approved educational activity. Spring and summer 2021 to 2024.
sessions-exceptional | Attendance/TermlyAttendance/SessionsExceptional | count | 5E | | | Half days lost for special reasons | How many half days the pupil could not come for special reasons. | Total under exceptional circumstances. Spring and summer 2021 to 2024.
sessions-coronavirus | Attendance/TermlyAttendance/SessionsCoronavirus | count | 5C | | | Half days lost to coronavirus | How many half days the pupil could not come because of coronavirus. | Spring and summer 2021 and 2022 only.
second-half-sessions-possible | Attendance/SummerHalfTerm2Attendance/SessionsPossible | count | 5E |  |  | Half days possible, late summer | The same for the second half of the summer term. | As possible half days, for the second half of the summer term before. Autumn only.
second-half-sessions-authorised | Attendance/SummerHalfTerm2Attendance/SessionsAuthorised | count | 5E | | | Half days away, agreed, late summer | The same for the second half of the summer term. | As half days away with agreement, second half of the summer term before. Autumn, to 2024.
second-half-sessions-unauthorised | Attendance/SummerHalfTerm2Attendance/SessionsUnauthorised | count | 5E | | | Half days away, not agreed, late summer | The same for the second half of the summer term. | As half days away without agreement, second half of the summer term before. Autumn, to 2024.
annual-sessions-possible | Attendance/AnnualAttendance/SessionsPossible | count | 5E | | | Half days possible, whole year | How many half days a pupil of a special school could have come in the year. | Autumn 2015 and 2016 only.
annual-sessions-authorised | Attendance/AnnualAttendance/SessionsAuthorised | count | 5E | | | Half days away in the year, agreed | How many half days the pupil was away in the year with agreement. | Autumn 2015 and 2016 only.
annual-sessions-unauthorised | Attendance/AnnualAttendance/SessionsUnauthorised | count | 5E | | | Half days away in the year, not agreed | How many half days the pupil was away in the year without agreement. | Autumn 2015 and 2016 only.
qual-hrs | PostSixteen/QualHrs | hours |  |  |  | Planned taught hours | Hours planned for lessons that lead to a certificate. | Planned hours of the year that count towards a qualification. Autumn, students after year 11.
non-qual-hrs | PostSixteen/NonQualHrs | hours |  |  |  | Planned other hours | Hours planned for other activities. | Planned hours of the year for tutorials, enrichment and work experience. Autumn, students after year 11.
qual-hrs-previous-year | PostSixteen/QualHrsPreviousYear | hours |  |  |  | Taught hours last year | Hours of such lessons in the year before. | Planned qualification hours of the year before, as finally delivered. Autumn from 2019.
non-qual-hrs-previous-year | PostSixteen/NonQualHrsPreviousYear | hours |  |  |  | Other hours last year | Hours of other activities in the year before. | Planned other hours of the year before, as finally delivered. Autumn from 2019.
t-level-qual-hrs | PostSixteen/TLevelQualHrs | hours |  |  |  | T level taught hours | Hours planned for a T level course. | Planned qualification hours of a T level programme. Autumn from 2020.
t-level-non-qual-hrs | PostSixteen/TLevelNonQualHrs | hours |  |  |  | T level other hours | Other hours planned beside a T level course. | Planned other hours of a T level programme. Autumn from 2020.
full-time-employment | PostSixteen/FTEmp | flag |  | pupilonroll.ftemp |  | In full-time work | Whether the pupil also has a full-time job. | 1 where a student after 16 is in full-time employment, else 0. Autumn, on roll.
maths-prior-attainment | PostSixteen/MathsGCSEHighestPriorAttainment | code |  | pupilonroll.mathsgcsehighestpriorattainment |  | Best maths grade | The best grade in GCSE maths so far. | Highest GCSE maths grade held: A* to G, U, 9 to 1, or NR.
maths-prior-attainment-previous-year | PostSixteen/MathsGCSEHighestPriorAttainmentPreviousYear | code |  | pupilonroll.mathsgcsehighestpriorattainmentpreviousyear |  | Best maths grade last year | The best grade in GCSE maths a year ago. | The same as known a year ago. From autumn 2019.
maths-prior-attainment-year-11 | PostSixteen/MathsGCSEPriorAttainmentYear11 | code |  | pupilonroll.mathsgcsepriorattainmentyeargroup |  | When maths was passed | Whether GCSE maths was passed by the end of year 11. | 1 grade 4 (C) or better by the end of year 11, 2 since then, 3 not yet. Called ...YearGroup to autumn 2020.
maths-funding-exemption | PostSixteen/MathsGCSEFundingExemption | code |  | pupilonroll.mathsgcsefundingexemption |  | Excused from maths | Why the pupil need not study maths. | Why the condition of funding in maths does not apply: L, O, U, F or N (none).
english-prior-attainment | PostSixteen/EnglishGCSEHighestPriorAttainment | code |  | pupilonroll.englishgcsehighestpriorattainment |  | Best English grade | The best grade in GCSE English so far. | Highest GCSE English grade held: A* to G, U, 9 to 1, or NR.
english-prior-attainment-previous-year | PostSixteen/EnglishGCSEHighestPriorAttainmentPreviousYear | code |  | pupilonroll.englishgcsehighestpriorattainmentpreviousyear |  | Best English grade last year | The best grade in GCSE English a year ago. | The same as known a year ago. From autumn 2019.
english-prior-attainment-year-11 | PostSixteen/EnglishGCSEPriorAttainmentYear11 | code |  | pupilonroll.englishgcsepriorattainmentyeargroup |  | When English was passed | Whether GCSE English was passed by the end of year 11. | 1 grade 4 (C) or better by the end of year 11, 2 since then, 3 not yet. Called ...YearGroup to autumn 2020.
english-funding-exemption | PostSixteen/EnglishGCSEFundingExemption | code |  | pupilonroll.englishgcsefundingexemption |  | Excused from English | Why the pupil need not study English. | Why the condition of funding in English does not apply: L, O, U, F or N (none).
= fsm_period | PupilCharacteristics/FSMperiods/FSMperiod | 10
fsm-start-date | FSMstartDate | date | 5C |  |  | Free meals from | The day free school meals began. | First day of a period of eligibility. Periods overlapping the time since the previous census day are sent; "ever 6" needs six years of them.
fsm-end-date | FSMendDate | date | 5C |  |  | Free meals until | The day free school meals ended, if they did. | Last day of the period; empty while it goes on.
uk-country | UKcountry | code | 5C | fsmperiod.ukcountry |  | Country of free meals | The part of the United Kingdom that gave the free meals. | Country under whose rules the period counts: ENG, NIR, SCT or WLS.
= sen_need | SpecialEducationalNeeds/SENneeds/SENneed | 10
sen-type-rank | SENtypeRank | count | 5D |  |  | Order of need | 1 for the main special need, 2 for the next. | 1 primary, 2 secondary need. Spring only.
sen-type | SENtype | code | 5D | own.sen-type |  | Kind of special need | The kind of special educational need. | Type of need of pupils with K or E. Twelve published codes; NSA and DS are domain knowledge, not confirmed. Spring only.
= exclusion | Exclusions/TermlyExclusion | 5
exclusion-category | Category | code | 5D | termlyexclusionsonroll.category |  | Kind of exclusion | Suspension, lunchtime or permanent exclusion. | PERM permanent, SUSP suspension (FIXD to summer 2020), LNCH lunchtime. The period lies two terms before census day.
exclusion-reason-1 | Reason1 | code | 5D | termlyexclusionsonroll.reason1 |  | Reason for exclusion | The first reason the school gave. | First reason, 16 codes since autumn 2020. Called Reason before the return that allowed three.
exclusion-reason-2 | Reason2 | code | 5D | termlyexclusionsonroll.reason2 |  | Second reason for exclusion | A second reason, if the school gave one. | Second reason, same codes as the first. From 2021.
exclusion-reason-3 | Reason3 | code | 5D | termlyexclusionsonroll.reason3 |  | Third reason for exclusion | A third reason, if the school gave one. | Third reason, same codes as the first. From 2021.
exclusion-start-date | StartDate | date | 5D |  |  | Exclusion began | The day the exclusion began. | First day of the suspension or exclusion.
exclusion-sessions | Sessions | count | 5D |  |  | Length of exclusion | How many half days the exclusion lasted. | Length in half days; of a permanent exclusion none.
exclusion-sen-provision | SENprovision | code | 5D | termlyexclusionsonroll.senprovision |  | Special needs when excluded | The special needs support the pupil had at that time. | Level of support on the first day: N, K or E, and the older A, P and S.
exclusion-in-care | InCare | flag | 5E | | | In care when excluded | Whether the pupil was in care when excluded. | To summer 2016 (autumn 2015).
exclusion-review-date | ReviewDate | date | | | | Exclusion reviewed | The day a panel looked at the exclusion again. | Spring and summer 2020 only.
exclusion-review-result | ReviewResult | code | | | | Result of the review | What the panel decided. | Codes A to K. Spring and summer 2020 only.
exclusion-reinstatement-date | ReinstatementDate | date | | | | Taken back | The day the pupil was taken back after an exclusion. | Spring and summer 2020 only.
exclusion-sen-expert | SENexpert | flag | | | | Expert at the review | Whether an expert in special needs was asked for at the review. | Spring and summer 2020 only.
= session | Attendance/TermlyAttendance/SessionDetails/SessionDetail | 5
attendance-reason | AttendanceReason | code | 5C | termlysessiondetailsonroll.attendancereason | 100481 | Attendance code | Why the pupil was away, or how they were present. | Register code. 25 codes to summer 2024, 36 from autumn 2024; H and J stay on the list for back-dated terms. D, X, Z, Q, # and Y1 to Y7 do not count as possible.
attendance-sessions | Sessions | count | 5C |  | 100233 | Half days under this code | How many half days had this code. | Half days under the code in the period. Called AbsenceSessions to summer 2020 (autumn 2019 in the autumn chain), when only absences were sent.
= second_half_session | Attendance/SummerHalfTerm2Attendance/SessionDetails/SessionDetail | 5
second-half-reason | AttendanceReason | code | 5C | summerhalfterm2sessiondetailsonroll.attendancereason |  | Attendance code, late summer | The same for the second half of the summer term. | Register code, second half of the summer term before. Same lists as the attendance code. Autumn only.
second-half-sessions | Sessions | count | 5C |  |  | Half days, late summer | How many half days had this code. | Half days under the code in the second half of the summer term before. Autumn only.
= annual_session | Attendance/AnnualAttendance/SessionDetails/SessionDetail | 5
annual-reason | AttendanceReason | code | 5C | | | Attendance code, whole year | Why a pupil of a special school was away in the year. | Absence codes of before 2020. Autumn 2015 and 2016 only.
annual-sessions | AbsenceSessions | count | 5C | | | Half days in the year | How many half days of the year had this code. | Autumn 2015 and 2016 only.
= funding_basis | PupilCharacteristics/FundingBases/FundingBasisItem | 10
funding-basis | FundingBasis | code | 5C | fundingbasisitems.fundingbasis | 100576 | Reason for funded place | Why a two-year-old has a free place. | Why a two year old has a funded place: ECO economic, HSD high-level special need or disability, LAA looked after or adopted. Several rows a child.
= learner_support | PostSixteen/LearnerSupport/LearnerSupportItem | 5
support-code | SupportCode | code |  | learnersupportonroll.supportcode |  | Money help in sixth form | The kind of money help given to the student. | Code of discretionary support funding. The sources give the nine codes and no meanings. Spring and summer.
= learner_fam | PupilCharacteristics/LearnerFAMs/LearnerFAM | 5
learner-fam-type | LearnerFAMType | code |  | learnerfamonroll.learnerfamtype |  | Funding mark, kind | The kind of extra funding for this student. | Funding and monitoring type: NLM; EMH and MMH from autumn 2025 (spring and summer 2026).
learner-fam-code | LearnerFAMCode | code |  | learnerfamonroll.learnerfamcode |  | Funding mark | The amount or sort of that funding. | Code inside the type: 01, 21, 22 to 2024; 01 and 22 from autumn 2024; 01 to 05 and 22 from autumn 2025.
learner-fam-hours | LearnerFAMHours | hours | | | | Funding mark, hours | Hours that belong to that funding. | Spring and summer 2022 to 2024. The flat table has it; its XML name is not confirmed.
= learning_aim | PostSixteen/LearningAims/LearningAim | 10
aim-qn | QN | text |  |  |  | Course | The number of the course or qualification. | Qualification number of a learning aim. Called QAN in 2015.
aim-scc | SCC | text |  |  |  | Subject of the course | The subject the course belongs to. | Subject classification code. Called DiscCode in 2015.
aim-start-date | LearningStartDate | date |  |  |  | Course began | The day the course began. | First day of learning for the aim.
aim-planned-end-date | LearningPlannedEndDate | date |  |  |  | Course planned until | The day the course should end. | Planned last day.
aim-actual-end-date | LearningActualEndDate | date |  |  |  | Course ended | The day the course ended. | Actual last day; empty while it goes on.
aim-core | CoreAim | flag |  | learningaimsonroll.coreaim |  | Main course | Whether this is the student's main course. | 1 for the core aim of the study programme, else 0.
aim-partner-ukprn | PartnerUKPRN | text |  |  |  | Partner of the course | The college or firm that teaches the course. | UK provider reference number of a partner who teaches the aim.
aim-status | LearningAimStatus | code |  | learningaimsonroll.learningaimstatus |  | State of the course | Whether the course goes on, is finished or was given up. | 1 to 4: the code list gives no meanings in the sources at hand.
aim-withdrawal-reason | LearningAimWithdrawalReason | code |  | learningaimsonroll.learningaimwithdrawalreason |  | Reason for leaving the course | Why the student left the course. | Reason code of a withdrawal: 1 to 4, 44, 45, 97, 98.
aim-prog-type | ProgType | code |  | learningaimsonroll.progtype |  | Kind of programme | The kind of programme the course is part of. | Programme type 30, 31 or 01. Of leavers from autumn 2021, of pupils on roll from autumn 2020.
aim-traineeship | Traineeship | flag | | | | Traineeship | Whether the course was part of a traineeship. | Autumn 2016 to 2024.
= programme_aim | PostSixteen/ProgrammeAims/ProgrammeAim | 10
programme-qn | QN | text |  |  |  | Programme | The number of the whole programme. | Qualification number of the programme aim (T level or transition).
programme-type | ProgType | code |  | programmeaimsonroll.progtype |  | Kind of programme | The kind of the whole programme. | Programme type 30, 31 or 01.
programme-start-date | ProgrammeStartDate | date |  |  |  | Programme began | The day the programme began. | First day of the programme. Called LearningStartDate in autumn 2020.
programme-planned-end-date | ProgrammePlannedEndDate | date |  |  |  | Programme planned until | The day the programme should end. | Planned last day of the programme. Called LearningPlannedEndDate in autumn 2020.
programme-actual-end-date | ProgrammeActualEndDate | date |  |  |  | Programme ended | The day the programme ended. | Actual last day of the programme. Called LearningActualEndDate in autumn 2020.
programme-status | ProgrammeAimStatus | code |  | programmeaimsoffroll.programmeaimstatus |  | State of the programme | Whether the programme goes on, is finished or was given up. | 1 to 4, as of learning aims. Called LearningAimStatus in autumn 2020.
programme-withdrawal-reason | ProgrammeAimWithdrawalReason | code |  | programmeaimsoffroll.programmeaimwithdrawalreason |  | Reason for leaving the programme | Why the student left the programme. | As of learning aims. Called LearningAimWithdrawalReason in autumn 2020.
programme-traineeship | Traineeship | flag | | | | Programme is a traineeship | Whether the programme was a traineeship. | Autumn 2020 to 2024.
= work_placement | PostSixteen/WorkPlacements/WorkPlacement | 5
placement-start-date | WPStartDate | date |  |  |  | Work placement began | The day the work placement began. | First day of an industry or work placement.
placement-end-date | WPEndDate | date |  |  |  | Work placement ended | The day the work placement ended. | Last day of the placement.
placement-hours | WPHours | hours |  |  |  | Work placement hours | Hours of the work placement. | Hours of the placement.
placement-mode | WPMode | code |  | workplaceentityonroll.wpmode |  | Kind of work placement | Whether the placement is inside the school or outside. | 1 internal, 2 external.
placement-employer-id | WPEmployerId | text | | | | Work placement, employer | The number of the employer. | Autumn 2020 to 2023.
= ap_entry | AlternativeProvision/APProvisionDetail | 5
ap-previous-urn | PrevURN | text |  |  |  | School before | The school the pupil came from. | URN of the school before. Pupils of alternative provision.
ap-reason | APReason | code |  | approvisiondetailonroll.apreason |  | Reason for other provision | Why the pupil is taught outside an ordinary school. | Why the pupil came: ASP, EHC, MHN, NEW, OTH, PEX, PHN or RHE.
ap-sen-entry | SENprovisionEntry | code |  | approvisiondetailonroll.senprovisionentry |  | Special needs on arrival | Special needs support when the pupil came. | Level of support on entry: N, K or E, and the older A, P and S.
= school_ap | AlternativeProvision/SchoolArrangedAP | 5
school-ap-urn | URN | text |  |  |  | Other place, school number | The number of the place that teaches the pupil. | URN of the place, where it has one.
school-ap-ukprn | UKPRN | text |  |  |  | Other place, provider number | The provider number of that place. | UK provider reference number of the place, where it has one.
school-ap-company | CompanyNumber | text |  |  |  | Other place, company | The company number of that place. | Company number, two letters or digits and six digits. From 2023.
school-ap-postcode | APPlacementPostcode | text |  |  |  | Other place, postcode | Where that place is. | Postcode of the place where it has no number. From 2023.
school-ap-entry-date | EntryDate | date |  |  |  | Other place from | The day it began. | First day at the place.
school-ap-leaving-date | LeavingDate | date |  |  |  | Other place until | The day it ended. | Last day at the place; empty while it goes on.
school-ap-sessions | APSessionsPerWeek | count |  |  |  | Half days a week there | How many half days a week the pupil is there. | Half days a week at the place.
school-ap-setting | APSettingType | code |  | schoolarrangedapdetailonroll.apsettingtype |  | Kind of place | The kind of place it is. | NFE, OOT, OTH or WBP.
school-ap-reason | PlacementReason | code |  | schoolarrangedapdetailonroll.placementreason |  | Reason for the place | Why the school sent the pupil there. | BHS, SUS, EXR, MHN, OTH or PHN. Health reasons are among them.
school-ap-pattern | APAttendancePattern | code |  | schoolarrangedapdetailonroll.apattendancepattern |  | Full or part-time there | Whether the pupil is there all week. | FT full-time, PT part-time.
school-ap-sen-entry | SENprovisionEntry | code |  | schoolarrangedapdetailonroll.senprovisionentry |  | Special needs at the start | Special needs support when it began. | Level of support on the first day there.
school-ap-sen-leaving | SENprovisionLeaving | code |  | schoolarrangedapdetailonroll.senprovisionleaving |  | Special needs at the end | Special needs support when it ended. | Level of support on the last day there.
= setting | EstablishmentCharacteristics | 10
setting-urn | URN | text | 4E | | | Setting, number | The number of the nursery or childminder. | Unique reference number of the private, voluntary or independent setting that a child of the early years census attends. One row a child.
setting-estab | Estab | text | 4E | | 200002 | Setting, number with the council | The number the council gave the nursery. | Establishment number inside the authority; empty where the setting has a URN only.
setting-name | EstablishmentName | text | 4E | | | Setting, name | The name of the nursery or childminder. | As the authority wrote it. A childminder's name may be a person's: never part of an output.
setting-postcode | PostCode | text | 4E | | | Setting, postcode | Where the nursery or childminder is. | Postcode of the setting, which for a childminder is a home.
= stage_assessment | StageAssessments/KeyStage/StageAssessment | 10
assessment-stage | Stage | text | | | | Assessment, key stage | Which stage of school the result is for. | Key stage that stands above a result in a common transfer file.
assessment-locale | Locale | text | | | | Assessment, country | Where the result comes from. | Locale of the result as sent.
assessment-year | Year | text | | | | Assessment, year | The year of the result. | Year of the assessment as sent.
assessment-subject | Subject | text | | | | Assessment, subject | What the pupil was assessed in. | Subject code of the common transfer file.
assessment-method | Method | text | | | | Assessment, method | Test, task or teacher's judgement. | Method code of the common transfer file.
assessment-component | Component | text | | | | Assessment, part | The part of the subject. | Component code of the common transfer file.
assessment-result-status | ResultStatus | text | | | | Assessment, standing | Whether the result is final. | Status code of the common transfer file.
assessment-result-qualifier | ResultQualifier | text | | | | Assessment, kind of result | Whether the result is a level, a mark or a grade. | Qualifier code of the common transfer file.
assessment-result | Result | text | | | | Assessment, result | The result. | The result as sent. Not judged: the code lists of the common transfer file are not held.
= class_enrolment | enrollments | 3
class-ref | classSourcedId | text | | | | Class | The class the pupil is in, by the number of the school's system. | Identifier of the class in a OneRoster set; means nothing outside it.
class-begin-date | beginDate | date | | | | In the class from | The day the pupil joined the class. | ISO day.
class-end-date | endDate | date | | | | In the class until | The day the pupil left the class. | ISO day; empty while it goes on.
= withdrawn | | 0
nationality | PupilNationality/Nationality | code | | | | Nationality | Asked from 2016 to 2018. No longer asked, never accepted and never kept. | In the flat tables of autumn 2016 to summer 2018. Rollbook takes it from no return of any year; what was held was destroyed in 2020.
country-of-birth | PupilCharacteristics/CountryOfBirth | code | | | | Country of birth | Asked from 2016 to 2018. No longer asked, never accepted and never kept. | In the returns of autumn 2016 to summer 2018. Rollbook takes it from no return of any year; what was held was destroyed in 2020.
"""
