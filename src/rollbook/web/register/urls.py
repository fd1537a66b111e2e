"""Addresses of the register, the dictionary and the rules for returns."""

from django.urls import URLPattern, path

from rollbook.web.register import dictionary_views as dictionary
from rollbook.web.register import (
    log_views,
    number_views,
    paper_views,
    project_views,
    request_views,
    rule_views,
    use_views,
)

_PAPERS = (("agreements", "agreement"), ("assessments", "assessment"), ("notices", "notice"), ("rules", "rules"))

urlpatterns: list[URLPattern] = [
    path("register/", request_views.register, name="register"),
    path("register/requests/", request_views.request_list, name="register_requests"),
    path("register/requests.csv", request_views.request_csv, name="register_requests_csv"),
    path("register/requests.json", request_views.request_json, name="register_requests_json"),
    path("register/decisions.csv", request_views.decision_csv, name="register_decisions_csv"),
    path("register/decisions.json", request_views.decision_json, name="register_decisions_json"),
    path("register/requests/<str:reference>/", request_views.one_request, name="register_request"),
    path("register/projects/<str:reference>/", project_views.one_project, name="register_project"),
    path("register/studies/<str:digest>/", project_views.one_study, name="register_study"),
    path("register/uses/", use_views.use_list, name="register_uses"),
    path("register/uses.csv", use_views.use_csv, name="register_uses_csv"),
    path("register/uses.json", use_views.use_json, name="register_uses_json"),
    path("register/releases/", use_views.release_list, name="register_releases"),
    path("register/releases.csv", use_views.release_list_csv, name="register_releases_csv"),
    path("register/releases.json", use_views.release_list_json, name="register_releases_json"),
    path("register/releases/<str:reference>/", use_views.one_release, name="register_release"),
    path("register/releases/<str:reference>/record.json", use_views.release_record, name="register_release_record"),
    path("register/releases/<str:reference>/chart.vl.json", use_views.release_chart, name="register_release_chart"),
    path("register/releases/<str:reference>/proof.json", use_views.release_proof, name="register_release_proof"),
    path("register/releases/<str:reference>.csv", use_views.release_csv, name="register_release_csv"),
    path("register/releases/<str:reference>.json", use_views.release_json, name="register_release_json"),
    path("register/volumes/", number_views.volume_page, name="register_volumes"),
    path("register/volumes.csv", number_views.volume_csv, name="register_volumes_csv"),
    path("register/volumes.json", number_views.volume_json, name="register_volumes_json"),
    path("register/turnaround/", number_views.turnaround_page, name="register_turnaround"),
    path("register/turnaround.csv", number_views.turnaround_csv, name="register_turnaround_csv"),
    path("register/turnaround.json", number_views.turnaround_json, name="register_turnaround_json"),
    path("register/duties/", number_views.duty_page, name="register_duties"),
    path("register/duties.csv", number_views.duty_csv, name="register_duties_csv"),
    path("register/duties.json", number_views.duty_json, name="register_duties_json"),
    *(
        path(f"register/{address}/", paper_views.paper_list, {"kind": kind}, name=f"register_{address}")
        for address, kind in _PAPERS
    ),
    path("register/papers/<str:reference>/", paper_views.one_paper, name="register_paper"),
    path("register/powers/", paper_views.powers, name="register_powers"),
    path("register/collections/", paper_views.collection_list, name="register_collections"),
    path("register/collections/<str:code>/", paper_views.one_collection, name="register_collection"),
    path("register/log/", log_views.log, name="register_log"),
    path("register/log/health/", log_views.log_health_page, name="register_log_health"),
    path("register/log/explained/", log_views.log_explained, name="register_log_explained"),
    path("register/log/engineers/", log_views.log_engineers, name="register_log_engineers"),
    path("register/log/<int:index>/", log_views.log_entry, name="register_log_entry"),
    path("dictionary/", dictionary.item_list, name="dictionary"),
    path("dictionary.csv", dictionary.item_csv, name="dictionary_csv"),
    path("dictionary.json", dictionary.item_json, name="dictionary_json"),
    path("dictionary-codes.csv", dictionary.code_csv, name="dictionary_codes_csv"),
    path("dictionary-codes.json", dictionary.code_json, name="dictionary_codes_json"),
    path("dictionary/<str:code>/", dictionary.one_item, name="dictionary_item"),
    path("rules/", rule_views.rule_list, name="rules"),
    path("rules.csv", rule_views.rule_csv, name="rules_csv"),
    path("rules.json", rule_views.rule_json, name="rules_json"),
    path("rules/<str:number>/", rule_views.one_rule, name="rule"),
]
