"""Addresses of signing in and out. The names are those the sign-in library asks for."""

from django.urls import path

from rollbook.web.accounts import start_page, views

urlpatterns = [
    path("", views.start, name="account_start"),
    path("start/", start_page.start_from_letter, name="account_from_letter"),
    path("sign-in/", views.sign_in, name="account_login"),
    path("sign-out/", views.sign_out, name="account_logout"),
    path("signed-out/", views.signed_out, name="account_signed_out"),
    path("code/", views.give_code, name="mfa_authenticate"),
    path("second-factor/", views.set_up_second_factor, name="mfa_activate_totp"),
]
