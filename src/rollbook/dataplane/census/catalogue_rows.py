# ruff: noqa: E501  (a table: one item a line)
"""The table of census items: what the 2025 returns may carry, in plain words. Data only; `catalogue` gives it meaning.

Columns of a row: id | path of the element inside a pupil | kind | terms (A autumn, P spring, U summer) | roll (b both,
n on roll, l no longer on roll) | risk | code list (table.field of the published tables, or a name of our own) | name |
description. An empty risk counts as 1A: nobody has classed the item, so it may never leave. Risks given in the national
tables of 2018 stand as found; the others are the project's own and may be raised, never silently lowered.

Paths follow the module order of older exporters; those of free meal periods and of blocks marked "wrapper" in the notes
of a table below are unconfirmed. Flags such as move-off-roll-flag are made by the collection system and appear in its
flat tables only; they are listed so that a flat file can be read and are not expected in XML.
"""

from typing import Final

IDENTITY_ROWS: Final = """
upn | PupilIdentifiers/UPN | text | APU | b | 2E | | Unique pupil number | The number that names this pupil in every school in England.
former-upn | PupilIdentifiers/FormerUPN | text | APU | b | 2E | | Former unique pupil number | A number the pupil had before this one.
uln | PupilIdentifiers/UniqueLearnerNumber | text | APU | b | 2E | | Unique learner number | The number given for learning and exams after age 14.
surname | PupilIdentifiers/Surname | text | APU | b | 1E | | Surname | The pupil's legal family name.
forename | PupilIdentifiers/Forename | text | APU | b | 1E | | First name | The pupil's legal first name.
middle-names | PupilIdentifiers/MiddleNames | text | APU | b | 1E | | Middle names | Any names between the first name and the surname.
preferred-surname | PupilIdentifiers/PreferredSurname | text | APU | n | 1E | | Preferred surname | The family name the pupil uses at school.
former-surname | PupilIdentifiers/FormerSurname | text | APU | b | 1E | | Former surname | A family name the pupil had before.
"""

ADDRESS_ROWS: Final = """
address-line | HomeInformation/Address/* | text | APU | b | 1E | | Home address | House, street, town and county where the pupil lives.
postcode | HomeInformation/Address/PostCode | text | APU | b | 4E | | Home postcode | The postcode of the pupil's home.
uprn | HomeInformation/Address/UniquePropertyReferenceNumber | text | APU | b | 2E | | Property number | The national number of the building the pupil lives in.
"""

