import django.db.models.deletion
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("records", "0001_schema"),
    ]

    operations = [
        migrations.CreateModel(
            name="Account",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                ("password", models.CharField(max_length=128, verbose_name="password")),
                (
                    "last_login",
                    models.DateTimeField(
                        blank=True, null=True, verbose_name="last login"
                    ),
                ),
                ("email", models.EmailField(max_length=254, unique=True)),
                ("name", models.CharField(max_length=120)),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("pupil", "pupil"),
                            ("parent", "parent"),
                            ("school-data-manager", "school-data-manager"),
                            ("custodian", "custodian"),
                            ("researcher", "researcher"),
                            ("police-officer", "police-officer"),
                            ("panel-member", "panel-member"),
                            ("output-checker", "output-checker"),
                            ("data-protection-officer", "data-protection-officer"),
                            ("overseer", "overseer"),
                            ("operator", "operator"),
                            ("system", "system"),
                        ],
                        max_length=32,
                    ),
                ),
                ("is_active", models.BooleanField(default=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="Assessment",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                ("items", models.JSONField()),
                ("purposes", models.JSONField()),
                ("starts", models.DateField()),
                ("review_by", models.DateField()),
            ],
        ),
        migrations.CreateModel(
            name="Audit",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                ("at", models.DateTimeField()),
                ("actor", models.CharField(max_length=80)),
                ("channel", models.CharField(max_length=16)),
                ("deed", models.CharField(max_length=80)),
                ("target", models.CharField(max_length=120)),
                ("facts", models.JSONField(default=dict)),
            ],
        ),
        migrations.CreateModel(
            name="KeyBlock",
            fields=[
                ("birth_year", models.IntegerField(primary_key=True, serialize=False)),
                ("next_place", models.IntegerField(default=0)),
            ],
            options={
                "db_table": '"identity"."key_block"',
            },
        ),
        migrations.CreateModel(
            name="LogDocument",
            fields=[
                (
                    "digest",
                    models.CharField(max_length=64, primary_key=True, serialize=False),
                ),
                ("body", models.BinaryField(null=True)),
                ("published", models.BooleanField(default=False)),
            ],
        ),
        migrations.CreateModel(
            name="LogEntry",
            fields=[
                ("index", models.BigIntegerField(primary_key=True, serialize=False)),
                ("type", models.CharField(db_index=True, max_length=32)),
                ("entry_id", models.CharField(max_length=64, unique=True)),
                ("at", models.DateTimeField()),
                ("body", models.JSONField()),
            ],
        ),
        migrations.CreateModel(
            name="LogSubmission",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                ("entry_id", models.CharField(max_length=64, unique=True)),
                ("entry", models.JSONField()),
                ("refs", models.JSONField(default=dict)),
                ("made_at", models.DateTimeField()),
                (
                    "state",
                    models.CharField(db_index=True, default="waiting", max_length=16),
                ),
                ("index", models.BigIntegerField(null=True, unique=True)),
                ("reasons", models.JSONField(default=list)),
            ],
        ),
        migrations.CreateModel(
            name="Organisation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                ("name", models.CharField(max_length=200)),
                ("sector", models.CharField(max_length=64)),
                ("company_number", models.CharField(max_length=64, unique=True)),
                ("verified_on", models.DateField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="Output",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                ("reference", models.CharField(max_length=64, unique=True)),
                ("title", models.CharField(max_length=200)),
                ("dimensions", models.JSONField()),
                ("measure", models.CharField(max_length=32)),
                ("table", models.JSONField()),
                ("rules", models.JSONField()),
                ("state", models.CharField(max_length=16)),
                ("made_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="Person",
            fields=[
                ("key", models.BigIntegerField(primary_key=True, serialize=False)),
            ],
            options={
                "db_table": '"identity"."person"',
            },
        ),
        migrations.CreateModel(
            name="School",
            fields=[
                (
                    "laestab",
                    models.CharField(max_length=7, primary_key=True, serialize=False),
                ),
                ("urn", models.CharField(blank=True, max_length=6)),
                ("name", models.CharField(max_length=200)),
                ("phase", models.CharField(max_length=2)),
            ],
        ),
        migrations.CreateModel(
            name="Accreditation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                ("scheme", models.CharField(max_length=64)),
                ("starts", models.DateField()),
                ("expires", models.DateField()),
                ("training", models.CharField(max_length=120)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="accreditations",
                        to="records.account",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="LogState",
            fields=[
                (
                    "id",
                    models.PositiveSmallIntegerField(
                        default=1, primary_key=True, serialize=False
                    ),
                ),
                ("size", models.BigIntegerField()),
                ("root", models.CharField(max_length=64)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("id", 1)), name="log_state_is_one_row"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Message",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                ("kind", models.CharField(max_length=40)),
                ("subject", models.CharField(max_length=200)),
                ("body", models.TextField()),
                ("made_at", models.DateTimeField()),
                ("read_at", models.DateTimeField(null=True)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="messages",
                        to="records.account",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Agreement",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                ("power", models.CharField(max_length=64)),
                ("purposes", models.JSONField()),
                ("items", models.JSONField()),
                ("clauses", models.JSONField()),
                ("starts", models.DateField()),
                ("ends", models.DateField()),
                ("review_by", models.DateField()),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        to="records.organisation",
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="account",
            name="organisation",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                to="records.organisation",
            ),
        ),
        migrations.CreateModel(
            name="GatewayCase",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                ("reference", models.CharField(max_length=64, unique=True)),
                ("power", models.CharField(max_length=64)),
                ("purpose", models.CharField(max_length=64)),
                ("items", models.JSONField()),
                ("asked_at", models.DateTimeField()),
                ("asked_about", models.JSONField(null=True)),
                ("outcome", models.CharField(blank=True, max_length=16)),
                ("evidence", models.JSONField(default=dict)),
                ("state", models.CharField(max_length=12)),
                ("confirmed_at", models.DateTimeField(null=True)),
                ("reasons", models.JSONField(default=list)),
                ("reveal_by", models.DateField(null=True)),
                ("sealed_body", models.BinaryField(null=True)),
                ("set_store", models.CharField(blank=True, max_length=64)),
                ("answer", models.JSONField(null=True)),
                ("disclosed_at", models.DateTimeField(null=True)),
                ("collected_at", models.DateTimeField(null=True)),
                (
                    "agreement",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        to="records.agreement",
                    ),
                ),
                (
                    "asked_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="records.account",
                    ),
                ),
                (
                    "confirmed_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="records.account",
                    ),
                ),
                (
                    "matched_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="records.account",
                    ),
                ),
                (
                    "submission",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="records.logsubmission",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="records.person",
                    ),
                ),
            ],
            options={
                "db_table": '"identity"."gateway_case"',
            },
        ),
        migrations.CreateModel(
            name="Bundle",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                ("epoch", models.CharField(max_length=7)),
                ("state", models.CharField(default="asked", max_length=8)),
                ("asked_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("content", models.BinaryField(null=True)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        to="records.account",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, to="records.person"
                    ),
                ),
            ],
            options={
                "db_table": '"identity"."bundle"',
            },
        ),
        migrations.CreateModel(
            name="Publication",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                ("kind", models.CharField(max_length=16)),
                ("reference", models.CharField(max_length=64, unique=True)),
                ("title", models.CharField(max_length=200)),
                ("body", models.TextField()),
                ("document", models.CharField(max_length=44)),
                ("starts", models.DateField()),
                ("review_by", models.DateField(null=True)),
                ("items", models.JSONField(default=list)),
                ("made_at", models.DateTimeField()),
                (
                    "submission",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        to="records.logsubmission",
                    ),
                ),
                (
                    "supersedes",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="records.publication",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Collection",
            fields=[
                (
                    "code",
                    models.CharField(max_length=32, primary_key=True, serialize=False),
                ),
                ("name", models.CharField(max_length=120)),
                ("reference_date", models.DateField()),
                ("items", models.JSONField()),
                ("opened_at", models.DateTimeField()),
                ("closed_at", models.DateTimeField(null=True)),
                (
                    "assessment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        to="records.assessment",
                    ),
                ),
                (
                    "notice",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        to="records.publication",
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="assessment",
            name="publication",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT, to="records.publication"
            ),
        ),
        migrations.AddField(
            model_name="agreement",
            name="publication",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT, to="records.publication"
            ),
        ),
        migrations.CreateModel(
            name="Release",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                ("csv", models.TextField()),
                ("manifest", models.TextField()),
                ("agreed_at", models.DateTimeField()),
                ("released_at", models.DateTimeField(null=True)),
                (
                    "output",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, to="records.output"
                    ),
                ),
                (
                    "submission",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        to="records.logsubmission",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Request",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                ("reference", models.CharField(max_length=64, unique=True)),
                ("title", models.CharField(max_length=200)),
                ("kind", models.CharField(default="new", max_length=8)),
                ("purpose", models.CharField(max_length=64)),
                ("power", models.CharField(max_length=64)),
                ("items", models.JSONField()),
                ("classes", models.JSONField()),
                ("collections", models.JSONField()),
                ("mode", models.CharField(default="safe-setting", max_length=16)),
                ("texts", models.JSONField(default=dict)),
                ("starts", models.DateField()),
                ("ends", models.DateField()),
                ("state", models.CharField(max_length=16)),
                ("made_at", models.DateTimeField()),
                (
                    "amends",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="records.request",
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        to="records.organisation",
                    ),
                ),
                (
                    "requester",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        to="records.account",
                    ),
                ),
                (
                    "submission",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        to="records.logsubmission",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Project",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                ("reference", models.CharField(max_length=64, unique=True)),
                ("opened_at", models.DateTimeField()),
                ("closed_at", models.DateTimeField(null=True)),
                (
                    "members",
                    models.ManyToManyField(
                        related_name="projects", to="records.account"
                    ),
                ),
                (
                    "request",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        to="records.request",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Decision",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                ("result", models.CharField(max_length=16)),
                ("role", models.CharField(max_length=32)),
                ("reasons", models.TextField()),
                ("expires", models.DateField(null=True)),
                ("made_at", models.DateTimeField()),
                (
                    "decided_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        to="records.account",
                    ),
                ),
                (
                    "submission",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        to="records.logsubmission",
                    ),
                ),
                (
                    "request",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="decisions",
                        to="records.request",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Responsibility",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                ("adult_name", models.CharField(max_length=120)),
                ("address", models.CharField(max_length=300)),
                ("basis", models.CharField(max_length=40)),
                ("evidence", models.CharField(max_length=40)),
                ("evidence_on", models.DateField()),
                ("starts", models.DateField()),
                ("ends", models.DateField(null=True)),
                ("stopped_at", models.DateTimeField(null=True)),
                (
                    "account",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="responsibilities",
                        to="records.account",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="responsibilities",
                        to="records.person",
                    ),
                ),
                (
                    "recorded_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="records.account",
                    ),
                ),
                (
                    "stopped_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="records.account",
                    ),
                ),
            ],
            options={
                "db_table": '"identity"."responsibility"',
            },
        ),
        migrations.CreateModel(
            name="Letter",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                ("code_hash", models.CharField(max_length=64, unique=True)),
                ("issued_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("used_at", models.DateTimeField(null=True)),
                (
                    "responsibility",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="letters",
                        to="records.responsibility",
                    ),
                ),
            ],
            options={
                "db_table": '"identity"."letter"',
            },
        ),
        migrations.CreateModel(
            name="Return",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, primary_key=True, serialize=False
                    ),
                ),
                ("serial", models.CharField(max_length=16)),
                ("received_at", models.DateTimeField()),
                ("file_sha256", models.CharField(max_length=64)),
                ("state", models.CharField(max_length=16)),
                ("on_roll", models.IntegerField(default=0)),
                ("no_longer_on_roll", models.IntegerField(default=0)),
                ("issues", models.JSONField(default=list)),
                ("discards", models.JSONField(default=list)),
                ("delta_versions", models.JSONField(default=dict)),
                ("superseded_at", models.DateTimeField(null=True)),
                (
                    "collection",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        to="records.collection",
                    ),
                ),
                (
                    "supersedes",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="records.return",
                    ),
                ),
                (
                    "school",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, to="records.school"
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="person",
            name="first_return",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                to="records.return",
            ),
        ),
        migrations.CreateModel(
            name="Run",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                ("state", models.CharField(default="queued", max_length=16)),
                ("queued_at", models.DateTimeField()),
                ("started_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                ("returns", models.JSONField(default=list)),
                ("epoch", models.CharField(blank=True, max_length=7)),
                ("did", models.CharField(blank=True, max_length=44)),
                ("population_file", models.CharField(blank=True, max_length=64)),
                ("set_store", models.CharField(blank=True, max_length=64)),
                ("people", models.IntegerField(default=0)),
                ("left_out", models.IntegerField(default=0)),
                ("reasons", models.JSONField(default=list)),
                (
                    "asked_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        to="records.account",
                    ),
                ),
                (
                    "submission",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="records.logsubmission",
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="output",
            name="run",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="outputs",
                to="records.run",
            ),
        ),
        migrations.AddField(
            model_name="account",
            name="school",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                to="records.school",
            ),
        ),
        migrations.CreateModel(
            name="Sighting",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                ("pupil_no", models.IntegerField()),
                ("line", models.IntegerField()),
                ("upn", models.CharField(max_length=13)),
                ("former_upn", models.CharField(blank=True, max_length=13)),
                ("uln", models.CharField(blank=True, max_length=10)),
                ("surname", models.CharField(max_length=100)),
                ("forename", models.CharField(max_length=100)),
                ("middle_names", models.CharField(blank=True, max_length=200)),
                ("preferred_surname", models.CharField(blank=True, max_length=100)),
                ("former_surname", models.CharField(blank=True, max_length=100)),
                ("sex", models.CharField(max_length=1)),
                ("date_of_birth", models.DateField(null=True)),
                ("address", models.CharField(blank=True, max_length=300)),
                ("postcode", models.CharField(blank=True, max_length=10)),
                ("uprn", models.CharField(blank=True, max_length=12)),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="sightings",
                        to="records.person",
                    ),
                ),
                (
                    "source",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="sightings",
                        to="records.return",
                    ),
                ),
            ],
            options={
                "db_table": '"identity"."sighting"',
            },
        ),
        migrations.CreateModel(
            name="Study",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                ("title", models.CharField(max_length=200)),
                ("digest", models.CharField(max_length=64)),
                ("files", models.JSONField()),
                ("items", models.JSONField()),
                ("submitted_at", models.DateTimeField()),
                (
                    "author",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        to="records.account",
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="studies",
                        to="records.project",
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="run",
            name="study",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="runs",
                to="records.study",
            ),
        ),
        migrations.CreateModel(
            name="Verdict",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                ("verdict", models.CharField(max_length=16)),
                ("comment", models.TextField(blank=True)),
                ("made_at", models.DateTimeField()),
                (
                    "checker",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        to="records.account",
                    ),
                ),
                (
                    "output",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="verdicts",
                        to="records.output",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="IntakeDay",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                ("day", models.DateField()),
                (
                    "collection",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        to="records.collection",
                    ),
                ),
                (
                    "submission",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        to="records.logsubmission",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("collection", "day"), name="one_intake_entry_per_day"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Choice",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                ("kind", models.CharField(max_length=40)),
                ("made_at", models.DateTimeField()),
                ("withdrawn_at", models.DateTimeField(null=True)),
                (
                    "made_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        to="records.account",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="choices",
                        to="records.person",
                    ),
                ),
            ],
            options={
                "db_table": '"identity"."choice"',
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("withdrawn_at", None)),
                        fields=("person", "kind"),
                        name="one_standing_choice_of_a_kind",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="NoticeGiven",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                ("given_on", models.DateField()),
                ("how", models.CharField(max_length=40)),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="notices",
                        to="records.person",
                    ),
                ),
                (
                    "publication",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        to="records.publication",
                    ),
                ),
            ],
            options={
                "db_table": '"identity"."notice_given"',
                "constraints": [
                    models.UniqueConstraint(
                        fields=("person", "publication", "how"),
                        name="one_telling_per_way",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Access",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                ("state", models.CharField(max_length=12)),
                ("how", models.CharField(blank=True, max_length=32)),
                ("asked_at", models.DateTimeField()),
                ("confirmed_at", models.DateTimeField(null=True)),
                ("first_used_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                ("end_reason", models.CharField(blank=True, max_length=40)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="accesses",
                        to="records.account",
                    ),
                ),
                (
                    "confirmed_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="records.account",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="accesses",
                        to="records.person",
                    ),
                ),
                (
                    "responsibility",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="records.responsibility",
                    ),
                ),
            ],
            options={
                "db_table": '"identity"."access"',
                "constraints": [
                    models.UniqueConstraint(
                        fields=("account", "person"),
                        name="one_access_per_account_and_person",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Identifier",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                ("scheme", models.CharField(max_length=3)),
                ("value", models.CharField(max_length=13)),
                ("standing", models.CharField(default="current", max_length=12)),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="identifiers",
                        to="records.person",
                    ),
                ),
                (
                    "source",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="records.return",
                    ),
                ),
            ],
            options={
                "db_table": '"identity"."identifier"',
                "constraints": [
                    models.UniqueConstraint(
                        fields=("scheme", "value"), name="one_person_per_identifier"
                    )
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="return",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "accepted")),
                fields=("collection", "school"),
                name="one_accepted_return_per_school_and_collection",
            ),
        ),
        migrations.AddConstraint(
            model_name="sighting",
            constraint=models.UniqueConstraint(
                fields=("source", "pupil_no"), name="one_sighting_per_pupil_and_return"
            ),
        ),
        migrations.AddConstraint(
            model_name="verdict",
            constraint=models.UniqueConstraint(
                fields=("output", "checker"), name="one_verdict_per_checker"
            ),
        ),
    ]
