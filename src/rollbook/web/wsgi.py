"""The entry of the web server."""

from django.core.wsgi import get_wsgi_application

from rollbook.services.platform.start import start_django

start_django("web")
application = get_wsgi_application()
