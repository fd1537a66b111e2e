"""Addresses of a school's pages."""

from django.urls import path

from rollbook.web.schools import people_views, views

urlpatterns = [
    path("", views.school, name="school_home"),
    path("returns/<uuid:return_id>/", views.receipt, name="school_receipt"),
    path("people/<str:waiting>/", people_views.check, name="school_check"),
    path("people/<str:waiting>/refuse/", people_views.refuse, name="school_refuse"),
    path("slip/", people_views.slip, name="school_slip"),
]
