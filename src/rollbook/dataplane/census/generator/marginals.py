"""What the invented pupils add up to: national figures, each with its source.

PAGE names a public page, DOMAIN is domain knowledge that no page confirms. The generator aims at these in the mean; a
small authority will differ, as real ones do. Independent schools and pupil referral units are left out: the first send
no school census, and the codes of the second are not known to us.
"""

from typing import Final

# Schools and mean sizes, rounded (DOMAIN, section 15.4 of the reference). Shares choose kinds, means scale sizes.
SCHOOLS: Final = {"primary": 16_760, "secondary": 3_450, "special": 1_050, "nursery": 380}
MEAN_SIZE: Final = {"primary": 275, "secondary": 1_063, "special": 150, "nursery": 97}  # nursery: 36,726 / 380
SIZE_SHAPE: Final = 4.0  # of the gamma distribution: a standard deviation of half the mean (DOMAIN)
STATE_PUPILS_A_SCHOOL: Final = (9_092_073 - 593_486) / (24_453 - 2_420)  # January 2024, PAGE:dag, independents out

ACADEMY_SHARE: Final = 0.435  # of all schools, PAGE:dag
ACADEMY_SHARE_SECONDARY: Final = 0.819  # PAGE:dag
NURSERY_CLASS_SHARE: Final = 0.4  # primaries with a nursery class (DOMAIN)
SIXTH_FORM_SHARE: Final = 0.5  # secondaries with a sixth form (DOMAIN)

FREE_MEALS: Final = 0.246  # 2,094,169 pupils, January 2024, PAGE:dag
ENDED_MEALS: Final = 0.05  # an earlier period that has ended (DOMAIN)
PLAN: Final = 0.048  # education, health and care plan, 2023/24, PAGE:ascl
SEN_SUPPORT: Final = 0.136  # 2023/24, PAGE:ascl
YOUNG_CARER: Final = 32_473 / 3_669_933  # in secondary schools, PAGE:dag; half of it assumed in primary (DOMAIN)
TWIN_BIRTH: Final = 0.015  # of births are the second of a pair (DOMAIN)
SERVICE_CHILD: Final = {"N": 0.97, "Y": 0.009, "U": 0.016, "R": 0.005}  # DOMAIN
LEFT_CARE: Final = {"N": 0.992, "A": 0.004, "G": 0.003, "R": 0.001}  # DOMAIN
YOUTH_SUPPORT: Final = {"UNS": 0.5, "Yes": 0.3, "SNR": 0.12, "No": 0.08}  # DOMAIN
DUAL: Final = 0.003  # registered at two schools (DOMAIN)
LEAVERS: Final = 0.012  # a term, of the roll (DOMAIN)

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
SUSPENDED: Final = {"primary": 0.004, "secondary": 0.04, "special": 0.03, "nursery": 0.0}  # pupils a term (DOMAIN)
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
