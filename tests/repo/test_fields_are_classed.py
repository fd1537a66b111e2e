"""Every field of every table says what it is about, and every table says who may touch it."""

from django.apps import apps
from django.db.models import Field, Model

from rollbook.services.platform.grants import GRANTS

CLASSES = {"person", "school", "key", "public"}


def own_models() -> list[type[Model]]:
    return [model for model in apps.get_models() if model.__module__.startswith("rollbook.")]


def fields(model: type[Model]) -> set[str]:
    return {field.name for field in (*model._meta.fields, *model._meta.many_to_many) if isinstance(field, Field)}


def test_every_field_of_ours_is_classed() -> None:
    unclassed = {
        f"{model.__name__}.{name}"
        for model in own_models()
        for name in fields(model)
        if getattr(getattr(model, "Classes", None), name, None) not in CLASSES
    }
    assert unclassed == set()


def test_no_class_is_left_for_a_field_that_went() -> None:
    left = {
        f"{model.__name__}.{name}"
        for model in own_models()
        for name in vars(model.Classes)
        if not name.startswith("_") and name not in fields(model)
    }
    assert left == set()


def test_every_table_has_its_grants() -> None:
    tables = {
        model._meta.db_table.replace('"', "") if "." in model._meta.db_table else f"public.{model._meta.db_table}"
        for model in apps.get_models(include_auto_created=True)
    }
    unmanaged = {"public.django_migrations"}
    assert tables | unmanaged == set(GRANTS)
