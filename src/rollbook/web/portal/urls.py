"""Addresses of the portal. A record is named by a random handle that works for one account only."""

from django.urls import path

from rollbook.web.portal import choice_views, people_views, proof_views, verifier_page, views

urlpatterns = [
    path("", views.records, name="portal_records"),
    path("messages/", views.messages, name="portal_messages"),
    path("how-to-check/", views.how_to_check, name="portal_how_to_check"),
    path("check/", verifier_page.verifier, name="portal_verifier"),
    path("<str:handle>/", views.held, name="portal_held"),
    path("<str:handle>/uses/", views.uses, name="portal_uses"),
    path("<str:handle>/choices/", choice_views.choices, name="portal_choices"),
    path("<str:handle>/choices/object/", choice_views.object_to_research, name="portal_object"),
    path("<str:handle>/choices/take-back/", choice_views.take_back, name="portal_take_back"),
    path("<str:handle>/proof/", proof_views.proof, name="portal_proof"),
    path("<str:handle>/proof/<str:epoch>/<int:place>/", proof_views.take, name="portal_take_proof"),
    path("<str:handle>/people/", people_views.people, name="portal_people"),
    path("<str:handle>/people/<str:waiting>/", people_views.let_in, name="portal_let_in"),
]
