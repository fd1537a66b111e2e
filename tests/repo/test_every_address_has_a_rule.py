"""No page without a rule about who may open it."""

from collections.abc import Iterator

from django.urls import URLPattern, URLResolver, get_resolver

from rollbook.services.platform.actors import Role


def patterns(resolver: URLResolver, before: str = "") -> Iterator[tuple[str, URLPattern]]:
    for one in resolver.url_patterns:
        here = before + str(one.pattern)
        if isinstance(one, URLResolver):
            yield from patterns(one, here)
        else:
            yield here, one


def test_every_address_has_a_rule() -> None:
    bare = [address for address, one in patterns(get_resolver()) if not hasattr(one.callback, "rollbook_access")]
    assert bare == []


def test_rules_are_words_we_know() -> None:
    rules = {rule for _, one in patterns(get_resolver()) for rule in one.callback.rollbook_access}
    assert rules <= {"public", "signed-in", *Role}


def test_the_record_casework_and_school_pages_are_not_public() -> None:
    # How to check a proof is for whoever was handed one.
    inside = [
        address
        for address, one in patterns(get_resolver())
        if address.startswith(("record/", "casework/", "school/")) and one.callback.rollbook_access == ("public",)
    ]
    assert inside == ["record/how-to-check/", "record/check/"]
