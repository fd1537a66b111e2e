"""A return exported as flat tables lands as the XML of the same return does, and other forms never land."""

import pytest
from django.conf import settings

from rollbook.dataplane.store.reading import people_in
from rollbook.kernel.refusals import UseRefused
from rollbook.records.models.collections import Return
from rollbook.services.returns.ingest import ingest
from tests import census_ground as ground
from tests import forms
from tests.people import OPERATOR


@pytest.fixture(autouse=True)
def opened(db: None) -> None:
    ground.empty_store()
    ground.open_spring()


def test_flat_tables_land_and_xml_of_the_same_school_replaces_them() -> None:
    flat = ingest(by=OPERATOR, data=forms.zipped(forms.flat_members()), name="tables.zip")
    assert (flat.state, flat.on_roll, flat.no_longer_on_roll) == ("accepted", 3, 1)
    people = people_in(settings.ROLLBOOK.study, [flat.return_id])
    assert len(people) == 4
    xml = ingest(by=OPERATOR, data=ground.a_file(), name="return.xml")
    assert xml.supersedes == flat.return_id
    assert people_in(settings.ROLLBOOK.study, [xml.return_id]) == people


def test_a_refused_return_of_tables_says_in_which_table() -> None:
    data = forms.zipped(forms.flat_members(("P2/PupilIdentifiers/Sex = X",)))
    receipt = ingest(by=OPERATOR, data=data, name="tables.zip")
    assert receipt.state == "refused"
    assert [(one.rule, one.line, one.field) for one in receipt.errors] == [("PT-025", 3, "sex in pupilonroll.csv")]


@pytest.mark.parametrize("kind", ["early-xml", "early-csv", "ctf", "oneroster-1.1", "oneroster-1.2"])
def test_what_no_open_collection_asks_for_never_lands(kind: str) -> None:
    with pytest.raises(UseRefused):
        ingest(by=OPERATOR, data=forms.every_form()[kind], name=kind)
    assert not Return.objects.exists()