PUPIL_ROWS: Final = """
sex | PupilIdentifiers/Sex | code | APU | b | 5D | pupilonroll.gender | Sex | Male or female, as the school recorded it.
date-of-birth | PupilIdentifiers/DOB | date | APU | b | 4E | | Date of birth | The day the pupil was born.
ethnicity | PupilCharacteristics/Ethnicity | code | P | b | 5D | pupilonroll.ethnicity | Ethnic background | The ethnic background the family gave. The family may refuse to say.
language | PupilCharacteristics/Language | code | APU | b | 5D | pupilonroll.language | First language | The language the pupil heard most as a small child. The family may refuse to say.
yssa | PupilCharacteristics/YSSA | code | APU | n | 5E | pupilonroll.yssa | Youth support agreement | Whether the school may pass details to youth support services.
service-child | PupilCharacteristics/ServiceChild | code | APU | n | 5C | pupilonroll.servicechild | Service child | Whether a parent serves in the armed forces. The family may refuse to say.
funded-hours | PupilCharacteristics/FundedHours | hours | APU | n | 5E | | Funded hours | Hours a week of free early education.
extended-hours | PupilCharacteristics/ExtendedHours | hours | APU | n | 5E | | Extended hours | Extra free hours a week for working families.
expanded-hours | PupilCharacteristics/ExpandedHours | hours | U | n | 5E | | Expanded hours | Free hours a week for younger children of working families.
eligibility-code | PupilCharacteristics/EligibilityCode | text | APU | n | 2E | | Childcare code | The number that shows a family may have extra free hours.
hours-at-setting | PupilCharacteristics/HoursAtSetting | hours | APU | n | 5E | | Hours at the school | All hours a week the child spends at the school or nursery.
eypp-receipt | PupilCharacteristics/EYPPR | code | APU | n | 5C | pupilonroll.eyppr | Early years premium | Whether the nursery gets extra money for this child.
eypp-basis | PupilCharacteristics/EYPPBF | code | APU | n | 5C | pupilonroll.eyppbf | Reason for early years premium | Why the nursery gets that extra money.
daf-indicator | PupilCharacteristics/DAFindicator | flag | APU | n | 5D | pupilonroll.dafindicator | Disability access fund | Whether the nursery gets money because the child is disabled.
top-up-funding | PupilCharacteristics/TopUpFunding | flag | APU | n | 5D | pupilonroll.topupfunding | Top-up funding | Whether the school gets extra money for this pupil's special needs.
plaa | PupilCharacteristics/PLAA | code | APU | n | 5B | pupilonroll.plaa | Left care | Whether the pupil was in care before and now has a permanent home.
young-carer | PupilCharacteristics/YoungCarer | code | P | n | 5B | pupilonroll.youngcarer | Young carer | Whether the pupil looks after someone at home.
school-lunch-taken | PupilCharacteristics/SchoolLunchTaken | flag | APU | n | 5E | pupilonroll.schoollunchtaken | School lunch taken | Whether the pupil ate a school lunch on census day.
unit-contact-time | PupilCharacteristics/UnitContactTime | hours | P | n | | | Hours in a unit | Hours a week the pupil spends in a special unit.
duplicate-not-funded | PupilStatus/DuplicateNotFunded | flag | AP | n | | | Second record not funded | Whether this is a second record that brings the school no money.
missing-address | HomeInformation/MissingAddress | flag | APU | b | | | Address missing | Whether the school has no address for the pupil.
enrol-status | PupilStatus/EnrolStatus | code | APU | n | 5E | pupilonroll.enrolstatus | Kind of place | Whether this is the pupil's only school, the main one or a second one.
class-type | PupilStatus/ClassType | code | APU | n | 5E | pupilonroll.classtype | Kind of class | Nursery class or other class.
entry-date | PupilStatus/EntryDate | date | APU | b | 4E | | Date joined | The day the pupil joined this school.
leaving-date | PupilStatus/LeavingDate | date | APU | l | 4E | | Date left | The day the pupil left this school.
part-time | PupilStatus/PartTime | flag | APU | b | 5E | pupilonroll.parttime | Part-time | Whether the pupil goes to school part of the week only.
boarder | PupilStatus/Boarder | code | APU | b | 5E | pupilonroll.boarder | Boarder | Whether the pupil sleeps at the school.
nc-year | PupilStatus/NCyearActual | code | APU | n | 5E | pupilonroll.ncyearactual | Year group | The school year the pupil is taught in.
nc-year-leaving | PupilStatus/NCyearLeaving | code | A | l | 5E | pupilnolongeronroll.ncyearleaving | Year group when leaving | The school year the pupil was in when leaving.
move-off-roll-flag | PupilStatus/MoveOffRollFlag | flag | APU | n | | | Moved to leavers | A mark the collection system makes when it moves a record to the leavers.
move-on-roll-flag | PupilStatus/MoveOnRollFlag | flag | APU | l | | | Moved to the roll | A mark the collection system makes when it moves a record to the roll.
sen-provision | SpecialEducationalNeeds/SENprovision | code | APU | n | 5D | pupilonroll.senprovision | Special needs support | Whether the pupil gets help for special educational needs, and at which level.
sen-unit | SpecialEducationalNeeds/SENunitIndicator | flag | APU | n | 5D | pupilonroll.senunitindicator | In a special unit | Whether the pupil is in a special unit of the school.
resourced-provision | SpecialEducationalNeeds/ResourcedProvisionIndicator | flag | APU | n | 5D | pupilonroll.resourcedprovisionindicator | In resourced provision | Whether the pupil has a place paid for special help in an ordinary class.
sessions-possible | Attendance/TermlyAttendance/SessionsPossible | count | APU | b | 5E | | Half days possible | How many half days the pupil could have come to school in the last term.
second-half-sessions-possible | Attendance/SummerHalfTerm2Attendance/SessionsPossible | count | A | b | 5E | | Half days possible, late summer | The same for the second half of the summer term.
qual-hrs | PostSixteen/QualHrs | hours | A | b | | | Planned taught hours | Hours planned for lessons that lead to a certificate.
non-qual-hrs | PostSixteen/NonQualHrs | hours | A | b | | | Planned other hours | Hours planned for other activities.
qual-hrs-previous-year | PostSixteen/QualHrsPreviousYear | hours | A | b | | | Taught hours last year | Hours of such lessons in the year before.
non-qual-hrs-previous-year | PostSixteen/NonQualHrsPreviousYear | hours | A | b | | | Other hours last year | Hours of other activities in the year before.
t-level-qual-hrs | PostSixteen/TLevelQualHrs | hours | A | b | | | T level taught hours | Hours planned for a T level course.
t-level-non-qual-hrs | PostSixteen/TLevelNonQualHrs | hours | A | b | | | T level other hours | Other hours planned beside a T level course.
full-time-employment | PostSixteen/FTEmp | flag | A | n | | pupilonroll.ftemp | In full-time work | Whether the pupil also has a full-time job.
maths-prior-attainment | PostSixteen/MathsGCSEHighestPriorAttainment | code | A | b | | pupilonroll.mathsgcsehighestpriorattainment | Best maths grade | The best grade in GCSE maths so far.
maths-prior-attainment-previous-year | PostSixteen/MathsGCSEHighestPriorAttainmentPreviousYear | code | A | b | | pupilonroll.mathsgcsehighestpriorattainmentpreviousyear | Best maths grade last year | The best grade in GCSE maths a year ago.
maths-prior-attainment-year-11 | PostSixteen/MathsGCSEPriorAttainmentYear11 | code | A | b | | pupilonroll.mathsgcsepriorattainmentyeargroup | When maths was passed | Whether GCSE maths was passed by the end of year 11.
maths-funding-exemption | PostSixteen/MathsGCSEFundingExemption | code | A | b | | pupilonroll.mathsgcsefundingexemption | Excused from maths | Why the pupil need not study maths.
english-prior-attainment | PostSixteen/EnglishGCSEHighestPriorAttainment | code | A | b | | pupilonroll.englishgcsehighestpriorattainment | Best English grade | The best grade in GCSE English so far.
english-prior-attainment-previous-year | PostSixteen/EnglishGCSEHighestPriorAttainmentPreviousYear | code | A | b | | pupilonroll.englishgcsehighestpriorattainmentpreviousyear | Best English grade last year | The best grade in GCSE English a year ago.
english-prior-attainment-year-11 | PostSixteen/EnglishGCSEPriorAttainmentYear11 | code | A | b | | pupilonroll.englishgcsepriorattainmentyeargroup | When English was passed | Whether GCSE English was passed by the end of year 11.
english-funding-exemption | PostSixteen/EnglishGCSEFundingExemption | code | A | b | | pupilonroll.englishgcsefundingexemption | Excused from English | Why the pupil need not study English.
"""

