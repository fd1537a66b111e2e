"""What the invented pupils add up to: national figures, each with its source.

PAGE names a public page, DOMAIN is domain knowledge that no page confirms. The generator aims at these in the mean; a
small authority will differ, as real ones do. Independent schools are left out: they send
no school census.
"""

from typing import Final

# Schools of each kind (DOMAIN, section 15.4 of the reference; all-through schools and colleges for ages 16 to 18, which
# the page counts as secondary, are split off by domain knowledge). Shares choose kinds.
SCHOOLS: Final = {
    "primary": 16_760, "secondary": 3_220, "special": 1_050, "nursery": 380, "pru": 330, "all-through": 170,
    "post-16": 60,
}  # fmt: skip
# Pupils of each group of kinds, January 2024 (PAGE:dag); kinds of a group share them by schools and weight.
PUPILS: Final = {"primary": 4_614_990, "secondary": 3_669_933, "special": 161_072, "nursery": 36_726, "pru": 15_866}
GROUP: Final = {"all-through": "secondary", "post-16": "secondary"}
SIZE_WEIGHT: Final = {"all-through": 1.2, "post-16": 0.55}  # of the mean secondary school (DOMAIN)
SIZE_SHAPE: Final = 4.0  # of the gamma distribution: a standard deviation of half the mean (DOMAIN)
STATE_PUPILS_A_SCHOOL: Final = (9_092_073 - 593_486) / (24_453 - 2_420)  # January 2024, PAGE:dag, independents out
PRIVATE_CHILDREN: Final = 0.06  # in private and voluntary early years settings, as a share of pupils (DOMAIN)
PRIVATE_SIZE: Final = 25  # children of a setting (DOMAIN)
PUPILS_AN_AUTHORITY: Final = 20_000  # up to which a small nation gets more authorities; a real one has 55,000
SCHOOLS_AN_AUTHORITY: Final = 400

ACADEMY_SHARE: Final = 0.435  # of all schools, PAGE:dag
ACADEMY_SHARE_SECONDARY: Final = 0.819  # PAGE:dag
NURSERY_CLASS_SHARE: Final = 0.4  # primaries with a nursery class (DOMAIN)
SIXTH_FORM_SHARE: Final = 0.5  # secondaries with a sixth form (DOMAIN)

GIRLS: Final = 0.49  # DOMAIN
FREE_MEALS: Final = 0.246  # 2,094,169 pupils, January 2024, PAGE:dag
ENDED_MEALS: Final = 0.05  # an earlier period that has ended (DOMAIN)
PLAN: Final = 0.048  # education, health and care plan, 2023/24, PAGE:ascl
SEN_SUPPORT: Final = 0.136  # 2023/24, PAGE:ascl
YOUNG_CARER: Final = 32_473 / 3_669_933  # in secondary schools, PAGE:dag; half of it assumed in primary (DOMAIN)
TWIN_BIRTH: Final = 0.015  # of births are the second of a pair (DOMAIN)
SERVICE_CHILD: Final = {"N": 0.97, "Y": 0.009, "U": 0.016, "R": 0.005}  # DOMAIN
LEFT_CARE: Final = {"N": 0.992, "A": 0.004, "G": 0.003, "R": 0.001}  # DOMAIN
YOUTH_SUPPORT: Final = {"UNS": 0.5, "Yes": 0.3, "SNR": 0.12, "No": 0.08}  # DOMAIN
SIBLING: Final = 0.4  # live with an older pupil of the same authority (DOMAIN)
REFERRED: Final = {"E": 0.25, "K": 0.57}  # special needs of pupils of referral units (DOMAIN)

# What happens in a term, as shares of the roll (all DOMAIN). Each pupil meets one of them at most.
MOVES_SCHOOL: Final = 0.006  # to another school of the authority
MOVES_AUTHORITY: Final = 0.002
LEAVES: Final = 0.004  # goes abroad, to an independent school or is taught at home; somebody takes the place
NEW_TO_NUMBERS: Final = 0.4  # of those who come: from abroad, under a temporary UPN until the next term
NEW_HOME: Final = 0.01
NEW_SURNAME: Final = 0.0015
ADOPTED: Final = 0.0001  # a new UPN and surname, never tied to the old ones
CORRECTED: Final = 0.001  # the spelling of a name or the day of birth
MEALS_BEGIN: Final = 0.004
MEALS_END: Final = 0.003
NEEDS_FOUND: Final = 0.004
NEEDS_MET: Final = 0.003
SECOND_SCHOOL: Final = 0.001  # registered at a second school; ends in September
REFERRAL: Final = {"secondary": 0.0012}  # placed in a referral unit, still registered at the school
EXPELLED: Final = {"secondary": 0.0004}  # excluded for good

