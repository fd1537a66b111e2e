"""An authority gets from nothing to an open collection and a standing agreement by commands of the operator alone."""

from pathlib import Path

import pytest
from typer import Typer
from typer.testing import CliRunner

from rollbook.cli.admin import accounts
from rollbook.cli.ingest import collection
from rollbook.cli.paper import app as papers
from rollbook.cli.paper import organisations
from rollbook.kernel.refusals import InputRefused, UseRefused
from rollbook.records.models.accounts import Account, Organisation
from rollbook.records.models.collections import Collection
from rollbook.records.models.control import Audit
from rollbook.records.models.governance import Agreement, Publication
from rollbook.records.models.log import LogSubmission
from rollbook.services.projects.paper_forms import FORMS, read_form

pytestmark = pytest.mark.django_db
NOTICE = b'kind = "notice"\ntitle = "What we hold"\nfrom = 2026-01-01\ntext = "We hold facts."\n'


def run(app: Typer, *arguments: str) -> str:
    result = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def publish_example(kind: str, folder: Path) -> str:
    file = folder / f"{kind}.toml"
    file.write_text(run(papers, "example", kind))
    return run(papers, "publish", str(file)).split()[0]


def test_from_nothing_to_an_open_collection_and_an_agreement(tmp_path: Path) -> None:
    assert "UNI-0001 is registered" in run(
        organisations, "register", "UNI-0001", "University of Ostlebury", "university"
    )
    assert "not verified yet" in run(organisations, "list")
    run(organisations, "verify", "UNI-0001")
    assert "University of Ostlebury  (university)  verified on" in run(organisations, "list")
    notice, assessment, agreement = (publish_example(kind, tmp_path) for kind in ("notice", "assessment", "agreement"))
    opening = ("open", "sc-spr-2025", "--notice", notice, "--assessment", assessment)
    with pytest.raises(UseRefused, match="does not stand in the log yet"):
        run(collection, *opening)
    LogSubmission.objects.update(state=LogSubmission.APPENDED)
    assert "is open" in run(collection, *opening)
    assert Collection.objects.get().notice.reference == notice
    assert "0 people newly told. Told in all: 0; not told: 0." in run(
        collection, "tell", "sc-spr-2025", "school-letter", "2026-01-31"
    )
    kept = Agreement.objects.get(publication__reference=agreement)
    assert (kept.organisation.company_number, kept.power) == ("UNI-0001", "PWR-03")
    assert set(Audit.objects.values_list("actor", "channel")) == {("operator@command", "command")}


def test_a_new_name_stops_a_body_until_it_is_verified_again() -> None:
    run(organisations, "register", "UNI-0001", "University of Ostlebury", "university")
    run(organisations, "verify", "UNI-0001")
    run(organisations, "rename", "UNI-0001", "Ostlebury Holdings")
    assert "renamed, to be verified again" in run(organisations, "list")
    assert Organisation.objects.get().verified_name == "University of Ostlebury"


@pytest.mark.parametrize("kind", ["rules", "review"])
def test_every_example_is_a_paper_that_can_be_published(kind: str, tmp_path: Path) -> None:
    assert Publication.objects.get(reference=publish_example(kind, tmp_path)).kind == kind


def test_an_example_has_every_key_its_form_needs() -> None:
    for kind in FORMS:
        assert read_form(run(papers, "example", kind).encode(), kind)["kind"] == kind


def test_a_new_version_names_the_one_it_supersedes(tmp_path: Path) -> None:
    first = publish_example("notice", tmp_path)
    file = tmp_path / "second.toml"
    file.write_bytes(NOTICE + f'supersedes = "{first}"\n'.encode())
    second = run(papers, "publish", str(file)).split()[0]
    assert Publication.objects.get(reference=second).supersedes == Publication.objects.get(reference=first)


@pytest.mark.parametrize(
    ("data", "codes"),
    [
        (b"\xff\xfe", {"paper-file"}),
        (b"kind = notice", {"paper-file"}),
        (b" " * 1_000_001, {"paper-file"}),
        (b'title = "x"', {"paper-kind"}),
        (b'kind = "rumour"', {"paper-kind"}),
        (b'kind = "notice"\ntitel = "x"', {"paper-key", "paper-unknown-key"}),
        (NOTICE.replace(b"2026-01-01", b'"1 January"'), {"paper-shape"}),
        (NOTICE.replace(b"2026-01-01", b"2026-01-01T10:00:00"), {"paper-shape"}),
        (NOTICE.replace(b'"We hold facts."', b'" "'), {"paper-shape"}),
        (NOTICE + b'items = "sex"', {"paper-shape"}),
        (NOTICE + b'collections = ["sc-spr-1925", "x"]', {"collection-unknown"}),
        (NOTICE + b'items = ["shoe-size"]', {"item-unknown"}),
        (NOTICE + b'supersedes = "notice-1999-0001"', {"supersedes"}),
    ],
)
def test_a_paper_that_is_no_paper_is_refused_with_every_fault(data: bytes, codes: set[str], tmp_path: Path) -> None:
    file = tmp_path / "paper.toml"
    file.write_bytes(data)
    assert refused("publish", str(file)) == codes
    assert not Publication.objects.exists()


def test_parts_of_an_agreement_are_whole_or_refused(tmp_path: Path) -> None:
    file = tmp_path / "agreement.toml"
    file.write_text(run(papers, "example", "agreement").replace('owner = "University"', ""))
    assert refused("publish", str(file)) == {"paper-shape"}
    file.write_text(run(papers, "example", "agreement"))
    assert refused("publish", str(file)) == {"organisation-unknown"}


def test_what_is_not_there_is_named(tmp_path: Path) -> None:
    assert refused("publish", str(tmp_path / "none.toml")) == {"file"}
    assert refused("example", "rumour") == {"paper-kind"}
    assert refused("example", "notice", "--collection", "sc-spr-1925") == {"collection-unknown"}


def test_an_account_of_a_body_is_opened_by_the_number_the_operator_knows() -> None:
    words = ("open", "noor@rollbook.invalid", "Noor Feskettle", "researcher", "--holder", "AR-20931")
    command = (*words, "--organisation", "UNI-0001")
    unknown = CliRunner().invoke(accounts, command, input="a long enough password\n").exception
    assert isinstance(unknown, InputRefused)
    assert [one.code for one in unknown.reasons] == ["organisation-unknown"]
    run(organisations, "register", "UNI-0001", "University of Ostlebury", "university")
    done = CliRunner().invoke(accounts, command, input="a long enough password\n", catch_exceptions=False)
    assert "is open" in done.output
    assert Account.objects.get(email="noor@rollbook.invalid").organisation == Organisation.objects.get()


def refused(*arguments: str) -> set[str]:
    fault = CliRunner().invoke(papers, arguments).exception
    assert isinstance(fault, InputRefused)
    return {reason.code for reason in fault.reasons}
