# ruff: noqa: E501  (a table)
"""The returns as they really changed: a base for each chain of returns and one block of changes for each later return.

Data only; `catalogue_chains` gives it meaning. History is never edited: what a new return changes is a new block at the
end. Autumn, spring and summer are three chains: a change made in autumn reaches spring only by a block of its own.

A block begins with `base` or `change` and the returns it holds for. Its lines are
  add ROLL ITEM ...       the item is asked for; ROLL is b (both rolls), n (on roll), l (no longer on roll)
  remove ITEM ...         it is no longer asked for
  rename ITEM=Element ... it has another element from now on
  roll ROLL ITEM ...      it is asked for other pupils
  codes ITEM ...          its code list changes (the lists themselves stand in data/code_lists.txt)
`ITEM=Element` in an `add` gives the element where it differs from the item's own; an element with a slash is a whole
path, another one replaces the last part of the item's path.

Source: the yearly changes of the flat tables as LIIA holds them. Three faults of that source are mended here and not
copied: its autumn 2025 change removes four fields that the chain never had; its 2026 changes give the new funding codes
to leavers only; its spring 2018 still lists proficiency in English. The layouts of `eyc`, `ctf` and `or` are those that
Rollbook reads; no list of their yearly changes was at hand.
"""

from typing import Final