# Commonest kind of need per level is published (ASD with a plan, SLCN with support, PAGE:ascl); the rest is DOMAIN.
NEEDS: Final = {
    "E": {"ASD": 33, "SLCN": 21, "SEMH": 16, "MLD": 8, "SLD": 8, "PD": 4, "SPLD": 4, "PMLD": 2, "HI": 2, "OTH": 2},
    "K": {"SLCN": 26, "SEMH": 20, "MLD": 17, "SPLD": 15, "ASD": 9, "OTH": 5, "PD": 2, "NSA": 3, "HI": 2, "VI": 1},
}  # fmt: skip

# Headcounts of 2023/24 (PAGE:sheet). White groups but White British are of 2020/21 (PAGE:ees); White British is 61.5%
# and the two codes for no answer are DOMAIN.
ETHNICITY: Final = {
    "WBRI": 5_215_000, "WOTH": 565_893, "WROM": 26_045, "WIRI": 21_898, "WIRT": 6_197,
    "AIND": 337_382, "APKN": 388_315, "ABAN": 151_875, "CHNE": 63_774, "AOTH": 188_037,
    "BAFR": 406_246, "BCRB": 78_817, "BOTH": 66_036,
    "MWAS": 143_206, "MWBA": 79_940, "MWBC": 134_384, "MOTH": 236_814, "OOTH": 203_561,
    "NOBT": 60_000, "REFU": 50_000,
}  # fmt: skip
# Share with English as an additional language in each group; together about 20.8% (DOMAIN, 2023/24).
ADDITIONAL_LANGUAGE: Final = {
    "WBRI": 0.01, "WIRI": 0.03, "WIRT": 0.05, "BCRB": 0.05, "MWBC": 0.05, "MWBA": 0.15, "MWAS": 0.12, "MOTH": 0.2,
    "WOTH": 0.75, "WROM": 0.6, "AIND": 0.68, "APKN": 0.7, "ABAN": 0.78, "CHNE": 0.7, "AOTH": 0.7, "BAFR": 0.6,
    "BOTH": 0.3, "OOTH": 0.75, "NOBT": 0.2, "REFU": 0.2,
}  # fmt: skip
LANGUAGES: Final = {
    "WOTH": ("POL", "RMN", "LIT", "BUL", "SPA", "ITA", "POR"), "WROM": ("RMI", "RMN", "SLO"),
    "AIND": ("GUJ", "PNJ", "HIN", "TAM", "MLM"), "APKN": ("URD", "PNJ", "PAT"), "ABAN": ("BNG", "BNGS"),
    "CHNE": ("CHIC", "CHIM"), "AOTH": ("TAM", "NEP", "TGL", "SNH"), "BAFR": ("SOM", "YOR", "AKA", "IGB", "SHO"),
    "OOTH": ("ARA", "KUR", "PRS", "VIE"),
}  # fmt: skip
OTHER_LANGUAGES: Final = ("FRN", "SPA", "ARA", "POR", "OTH", "OTB")
LANGUAGE_UNKNOWN: Final = {"REF": 0.003, "NOT": 0.004, "ENB": 0.01}  # DOMAIN

# Absence: a beta distribution of each pupil's rate. Mean 7%, about a fifth of pupils above 10% (DOMAIN, 2023/24).
ABSENCE_BETA: Final = (2.0, 26.6)
ABSENCE_CODES: Final = {"I": 55, "M": 7, "C": 5, "O": 16, "G": 9, "U": 4, "N": 2, "R": 1, "T": 1}  # DOMAIN
LATE: Final = 0.015  # of sessions attended (DOMAIN)
SUSPENDED: Final = {
    "primary": 0.004, "secondary": 0.04, "all-through": 0.03, "special": 0.03, "pru": 0.15,
}  # pupils a term (DOMAIN)  # fmt: skip
EXCLUSION_REASONS: Final = {
    "DB": 50,
    "VA": 16,
    "PP": 16,
    "PA": 5,
    "DA": 3,
    "BU": 2,
    "DM": 2,
    "RA": 1,
    "SM": 1,
}  # DOMAIN
# Half days open in each look-back period, for a full-time pupil (DOMAIN).
SESSIONS_POSSIBLE: Final = {"SPR": (136, 142), "SUM": (112, 120), "AUT": (44, 50)}
SECOND_HALF_POSSIBLE: Final = (70, 76)
