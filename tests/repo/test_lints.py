"""Our own lints: each finds the fault it is for, and leaves alone what looks like it."""

from pathlib import PurePosixPath

import pytest

from dev.lint.rules import findings

WEB, PURE, SERVICE = "src/rollbook/web/register/pages.py", "src/rollbook/sdc/rules.py", "src/rollbook/services/deeds.py"

FAULTS = [
    (WEB, "from django.db import connection"),
    (WEB, "import django.db.models"),
    (WEB, "from django import db"),
    (WEB, "Request.objects.all()"),
    ("src/rollbook/cli/ingest.py", "from django.db.models import QuerySet"),
    ("src/rollbook/services/__init__.py", "x = 1"),
    ("src/rollbook/web/ui/__init__.py", '"""About."""'),
    (PURE, "open('x')"),
    (PURE, "import os"),
    (PURE, "from pathlib import Path"),
    (PURE, "path.write_text('x')"),
    (PURE, "from datetime import datetime\ndatetime.now(tz)"),
    (PURE, "import time"),
    (SERVICE, "import os\nos.environ['X']"),
    (SERVICE, "import os\nos.getenv('X')"),
    (SERVICE, "from datetime import datetime\ndatetime.now(UTC)"),
]

ALLOWED = [
    (WEB, "from django.http import HttpRequest"),
    ("src/rollbook/records/models/log.py", "from django.db import models"),
    (SERVICE, "Request.objects.all()"),
    (SERVICE, "clock.now()"),
    ("src/rollbook/services/__init__.py", ""),
    ("src/rollbook/services/platform/config.py", "import os\nos.environ"),
    (PURE, "parent.open_cells()"),
    ("src/rollbook/dataplane/store/landing.py", "path.write_bytes(b'')"),
]


@pytest.mark.parametrize(("path", "source"), FAULTS)
def test_a_fault_is_found(path: str, source: str) -> None:
    assert list(findings(PurePosixPath(path), source))


@pytest.mark.parametrize(("path", "source"), ALLOWED)
def test_the_like_of_a_fault_is_left_alone(path: str, source: str) -> None:
    assert list(findings(PurePosixPath(path), source)) == []
