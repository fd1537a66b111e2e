"""The public dictionary: two reading levels, history, codes of each return, search, and files of the same facts."""

import csv
import io
import json
from typing import Any

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db


def text(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, address
    return answer.content.decode()


def rows(client: Client, address: str) -> list[dict[str, Any]]:
    return list(csv.DictReader(io.StringIO(text(client, address))))


def test_an_item_is_told_for_anybody_and_for_who_works_with_it(client: Client) -> None:
    page = text(client, "/dictionary/ethnicity/")
    assert "The ethnic background the family gave." in page
    assert "roll up by the table of main codes" in page
    assert "sends REFU, which is kept as the answer" in page
    assert "it sends NOBT" in page
    assert "Education Act 1996, section 537A" in page


def test_its_history_says_since_when_until_when_and_what_changed(client: Client) -> None:
    assert "Called EligibilityCode from this return on, ThirtyHourCode before." in text(
        client, "/dictionary/eligibility-code/"
    )
    assert "The spring school census 2024 was the last to ask." in text(client, "/dictionary/sessions-authorised/")
    assert "ABRI AWEL BBRI BWEL ORAB added" in text(client, "/dictionary/ethnicity/")


@pytest.mark.parametrize(
    ("collection", "said"), [("sc-spr-2024", "103 codes in the spring"), ("sc-spr-2025", "108 codes in the spring")]
)
def test_codes_are_those_of_the_return_asked_for(client: Client, collection: str, said: str) -> None:
    assert said in text(client, f"/dictionary/ethnicity/?collection={collection}")


def test_a_return_whose_changes_are_not_known_says_so(client: Client) -> None:
    assert "carries the list of the spring school census 2026" in text(client, "/dictionary/?collection=sc-spr-2027")
    for year in (2025, 2026, 2027):
        assert "carries the list of the early years census 2024" in text(
            client, f"/dictionary/?collection=eyc-spr-{year}"
        )
    assert "carries the codes of the spring school census 2026" in text(
        client, "/dictionary/ethnicity/?collection=sc-spr-2027"
    )


@pytest.mark.parametrize(
    ("query", "inside", "outside"),
    [
        ("collection=sc-sum-2024", "expanded-hours", "ethnicity"),
        ("collection=sc-spr-2025", "ethnicity", "expanded-hours"),
        ("collection=eyc-spr-2025", "setting-urn", "language"),
        ("words=school+LUNCH", "school-lunch-taken", "sex"),
        ("words=100472", "sen-provision", "sex"),
        ("collection=sc-spr-2025&words=refuse", "language", "sex"),
    ],
)
def test_page_and_files_show_the_same_items(client: Client, query: str, inside: str, outside: str) -> None:
    page = text(client, f"/dictionary/?{query}")
    in_csv = [row["code"] for row in rows(client, f"/dictionary.csv?{query}")]
    assert [one["code"] for one in json.loads(text(client, f"/dictionary.json?{query}"))] == in_csv
    assert inside in in_csv
    assert outside not in in_csv
    assert f"/dictionary/{inside}/" in page
    assert f"/dictionary/{outside}/" not in page
    assert f"{len(in_csv)} item" in page


@pytest.mark.parametrize("query", ["collection=sc-spr-1999", "words=no-such-thing", "collection=%00", "words=%00"])
def test_a_search_without_hits_and_a_hostile_one_are_answered(client: Client, query: str) -> None:
    assert "item" in text(client, f"/dictionary/?{query}")


def test_the_file_holds_everything_the_page_says(client: Client) -> None:
    row = next(one for one in rows(client, "/dictionary.csv") if one["code"] == "language")
    assert all(row[column] for column in ("description", "detail", "law", "basis", "retention", "risk_words"))
    assert (row["risk"], row["refusable_by"], row["refusal_code"], row["not_obtained_code"]) == (
        "5D", "family", "REF", "NOT",
    )  # fmt: skip
    assert (row["first_return"], row["last_return"]) == ("sc-aut-2015", "")
    ended = next(one for one in rows(client, "/dictionary.csv") if one["code"] == "aim-traineeship")
    assert (ended["first_return"], ended["last_return"]) == ("sc-aut-2016", "sc-aut-2024")


def test_the_file_of_codes_says_which_returns_have_each(client: Client) -> None:
    found = [row for row in rows(client, "/dictionary-codes.csv") if row["item"] == "attendance-reason"]
    spring = {(row["first_return"], row["last_return"]) for row in found if row["first_return"].startswith("sc-spr")}
    assert spring == {("sc-spr-2024", "sc-spr-2024"), ("sc-spr-2025", "sc-spr-2027")}
    assert sum(row["first_return"] == "sc-spr-2025" for row in found) == 36
    assert json.loads(text(client, "/dictionary-codes.json"))[0].keys() == found[0].keys()
