"""Starts Django for one process. Modules that need no database never import this."""

import os

from rollbook.services.platform.config import Process
from rollbook.services.platform.system_user import refuse_root


def start_django(process: Process) -> None:
    """Load the settings for `process` and make models usable; a second call for the same process does nothing.

    Raises:
        SetupFailed: the process was already started as another one, a setting is wrong, or it is root in production.
    """
    from django.apps import apps
    from django.conf import settings

    from rollbook.kernel.refusals import Reason, SetupFailed

    if apps.ready and settings.ROLLBOOK.process != process:
        raise SetupFailed(Reason("process", f"This process already runs as {settings.ROLLBOOK.process}"))
    os.environ["ROLLBOOK_PROCESS"] = process
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "rollbook.web.settings")
    refuse_root(settings.ROLLBOOK)
    if not apps.ready:
        import django

        django.setup()


def start_for_help() -> None:
    """Make modules with models importable where there is no installation, and no database is asked for anything."""
    import django
    from django.apps import apps
    from django.conf import settings

    if not settings.configured and not apps.ready:
        settings.configure(
            INSTALLED_APPS=["django.contrib.contenttypes", "rollbook.records.apps.RecordsConfig"],
            AUTH_USER_MODEL="records.Account",
            DATABASES={"default": {"ENGINE": "django.db.backends.dummy"}},
            USE_TZ=True,
        )
        django.setup()
