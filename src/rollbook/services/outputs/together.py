"""The tables of one run that leave together: the first is handed in, judged and revoked for all."""

from rollbook.records.models.studies import Output


def all_of(lead: Output) -> tuple[Output, ...]:
    """The first table of a run and those that go with it."""
    return (lead, *lead.others.order_by("id"))


def file_of(output: Output) -> str:
    """What the file of a table is called in its release: a table alone has a plain name."""
    alone = output.lead_id is None and not output.others.exists()
    return "table.csv" if alone else f"{output.reference}.csv"
