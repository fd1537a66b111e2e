"""The 29 fields of one record of the public register, and where each comes from.

Source: the HDR UK data use register standard, as the specification of the log (section 25.3) takes it over. Fields
with a `key` are texts the requester writes; they stand in a detached document of the request, so that a name can be
removed.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RegisterField:
    """One field. `key` is empty where the value comes from the log; `required` texts may not be left empty."""

    number: int
    name: str
    source: str
    key: str = ""
    hint: str = ""
    required: bool = False


def _text(number: int, name: str, key: str, hint: str, *, required: bool = False) -> RegisterField:
    return RegisterField(number, name, "the requester's text", key, hint, required)


REGISTER_FIELDS: tuple[RegisterField, ...] = (
    RegisterField(1, "Project ID", "the request"),
    RegisterField(2, "Project title", "the request"),
    RegisterField(3, "Data set names", "the items asked for, by data set"),
    RegisterField(4, "Organisation name", "the request"),
    RegisterField(5, "Organisation sector", "the request"),
    _text(6, "Applicant names", "applicant_names", "Who will work with the data. Published.", required=True),
    _text(7, "Applicant IDs", "applicant_ids", "For example ORCID numbers."),
    _text(8, "Funders and sponsors", "funders", "Who pays for this.", required=True),
    _text(9, "Accredited researcher status", "accredited_status", "Scheme and standing of each applicant."),
    _text(10, "Sub-licence arrangements", "sub_licence", "Whether anybody else would work with the data."),
    _text(11, "Lay summary", "lay_summary", "What you want to find out, in words a parent understands.", required=True),
    _text(12, "Public benefit statement", "public_benefit", "Who is better off for it, and how.", required=True),
    RegisterField(13, "Request category type", "the purpose and kind of the request"),
    _text(14, "Technical summary", "technical_summary", "Method, in a few sentences.", required=True),
    _text(15, "Other approval committees", "other_committees", "For example a university's ethics committee."),
    _text(16, "Project start date", "starts", ""),
    _text(17, "Project end date", "ends", "The binding end is the expiry of the decision."),
    RegisterField(18, "Latest approval date", "the latest approving decision in the log"),
    RegisterField(19, "Data sensitivity level", "the classes of the items"),
    RegisterField(20, "Legal basis for provision of data", "the power"),
    _text(21, "Common law duty of confidentiality", "confidentiality", "How the duty is met."),
    _text(22, "Objections applied", "objections_applied", "Which objections of pupils and parents were applied."),
    _text(23, "Request frequency", "frequency", "Once, or how often."),
    _text(24, "How the data will be processed", "processing", "What is done with the data, step by step."),
    _text(25, "Confidential data used", "confidential_data", "Which of the data are confidential, and why needed."),
    RegisterField(26, "Release or access date", "each use in the log"),
    _text(27, "Safe setting or other location", "location", "Where the work is done."),
    _text(28, "How privacy is protected", "privacy_measures", "What is done to protect people's privacy."),
    _text(29, "Research outputs", "outputs", "Publications that came of it."),
)  # fmt: skip

TEXT_FIELDS: tuple[RegisterField, ...] = tuple(field for field in REGISTER_FIELDS if field.key)
# These two are filled from the dates of the request itself, so that text and dates cannot differ.
DATED_KEYS = frozenset({"starts", "ends"})
# What holds for every use inside, so that nobody has to write it and nobody can deny it.
STANDARD_TEXTS = {
    "objections_applied": "Everybody with a standing objection to research is left out of every run.",
    "location": "Inside Rollbook's safe setting. No copy leaves.",
    "privacy_measures": "A pseudonym of the project's own, no names or numbers, only the items listed; tables are "
    "checked by rules and by two people before they leave.",
}  # fmt: skip
NOT_STATED = "Not stated."
