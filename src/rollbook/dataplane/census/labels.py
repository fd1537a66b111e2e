"""Labels for code lists that the published tables leave blank. Domain knowledge, not confirmed by the Department.

Kept apart from the published lists so that nobody takes one for the other. Every code here stands in those lists, but
for the kinds of special need, which the tables hold as free text.
"""

from typing import Final

OWN_LABELS: Final[dict[str, dict[str, str]]] = {
    "sex": {"M": "Male", "F": "Female"},
    "enrol-status": {
        "C": "Only school", "M": "Main school of two", "S": "Second school of two",
        "F": "Further education college", "O": "Other provider",
    },
    "yssa": {"Yes": "Yes", "No": "No"},
    "nc-year": {
        "E1": "Early years, first year", "E2": "Early years, second year", "N1": "Nursery, first year",
        "N2": "Nursery, second year", "R": "Reception", **{str(year): f"Year {year}" for year in range(1, 15)},
        "M": "Mixed year class", "X": "Year groups not followed",
    },
    "class-type": {"N": "Nursery class", "O": "Other class"},
    "boarder": {
        "B": "Boarder", "6": "Boarder, six nights or fewer", "7": "Boarder, seven nights", "N": "Not a boarder",
    },
    "plaa": {
        "N": "Not declared", "A": "Adopted", "G": "Special guardianship order", "R": "Child arrangements order",
        "C": "Residence and special guardianship", "O": "Left care outside England and Wales",
    },
    "uk-country": {"ENG": "England", "NIR": "Northern Ireland", "SCT": "Scotland", "WLS": "Wales"},
    "eypp-basis": {"RE": "Family income", "RO": "Other reason", "RB": "Both", "RU": "Reason not known"},
    "funding-basis": {"ECO": "Family income", "HSD": "Disability or special needs", "LAA": "In care or left care"},
    "sen-provision": {
        "N": "No special needs support", "K": "SEN support", "E": "Education, health and care plan",
        "A": "School action (before 2015)", "P": "School action plus (before 2015)", "S": "Statement (before 2015)",
    },
    "sen-type": {
        "SPLD": "Specific learning difficulty", "MLD": "Moderate learning difficulty",
        "SLD": "Severe learning difficulty", "PMLD": "Profound and multiple learning difficulty",
        "SEMH": "Social, emotional and mental health", "SLCN": "Speech, language and communication",
        "HI": "Hearing impairment", "VI": "Vision impairment", "MSI": "Multi-sensory impairment",
        "PD": "Physical disability", "ASD": "Autistic spectrum disorder", "OTH": "Other difficulty",
        "NSA": "Support, not yet assessed", "DS": "Down syndrome",
    },
    "exclusion-category": {"PERM": "Permanent exclusion", "SUSP": "Suspension", "LNCH": "Lunchtime exclusion"},
    "exclusion-reason-1": {
        "PP": "Physical assault on a pupil", "PA": "Physical assault on an adult", "VP": "Verbal abuse of a pupil",
        "VA": "Verbal abuse of an adult", "OW": "Weapon", "BU": "Bullying", "RA": "Racist abuse",
        "LG": "Abuse about sexual orientation or gender identity", "DS": "Abuse about disability",
        "SM": "Sexual misconduct", "DA": "Drugs or alcohol", "DM": "Damage", "TH": "Theft",
        "DB": "Persistent disruption", "MT": "Social media or online", "PH": "Breach of public health measures",
        "OT": "Other",
    },
    "attendance-reason": {
        "/": "Present, morning", "\\": "Present, afternoon", "B": "Taught off site", "C": "Leave, exceptional",
        "C1": "Leave to take part in a performance", "C2": "Part-time timetable", "D": "At the pupil's other school",
        "E": "Suspended or excluded", "G": "Holiday not agreed", "H": "Holiday agreed (old terms)", "I": "Illness",
        "J": "Interview (old terms)", "J1": "Interview", "K": "Taught elsewhere, arranged by the authority",
        "L": "Late, before the register closed", "M": "Medical or dental appointment", "N": "Reason not yet known",
        "O": "Absent without agreement", "P": "Sporting activity", "Q": "No access arrangement made",
        "R": "Religious observance", "S": "Study leave", "T": "Traveller absence",
        "U": "Late, after the register closed",
        "V": "Educational visit", "W": "Work experience", "X": "Not of school age, not expected",
        "Y1": "Transport not available", "Y2": "Travel disruption", "Y3": "Part of the school closed",
        "Y4": "Whole school closed", "Y5": "In custody", "Y6": "Public health", "Y7": "Other unavoidable cause",
        "Z": "Not yet on roll", "#": "School closed as planned",
    },
}  # fmt: skip
ALIKE: Final = {
    "exclusion-reason-2": "exclusion-reason-1", "exclusion-reason-3": "exclusion-reason-1",
    "exclusion-sen-provision": "sen-provision", "ap-sen-entry": "sen-provision",
    "school-ap-sen-entry": "sen-provision", "school-ap-sen-leaving": "sen-provision",
    "nc-year-leaving": "nc-year", "highest-year": "nc-year", "lowest-year": "nc-year",
    "second-half-reason": "attendance-reason",
}  # fmt: skip

# How codes count in attendance, as from autumn 2024; H stands for absence in the terms before, and is still in the list
# for these. Codes outside these sets are not counted as possible sessions.
ATTENDING: Final = frozenset({"/", "\\", "L", "B", "K", "P", "V", "W"})
ABSENT: Final = frozenset({"C", "C1", "C2", "E", "H", "I", "J1", "M", "R", "S", "T", "G", "N", "O", "U"})
COUNTED: Final = ATTENDING | ABSENT
