"""Addresses of the casework pages, room by room."""

from rollbook.web.casework import letter_pages

urlpatterns = [*letter_pages.urlpatterns]
