"""Writes the tables' migration anew from the models: until the first deployment there is one, kept in step.

Run by `make migrations`; `make check` runs it with `--check`.
"""

import sys
from pathlib import Path

import django
from django.conf import settings
from django.core.management import call_command

MIGRATION = Path(__file__).parents[1] / "src/rollbook/records/migrations/0001_tables.py"


def main() -> None:
    """Remove and write the migration, or with `--check` only say whether it is in step with the models."""
    settings.configure(
        INSTALLED_APPS=[
            "django.contrib.contenttypes",
            "rollbook.records.apps.RecordsConfig",
        ],
        AUTH_USER_MODEL="records.Account",
        DATABASES={"default": {"ENGINE": "django.db.backends.dummy"}},
        USE_TZ=True,
    )
    if "--check" in sys.argv:
        django.setup()
        call_command("makemigrations", "records", check_changes=True, dry_run=True, verbosity=1)
        return
    MIGRATION.unlink(missing_ok=True)
    django.setup()
    call_command("makemigrations", "records", name="tables", include_header=False, verbosity=1)


if __name__ == "__main__":
    main()
