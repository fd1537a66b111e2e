"""Every address, surface by surface."""

from django.urls import include, path

from rollbook.web import home
from rollbook.web.log_files import log_copy, log_file

urlpatterns = [
    path("", home.home, name="home"),
    path("start/", home.short_start, name="short_start"),
    path("log-copy", log_copy, name="log_copy"),
    path("log/<path:path>", log_file, name="log_file"),
    path("account/", include("rollbook.web.accounts.urls")),
    path("", include("rollbook.web.register.urls")),
    path("record/", include("rollbook.web.portal.urls")),
    path("casework/", include("rollbook.web.casework.urls")),
    path("school/", include("rollbook.web.schools.urls")),
]

handler400 = "rollbook.web.errors.bad_request"
handler403 = "rollbook.web.errors.denied"
handler404 = "rollbook.web.errors.not_found"
handler500 = "rollbook.web.errors.failed"
