"""Addresses of a school's pages."""

from django.urls import path

from rollbook.web.schools import people_views, return_views, views

urlpatterns = [
    path("", views.school, name="school_home"),
    path("upload/", return_views.upload, name="school_upload"),
    path("files/<str:handle>/", return_views.file, name="school_file"),
    path("files/<str:handle>/rules/<str:rule>/", return_views.findings, name="school_findings"),
    path("files/<str:handle>/submit/", return_views.submit, name="school_submit"),
    path("files/<str:handle>/discard/", return_views.discard, name="school_discard"),
    path("returns/<uuid:return_id>/", views.receipt, name="school_receipt"),
    path("returns/<uuid:return_id>/rules/<str:rule>/", views.receipt_rule, name="school_receipt_rule"),
    path("people/<str:waiting>/", people_views.check, name="school_check"),
    path("people/<str:waiting>/refuse/", people_views.refuse, name="school_refuse"),
    path("slip/", people_views.slip, name="school_slip"),
]
