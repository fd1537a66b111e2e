"""The tests' own guard: a query without an order comes back in none."""

import pytest

from rollbook.records.models.accounts import Organisation

pytestmark = pytest.mark.django_db


def test_what_has_no_order_is_shuffled() -> None:
    assert "RANDOM()" in str(Organisation.objects.filter(sector="x").query)


def test_what_has_an_order_keeps_it() -> None:
    assert "RANDOM()" not in str(Organisation.objects.order_by("name").query)
    assert "RANDOM()" not in str(Organisation.objects.values_list("name").distinct().query)
