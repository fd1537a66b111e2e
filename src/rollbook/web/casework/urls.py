"""Addresses of the casework pages: each module brings its own."""

from django.urls import URLPattern

from rollbook.web.casework import (
    checking_pages,
    collection_pages,
    device_pages,
    dividing_pages,
    explanation_pages,
    file_pages,
    gateway_pages,
    index_pages,
    letter_pages,
    matching_pages,
    recheck_pages,
    request_pages,
    revoking_pages,
    seal_pages,
    study_pages,
)

urlpatterns: list[URLPattern] = [
    *index_pages.urlpatterns,
    *letter_pages.urlpatterns,
    *request_pages.urlpatterns,
    *study_pages.urlpatterns,
    *device_pages.urlpatterns,
    *checking_pages.urlpatterns,
    *file_pages.urlpatterns,
    *revoking_pages.urlpatterns,
    *recheck_pages.urlpatterns,
    *gateway_pages.urlpatterns,
    *seal_pages.urlpatterns,
    *matching_pages.urlpatterns,
    *collection_pages.urlpatterns,
    *explanation_pages.urlpatterns,
    *dividing_pages.urlpatterns,
]