CHANGES: Final = """
base sc-aut-2015 sc-spr-2016 sc-sum-2016
add b upn former-upn uln surname forename middle-names former-surname sex=Gender date-of-birth language entry-date part-time boarder sessions-possible sessions-authorised sessions-unauthorised
add n preferred-surname address-line yssa funded-hours hours-at-setting top-up-funding plaa=AdoptedFromCare school-lunch-taken enrol-status class-type nc-year move-off-roll-flag sen-provision fsm-start-date fsm-end-date uk-country
add l leaving-date move-on-roll-flag
add b exclusion-category exclusion-reason-1=Reason exclusion-start-date exclusion-sessions exclusion-sen-provision exclusion-in-care attendance-reason attendance-sessions=AbsenceSessions
base sc-aut-2015
add b postcode missing-address second-half-sessions-possible second-half-sessions-authorised second-half-sessions-unauthorised annual-sessions-possible annual-sessions-authorised annual-sessions-unauthorised
add n duplicate-not-funded full-time-employment
add l nc-year-leaving
add b qual-hrs non-qual-hrs maths-prior-attainment english-prior-attainment maths-funding-exemption english-funding-exemption maths-prior-attainment-year-11=MathsGCSEPriorAttainmentYearGroup english-prior-attainment-year-11=EnglishGCSEPriorAttainmentYearGroup
add b second-half-reason second-half-sessions=AbsenceSessions annual-reason annual-sessions
add b aim-qn=QAN aim-scc=DiscCode aim-start-date aim-planned-end-date aim-actual-end-date aim-core aim-partner-ukprn aim-status aim-withdrawal-reason
base sc-spr-2016 sc-sum-2016
add n postcode missing-address
add b support-code
base sc-spr-2016
add b ethnicity
add n unit-contact-time duplicate-not-funded service-child sen-unit resourced-provision eypp-receipt=EYPPE eypp-basis sen-type-rank sen-type

change sc-aut-2016
add b uprn country-of-birth nationality aim-traineeship
add n proficiency-in-english
rename plaa=PLAA aim-qn=QN aim-scc=SCC
remove exclusion-in-care
change sc-spr-2017 sc-sum-2017
add n uprn
add b country-of-birth nationality
rename plaa=PLAA
remove exclusion-in-care
change sc-spr-2017
add n proficiency-in-english

change sc-aut-2017
add n daf-indicator extended-hours eligibility-code=ThirtyHourCode sen-unit resourced-provision
remove proficiency-in-english annual-sessions-possible annual-sessions-authorised annual-sessions-unauthorised annual-reason annual-sessions
change sc-spr-2018 sc-sum-2018
add n daf-indicator extended-hours eligibility-code=ThirtyHourCode
change sc-spr-2018
add n funding-basis
remove proficiency-in-english
change sc-sum-2018
add n sen-unit resourced-provision

change sc-aut-2018
add n service-child
remove country-of-birth nationality
change sc-spr-2019 sc-sum-2019
remove country-of-birth nationality
change sc-spr-2019
rename eypp-receipt=EYPPR
codes eypp-basis
change sc-sum-2019
add n service-child
codes sen-provision exclusion-sen-provision

change sc-aut-2019
add b qual-hrs-previous-year non-qual-hrs-previous-year maths-prior-attainment-previous-year english-prior-attainment-previous-year
codes sen-provision exclusion-sen-provision
change sc-spr-2020 sc-sum-2020
add b exclusion-review-date exclusion-review-result exclusion-reinstatement-date exclusion-sen-expert
change sc-spr-2020
codes sen-provision exclusion-sen-provision

change sc-aut-2020
rename attendance-sessions=Sessions second-half-sessions=Sessions
codes attendance-reason second-half-reason exclusion-category exclusion-reason-1
add b t-level-qual-hrs t-level-non-qual-hrs
add n aim-prog-type programme-qn programme-type programme-start-date=LearningStartDate programme-planned-end-date=LearningPlannedEndDate programme-actual-end-date=LearningActualEndDate programme-status=LearningAimStatus programme-withdrawal-reason=LearningAimWithdrawalReason programme-traineeship
add b placement-start-date placement-end-date placement-hours placement-mode placement-employer-id
change sc-spr-2021 sc-sum-2021
rename attendance-sessions=Sessions exclusion-reason-1=Reason1
codes attendance-reason exclusion-category exclusion-reason-1
add b exclusion-reason-2 exclusion-reason-3 sessions-educational sessions-exceptional sessions-coronavirus
remove exclusion-review-date exclusion-review-result exclusion-reinstatement-date exclusion-sen-expert

change sc-aut-2021
rename exclusion-reason-1=Reason1 maths-prior-attainment-year-11=MathsGCSEPriorAttainmentYear11 english-prior-attainment-year-11=EnglishGCSEPriorAttainmentYear11
rename programme-start-date=ProgrammeStartDate programme-planned-end-date=ProgrammePlannedEndDate programme-actual-end-date=ProgrammeActualEndDate programme-status=ProgrammeAimStatus programme-withdrawal-reason=ProgrammeAimWithdrawalReason
roll b aim-prog-type programme-qn programme-type programme-start-date programme-planned-end-date programme-actual-end-date programme-status programme-withdrawal-reason programme-traineeship
add b exclusion-reason-2 exclusion-reason-3 learner-fam-type learner-fam-code ap-previous-urn ap-reason ap-sen-entry
codes sen-provision exclusion-sen-provision
change sc-spr-2022 sc-sum-2022
add b learner-fam-type learner-fam-code learner-fam-hours ap-previous-urn ap-reason ap-sen-entry
add b school-ap-urn school-ap-ukprn school-ap-entry-date school-ap-leaving-date school-ap-sessions school-ap-setting school-ap-reason school-ap-pattern school-ap-sen-entry school-ap-sen-leaving
codes sen-provision exclusion-sen-provision

change sc-aut-2022
add b school-ap-urn school-ap-ukprn school-ap-entry-date school-ap-leaving-date school-ap-sessions school-ap-setting school-ap-reason school-ap-pattern school-ap-sen-entry school-ap-sen-leaving
codes plaa
change sc-spr-2023 sc-sum-2023
add b school-ap-company school-ap-postcode
remove sessions-coronavirus
codes plaa
change sc-spr-2023
add n young-carer

change sc-aut-2023
rename sex=Sex
add b school-ap-company school-ap-postcode
change sc-spr-2024 sc-sum-2024
rename sex=Sex
change sc-sum-2024
add n funding-basis eypp-receipt eypp-basis expanded-hours

change sc-aut-2024
rename eligibility-code=EligibilityCode
add n eypp-receipt eypp-basis
remove placement-employer-id
codes attendance-reason second-half-reason learner-fam-code
change sc-spr-2025 sc-sum-2025
rename eligibility-code=EligibilityCode
remove sessions-authorised sessions-unauthorised sessions-educational sessions-exceptional learner-fam-hours
codes attendance-reason learner-fam-code
change sc-spr-2025
codes ethnicity

change sc-aut-2025
remove sessions-authorised sessions-unauthorised second-half-sessions-authorised second-half-sessions-unauthorised aim-traineeship programme-traineeship
codes learner-fam-type learner-fam-code
change sc-spr-2026 sc-sum-2026
codes learner-fam-type learner-fam-code

base eyc-spr-2024
add n upn=ChildIdentifiers/UPN former-upn=ChildIdentifiers/FormerUPN surname=ChildIdentifiers/Surname forename=ChildIdentifiers/Forename middle-names=ChildIdentifiers/MiddleNames preferred-surname=ChildIdentifiers/PreferredSurname sex=ChildIdentifiers/Sex date-of-birth=ChildIdentifiers/DOB
add n ethnicity=ChildCharacteristics/Ethnicity eypp-receipt=ChildCharacteristics/EYPPR eypp-basis=ChildCharacteristics/EYPPBF daf-indicator=ChildCharacteristics/DAFindicator eligibility-code=ChildCharacteristics/EligibilityCode funding-basis
add n funded-hours=Attendance/FundedHours extended-hours=Attendance/ExtendedHours expanded-hours=Attendance/ExpandedHours hours-at-setting=Attendance/HoursAtSetting
add n sen-provision address-line postcode uprn setting-urn setting-estab setting-name setting-postcode

base ctf
add n upn=Pupil/UPN uln=Pupil/UniqueLearnerNumber surname=Pupil/Surname forename=Pupil/Forename date-of-birth=Pupil/DOB sex=Pupil/Sex former-upn=BasicDetails/FormerUPN middle-names=BasicDetails/MiddleNames preferred-surname=BasicDetails/PreferredSurname former-surname=BasicDetails/FormerSurname
add n ethnicity=BasicDetails/Ethnicity nc-year=BasicDetails/NCyearActual enrol-status=BasicDetails/EnrolStatus sen-provision=SEN/SENprovision sen-type-rank sen-type fsm-start-date fsm-end-date uk-country address-line postcode uprn
add n assessment-stage assessment-locale assessment-year assessment-subject assessment-method assessment-component assessment-result-status assessment-result-qualifier assessment-result
base or
add n upn=users/userIds forename=users/givenName surname=users/familyName middle-names=users/middleName date-of-birth=demographics/birthDate sex=demographics/sex class-ref class-begin-date class-end-date
"""
