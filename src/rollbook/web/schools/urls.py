"""Addresses of the schools pages."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