# Child tables: a head line "= table | wrapper path of one row | years kept", then its items, paths inside the row.
CHILD_ROWS: Final = """
= fsm_period | PupilCharacteristics/FSMperiods/FSMperiod | 10
fsm-start-date | FSMstartDate | date | APU | n | 5C | | Free meals from | The day free school meals began.
fsm-end-date | FSMendDate | date | APU | n | 5C | | Free meals until | The day free school meals ended, if they did.
uk-country | UKcountry | code | APU | n | 5C | fsmperiod.ukcountry | Country of free meals | The part of the United Kingdom that gave the free meals.
= sen_need | SpecialEducationalNeeds/SENneeds/SENneed | 10
sen-type-rank | SENtypeRank | count | P | n | 5D | | Order of need | 1 for the main special need, 2 for the next.
sen-type | SENtype | code | P | n | 5D | own.sen-type | Kind of special need | The kind of special educational need.
= exclusion | Exclusions/TermlyExclusion | 5
exclusion-category | Category | code | APU | b | 5D | termlyexclusionsonroll.category | Kind of exclusion | Suspension, lunchtime or permanent exclusion.
exclusion-reason-1 | Reason1 | code | APU | b | 5D | termlyexclusionsonroll.reason1 | Reason for exclusion | The first reason the school gave.
exclusion-reason-2 | Reason2 | code | APU | b | 5D | termlyexclusionsonroll.reason2 | Second reason for exclusion | A second reason, if the school gave one.
exclusion-reason-3 | Reason3 | code | APU | b | 5D | termlyexclusionsonroll.reason3 | Third reason for exclusion | A third reason, if the school gave one.
exclusion-start-date | StartDate | date | APU | b | 5D | | Exclusion began | The day the exclusion began.
exclusion-sessions | Sessions | count | APU | b | 5D | | Length of exclusion | How many half days the exclusion lasted.
exclusion-sen-provision | SENprovision | code | APU | b | 5D | termlyexclusionsonroll.senprovision | Special needs when excluded | The special needs support the pupil had at that time.
= session | Attendance/TermlyAttendance/SessionDetails/SessionDetail | 5
attendance-reason | AttendanceReason | code | APU | b | 5C | termlysessiondetailsonroll.attendancereason | Attendance code | Why the pupil was away, or how they were present.
attendance-sessions | Sessions | count | APU | b | 5C | | Half days under this code | How many half days had this code.
= second_half_session | Attendance/SummerHalfTerm2Attendance/SessionDetails/SessionDetail | 5
second-half-reason | AttendanceReason | code | A | b | 5C | summerhalfterm2sessiondetailsonroll.attendancereason | Attendance code, late summer | The same for the second half of the summer term.
second-half-sessions | Sessions | count | A | b | 5C | | Half days, late summer | How many half days had this code.
= funding_basis | PupilCharacteristics/FundingBases/FundingBasisItem | 10
funding-basis | FundingBasis | code | PU | n | 5C | fundingbasisitems.fundingbasis | Reason for funded place | Why a two-year-old has a free place.
= learner_support | PostSixteen/LearnerSupport/LearnerSupportItem | 5
support-code | SupportCode | code | PU | b | | learnersupportonroll.supportcode | Money help in sixth form | The kind of money help given to the student.
= learner_fam | PupilCharacteristics/LearnerFAMs/LearnerFAM | 5
learner-fam-type | LearnerFAMType | code | APU | b | | learnerfamonroll.learnerfamtype | Funding mark, kind | The kind of extra funding for this student.
learner-fam-code | LearnerFAMCode | code | APU | b | | learnerfamonroll.learnerfamcode | Funding mark | The amount or sort of that funding.
= learning_aim | PostSixteen/LearningAims/LearningAim | 10
aim-qn | QN | text | A | b | | | Course | The number of the course or qualification.
aim-scc | SCC | text | A | b | | | Subject of the course | The subject the course belongs to.
aim-start-date | LearningStartDate | date | A | b | | | Course began | The day the course began.
aim-planned-end-date | LearningPlannedEndDate | date | A | b | | | Course planned until | The day the course should end.
aim-actual-end-date | LearningActualEndDate | date | A | b | | | Course ended | The day the course ended.
aim-core | CoreAim | flag | A | b | | learningaimsonroll.coreaim | Main course | Whether this is the student's main course.
aim-partner-ukprn | PartnerUKPRN | text | A | b | | | Partner of the course | The college or firm that teaches the course.
aim-status | LearningAimStatus | code | A | b | | learningaimsonroll.learningaimstatus | State of the course | Whether the course goes on, is finished or was given up.
aim-withdrawal-reason | LearningAimWithdrawalReason | code | A | b | | learningaimsonroll.learningaimwithdrawalreason | Reason for leaving the course | Why the student left the course.
aim-prog-type | ProgType | code | A | b | | learningaimsonroll.progtype | Kind of programme | The kind of programme the course is part of.
= programme_aim | PostSixteen/ProgrammeAims/ProgrammeAim | 10
programme-qn | QN | text | A | b | | | Programme | The number of the whole programme.
programme-type | ProgType | code | A | b | | programmeaimsonroll.progtype | Kind of programme | The kind of the whole programme.
programme-start-date | ProgrammeStartDate | date | A | b | | | Programme began | The day the programme began.
programme-planned-end-date | ProgrammePlannedEndDate | date | A | b | | | Programme planned until | The day the programme should end.
programme-actual-end-date | ProgrammeActualEndDate | date | A | b | | | Programme ended | The day the programme ended.
programme-status | ProgrammeAimStatus | code | A | b | | programmeaimsoffroll.programmeaimstatus | State of the programme | Whether the programme goes on, is finished or was given up.
programme-withdrawal-reason | ProgrammeAimWithdrawalReason | code | A | b | | programmeaimsoffroll.programmeaimwithdrawalreason | Reason for leaving the programme | Why the student left the programme.
= work_placement | PostSixteen/WorkPlacements/WorkPlacement | 5
placement-start-date | WPStartDate | date | A | b | | | Work placement began | The day the work placement began.
placement-end-date | WPEndDate | date | A | b | | | Work placement ended | The day the work placement ended.
placement-hours | WPHours | hours | A | b | | | Work placement hours | Hours of the work placement.
placement-mode | WPMode | code | A | b | | workplaceentityonroll.wpmode | Kind of work placement | Whether the placement is inside the school or outside.
= ap_entry | AlternativeProvision/APProvisionDetail | 5
ap-previous-urn | PrevURN | text | APU | b | | | School before | The school the pupil came from.
ap-reason | APReason | code | APU | b | | approvisiondetailonroll.apreason | Reason for other provision | Why the pupil is taught outside an ordinary school.
ap-sen-entry | SENprovisionEntry | code | APU | b | | approvisiondetailonroll.senprovisionentry | Special needs on arrival | Special needs support when the pupil came.
= school_ap | AlternativeProvision/SchoolArrangedAP | 5
school-ap-urn | URN | text | APU | b | | | Other place, school number | The number of the place that teaches the pupil.
school-ap-ukprn | UKPRN | text | APU | b | | | Other place, provider number | The provider number of that place.
school-ap-company | CompanyNumber | text | APU | b | | | Other place, company | The company number of that place.
school-ap-postcode | APPlacementPostcode | text | APU | b | | | Other place, postcode | Where that place is.
school-ap-entry-date | EntryDate | date | APU | b | | | Other place from | The day it began.
school-ap-leaving-date | LeavingDate | date | APU | b | | | Other place until | The day it ended.
school-ap-sessions | APSessionsPerWeek | count | APU | b | | | Half days a week there | How many half days a week the pupil is there.
school-ap-setting | APSettingType | code | APU | b | | schoolarrangedapdetailonroll.apsettingtype | Kind of place | The kind of place it is.
school-ap-reason | PlacementReason | code | APU | b | | schoolarrangedapdetailonroll.placementreason | Reason for the place | Why the school sent the pupil there.
school-ap-pattern | APAttendancePattern | code | APU | b | | schoolarrangedapdetailonroll.apattendancepattern | Full or part-time there | Whether the pupil is there all week.
school-ap-sen-entry | SENprovisionEntry | code | APU | b | | schoolarrangedapdetailonroll.senprovisionentry | Special needs at the start | Special needs support when it began.
school-ap-sen-leaving | SENprovisionLeaving | code | APU | b | | schoolarrangedapdetailonroll.senprovisionleaving | Special needs at the end | Special needs support when it ended.
"""
