"""A project's Five Safes on one page, in plain words: what was approved, who works with it, from where, and what ends
when. The public and the team read the same; nobody of the team is named.

The frame is that of the Office for National Statistics and the Digital Economy Act 2017, section 64: safe projects,
people, settings, data and outputs.
"""

from dataclasses import dataclass, replace
from datetime import date

from rollbook.kernel.refusals import Reason
from rollbook.policy.register_fields import NOT_STATED
from rollbook.records.models.accounts import Accreditation, Device, Site, Training
from rollbook.records.models.studies import Output, Project, Run
from rollbook.services.catalogue.mapped_items import item_name
from rollbook.services.platform import clock
from rollbook.services.platform.words import class_words, power_law, purpose_name
from rollbook.services.projects.gating import gate_for_request
from rollbook.services.projects.projects import closed_because, project_line
from rollbook.services.projects.safe_places import last_day
from rollbook.services.projects.samples import words
from rollbook.services.register.papers import agreements_of, assessments_covering


@dataclass(frozen=True, slots=True)
class Ends:
    """Something of a project that ends, and its last day."""

    what: str
    on: date


@dataclass(frozen=True, slots=True)
class Safe:
    """One of the five: the question it answers, facts as (name, text), and all of it that ends, the soonest first."""

    name: str
    question: str
    facts: tuple[tuple[str, str], ...]
    ends: tuple[Ends, ...] = ()


@dataclass(frozen=True, slots=True)
class FiveSafes:
    """The five, what ends next, and why the project could not be used today (nothing: it could)."""

    reference: str
    title: str
    request: str
    safes: tuple[Safe, ...]
    next: Ends | None
    lacking: tuple[Reason, ...]


def five_safes(reference: str) -> FiveSafes | None:
    """The Five Safes of a project; None where there is no such project."""
    project = Project.objects.select_related("request__organisation").filter(reference=reference).first()
    if project is None:
        return None
    safes = (_project(project), _people(project), _settings(project), _data(project), _outputs(project))
    ahead = [one for safe in safes for one in safe.ends if one.on >= clock.today()]
    return FiveSafes(
        reference=reference,
        title=project.request.title,
        request=project.request.reference,
        safes=safes,
        next=min(ahead, key=lambda one: one.on, default=None),
        lacking=_lacking(project),
    )


def _lacking(project: Project) -> tuple[Reason, ...]:
    closed = closed_because(project)
    if project.closed_at is not None and closed is not None:
        return (closed,)
    found = gate_for_request(reference=project.request.reference)
    shown = (replace(one, where="") if one.code.startswith("recipient-") else one for one in found)
    return tuple(dict.fromkeys((*((closed,) if closed else ()), *shown)))


def _project(project: Project) -> Safe:
    request = project.request
    agreements = agreements_of(request.organisation.company_number)
    papers = (*agreements, *assessments_covering(request.purpose, frozenset(request.items)))
    reviews = [Ends(f"Review of {one.title}", one.review_by) for one in papers if one.review_by is not None]
    return Safe(
        "Safe project",
        "Is this a lawful and useful purpose?",
        (
            ("Purpose", purpose_name(request.purpose)),
            ("What they want to find out", request.texts.get("lay_summary", NOT_STATED)),
            ("Who would be better off for it", request.texts.get("public_benefit", NOT_STATED)),
            ("Legal power", f"{request.power}: {power_law(request.power)}"),
            ("Asked by", request.organisation.name),
        ),
        _sorted(Ends("The project", project_line(project).ends), *reviews),
    )


def _people(project: Project) -> Safe:
    team = list(project.members.order_by("id"))
    ends = []
    for member in team:
        periods = Accreditation.objects.filter(account=member).order_by("-expires")
        passed = Training.objects.filter(account=member).order_by("-expires")
        ends += [Ends(f"An accreditation ({one.kind})", last_day(one.expires, one.ended_on)) for one in periods[:1]]
        ends += [Ends(f"A training ({one.course})", one.expires) for one in passed[:1]]
    return Safe(
        "Safe people",
        "Can the researchers be trusted to use it properly?",
        (("Researchers", str(len(team))), ("Each is", "Accredited and trained; both are looked at at every use.")),
        _sorted(*ends),
    )


def _settings(project: Project) -> Safe:
    sites = Site.objects.filter(organisation=project.request.organisation, ended_on=None).order_by("name", "id")
    devices = Device.objects.filter(site__in=sites, ended_on=None, key_hash__isnull=False).order_by("expires")
    said = {Site.NETWORK: "by its network", Site.DEVICE: "by registered devices", Site.BOTH: "by network and device"}
    return Safe(
        "Safe settings",
        "Is the place safe from anybody else?",
        (
            ("Where the data stay", "Inside Rollbook. A study comes to the data, without a network."),
            ("Sites", "; ".join(f"{one.name} (known {said[one.asks]})" for one in sites) or "None is accredited."),
        ),
        _sorted(
            *(Ends(f"The site {one.name}", one.expires) for one in sites),
            *(Ends("A device", one.expires) for one in devices[:1]),
        ),
    )


def _data(project: Project) -> Safe:
    request = project.request
    return Safe(
        "Safe data",
        "Is it only what is needed, and nobody's name?",
        (
            ("Items", ", ".join(item_name(code) for code in request.items)),
            ("Classes", "; ".join(class_words(code) for code in request.classes)),
            ("Collections", ", ".join(request.collections)),
            ("People", words(request.sample) or "Everybody in the collections"),
            ("Why so many", request.sample.get("why", NOT_STATED)),
            ("Names", "None. Each person has a pseudonym of this project's own, and nothing here leads back."),
        ),
    )


def _outputs(project: Project) -> Safe:
    every = Output.objects.filter(run__study__project=project)
    made, files = every.filter(kind=Output.TABLE), every.filter(kind=Output.FILE)
    return Safe(
        "Safe outputs",
        "Could anybody be recognised in what comes out?",
        (
            (
                "What may leave",
                "Tables that pass the rules and two people who checked them apart. Files: by exception.",
            ),
            ("Runs", str(Run.objects.filter(study__project=project).count())),
            ("Tables released", str(made.filter(state__in=(Output.RELEASED, Output.REVOKED)).count())),
            ("Of these revoked", str(made.filter(state=Output.REVOKED).count())),
            ("Files released by exception", str(files.filter(state__in=(Output.RELEASED, Output.REVOKED)).count())),
        ),
    )


def _sorted(*ends: Ends) -> tuple[Ends, ...]:
    return tuple(sorted(ends, key=lambda one: (one.on, one.what)))
