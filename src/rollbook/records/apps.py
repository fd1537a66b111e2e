"""The one Django app that holds tables."""

from importlib import import_module

from django.apps import AppConfig

MODULES = (
    "accounts",
    "control",
    "log",
    "reported",
    "governance",
    "collections",
    "studies",
    "exceptions",
    "identity",
    "divisions",
    "doubles",
    "uploads",
)


class RecordsConfig(AppConfig):
    """Models and migrations, nothing else; rules live on the floors below and deeds on the floor above."""

    name = "rollbook.records"
    label = "records"
    default_auto_field = "django.db.models.BigAutoField"

    def import_models(self) -> None:
        """Import each module of models, since the package init file stays empty."""
        super().import_models()
        for module in MODULES:
            import_module(f"rollbook.records.models.{module}")
