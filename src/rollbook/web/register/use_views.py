"""Uses of records, and the tables that were released from them."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from rollbook.services.outputs.chart_drawing import svg
from rollbook.services.outputs.charts import Chart, chart_of, vega_lite
from rollbook.services.outputs.release_proof import proof_of
from rollbook.services.outputs.releases import ReleasedTable, released_tables
from rollbook.services.platform.exports import as_csv, as_json
from rollbook.services.register.uses import UseLine, seals, uses
from rollbook.web.access import access
from rollbook.web.errors import gone
from rollbook.web.register.files import csv_file, json_file
from rollbook.web.ui.paging import paginate


@require_safe
@access("public")
def use_list(request: HttpRequest) -> HttpResponse:
    """Every use, with the interval of how many people it was about."""
    lines = uses()
    return render(request, "register/uses.html", {"page": paginate(lines, request), "seals": seals(lines)})


@require_safe
@access("public")
def use_csv(request: HttpRequest) -> HttpResponse:
    """Every use as CSV."""
    return csv_file("uses", as_csv(UseLine, uses()))


@require_safe
@access("public")
def use_json(request: HttpRequest) -> HttpResponse:
    """Every use as JSON."""
    return json_file(as_json(uses()))


@require_safe
@access("public")
def release_list(request: HttpRequest) -> HttpResponse:
    """Every released table."""
    return render(request, "register/releases.html", {"page": paginate(released_tables(), request)})


@require_safe
@access("public")
def release_list_csv(request: HttpRequest) -> HttpResponse:
    """Every released table as CSV, one line a table: its figures are in `csv`."""
    return csv_file("releases", as_csv(ReleasedTable, released_tables()))


@require_safe
@access("public")
def release_list_json(request: HttpRequest) -> HttpResponse:
    """Every released table as JSON, with its figures."""
    return json_file(as_json(released_tables()))


@require_safe
@access("public")
def one_release(request: HttpRequest, reference: str) -> HttpResponse:
    """One released table, whole."""
    table = _table(reference)
    chart = _chart(table)
    return render(request, "register/release.html", {"table": table, "chart": svg(chart) if chart else ""})


@require_safe
@access("public")
def release_chart(request: HttpRequest, reference: str) -> HttpResponse:
    """The chart of one released table as a Vega-Lite description, its figures inside."""
    chart = _chart(_table(reference))
    if chart is None:
        raise Http404
    return json_file(vega_lite(chart))


@require_safe
@access("public")
def release_csv(request: HttpRequest, reference: str) -> HttpResponse:
    """One released table: the very bytes that its entry in the log commits to."""
    table = _table(reference)
    return gone(request) if table.revoked_at else csv_file(table.reference, table.csv)


@require_safe
@access("public")
def release_json(request: HttpRequest, reference: str) -> HttpResponse:
    """One released table as JSON, with where it comes from."""
    return json_file(as_json([_table(reference)]))


@require_safe
@access("public")
def release_record(request: HttpRequest, reference: str) -> HttpResponse:
    """How one released table was judged: the very bytes that its entry in the log commits to."""
    table = _table(reference)
    return gone(request) if table.revoked_at else json_file(table.record)


def _chart(table: ReleasedTable) -> Chart | None:
    return chart_of(table.title, table.dimensions, table.measure, table.rows, table.nested)


@require_safe
@access("public")
def release_proof(request: HttpRequest, reference: str) -> HttpResponse:
    """What proves, away from here, that the log signed this very table and record: manifest, entry, receipt."""
    table = _table(reference)
    return gone(request) if table.revoked_at else json_file(proof_of(table))


def _table(reference: str) -> ReleasedTable:
    for table in released_tables():
        if table.reference == reference:
            return table
    raise Http404
