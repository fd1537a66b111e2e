"""The schema that only the people zone may read."""

from django.db import migrations


class Migration(migrations.Migration):
    initial = True
    dependencies = ()
    operations = (
        migrations.RunSQL(
            "CREATE SCHEMA IF NOT EXISTS identity", "DROP SCHEMA IF EXISTS identity"
        ),
    )
