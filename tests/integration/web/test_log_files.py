"""The public log over HTTP: exactly its files, typed and cached as its specification says, and nothing beside them."""

import dataclasses
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from rollbook.services.platform.config import Config

DOCUMENT = "ab" * 32


FILES = ("checkpoint", "tile/0/000.p/3", "tile/entries/x001/x234/067", f"doc/{DOCUMENT}", "secret", "tile/0/secret")


@pytest.fixture
def log_folder(config: Config, tmp_path: Path, settings: Any) -> Path:
    settings.ROLLBOOK = dataclasses.replace(config, data=tmp_path)
    for name in FILES:
        path = tmp_path / "log" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())
    (tmp_path / "beside").write_bytes(b"not the log's")
    return tmp_path / "log"


def body(answer: object) -> bytes:
    return b"".join(answer.streaming_content)  # type: ignore[attr-defined]


def test_the_checkpoint_is_text_and_fresh(log_folder: Path) -> None:
    answer = Client().get("/log/checkpoint")
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    assert answer["Cache-Control"] == "max-age=5"
    assert body(answer) == b"checkpoint"


@pytest.mark.parametrize("name", ["tile/0/000.p/3", "tile/entries/x001/x234/067"])
def test_tiles_never_change(log_folder: Path, name: str) -> None:
    answer = Client().get(f"/log/{name}")
    assert answer["Content-Type"] == "application/octet-stream"
    assert "immutable" in answer["Cache-Control"]
    assert body(answer) == name.encode()


def test_a_document_may_be_erased_so_it_is_not_immutable(log_folder: Path) -> None:
    answer = Client().get(f"/log/doc/{DOCUMENT}")
    assert answer["Content-Type"] == "application/octet-stream"
    assert "immutable" not in answer["Cache-Control"]
    assert body(answer)


@pytest.mark.parametrize(
    "path",
    [
        "secret",
        "tile/0/secret",
        "../beside",
        "%2e%2e/beside",
        "tile/../../beside",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/64/000",
        "tile/00/000",
        "doc/AB",
        f"doc/{DOCUMENT}/x",
        "tile/0/001",
        "",
    ],
)
def test_nothing_else_is_served(log_folder: Path, path: str) -> None:
    assert Client().get(f"/log/{path}").status_code == 404
