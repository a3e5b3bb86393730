"""Each template by itself, rendered by stock Copier from answers alone."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any, Protocol

import pytest
import yaml

from examples.regenerate import ANSWERS
from meshgen.output.answers import MODELS
from meshgen.output.templates import template_folder
from tests.templates.systems import HOSTILE, NAMES, ROOT, answers, largest

TEMPLATES = sorted(MODELS.keys() - {"chassis"})
GATEWAY_VARIABLES = "${"


class Result(Protocol):
    """What pytest-copie says of a rendering. An error is not raised: look at `exception`."""

    exception: BaseException | None
    project_dir: Path


class Copie(Protocol):
    """The fixture of pytest-copie."""

    def copy(self, extra_answers: Mapping[str, Any], template_dir: Path) -> Result: ...


def rendered(copie: Copie, template: str, told: Mapping[str, Any]) -> dict[str, str]:
    """The files that a template gives, by their path."""
    result = copie.copy(deepcopy(dict(told)), template_dir=template_folder(template))
    assert result.exception is None, repr(result.exception)
    return {
        path.relative_to(result.project_dir).as_posix(): path.read_bytes().decode()
        for path in sorted(result.project_dir.rglob("*"))
        if path.is_file()
    }


def parse(path: str, text: str) -> None:
    """Fail unless the text is what its path says it is."""
    match Path(path).suffix:
        case ".py":
            ast.parse(text)
        case ".toml":
            tomllib.loads(text)
        case ".json":
            json.loads(text)
        case ".yaml" | ".yml" if GATEWAY_VARIABLES not in text:
            list(yaml.safe_load_all(text))


@pytest.mark.parametrize("template", TEMPLATES)
@pytest.mark.parametrize("name", NAMES)
def test_it_renders_what_parses_and_twice_the_same(copie: Copie, name: str, template: str) -> None:
    told = largest(name).get(template)
    if told is None:
        assert name not in ("shop", HOSTILE), "the shop has everything"
        return
    files = rendered(copie, template, told)
    assert files
    for path, text in files.items():
        assert ".jinja" not in path
        assert "{%" not in path
        if name != HOSTILE:
            assert "{%" not in text, path
        parse(path, text)
    assert rendered(copie, template, told) == files


@pytest.mark.parametrize("template", TEMPLATES)
def test_an_answer_that_is_missing_is_named(copie: Copie, template: str) -> None:
    told = largest("shop")[template]
    for question in told:
        others = {name: answer for name, answer in told.items() if name != question}
        result = copie.copy(others, template_dir=template_folder(template))
        assert question in str(result.exception)


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_field_that_is_missing_is_named(copie: Copie, template: str) -> None:
    """Nothing is left out silently: what is undefined is an error."""
    told = deepcopy(largest("shop")[template])
    field = {
        "gateway": "issuer",
        "deploy": "issuer",
        "contracts": "summary",
        "project": "generator",
    }
    record = "catalog" if template == "contracts" else template
    name = field.get(template, "package")
    del told[record][name]
    result = copie.copy(told, template_dir=template_folder(template))
    assert name in str(result.exception)


def test_a_service_has_no_files_for_what_it_does_not_have(copie: Copie) -> None:
    told = largest("shop")["service"]
    asked = {"policies": "policies", "questions": "ports", "replicas": "replicas"}
    for field, module in asked.items():
        with_it = deepcopy(next(t for _, t in answers("shop") if t.get("service", {}).get(field)))
        package = with_it["service"]["package"]
        assert f"src/{package}/{module}.py" in rendered(copie, "service", with_it)
        with_it["service"][field] = []
        assert f"src/{package}/{module}.py" not in rendered(copie, "service", with_it)
    told = deepcopy(told)
    told["service"]["sagas"] = []
    assert not [path for path in rendered(copie, "service", told) if "sagas" in path]


def test_a_file_for_each_aggregate_and_saga(copie: Copie) -> None:
    told = deepcopy(largest("shop")["service"])
    service = told["service"]
    service["aggregates"].append({**service["aggregates"][0], "module": "another"})
    files = rendered(copie, "service", told)
    for aggregate in service["aggregates"]:
        assert f"src/{service['package']}/domain/{aggregate['module']}.py" in files
        assert f"tests/test_{aggregate['module']}.py" in files
    for saga in service["sagas"]:
        assert f"src/{service['package']}/sagas/{saga['module']}.py" in files


def test_the_first_line_says_who_owns_a_file(copie: Copie) -> None:
    for template, told in largest("shop").items():
        for path, text in rendered(copie, template, told).items():
            if not path.endswith(".json"):
                first = text.splitlines()[0]
                assert "by meshgen" in first, path
                assert "change the spec" in first or "yours to edit" in first, path


@pytest.mark.parametrize("template", MODELS)
def test_stock_copier_renders_the_published_answers(tmp_path: Path, template: str) -> None:
    copier = [sys.executable, "-m", "copier", "copy", "--trust", "--defaults", "--quiet"]
    data = ["--data-file", str(ANSWERS / f"{template}.yml")]
    target = tmp_path / "out"
    command = [*copier, *data, str(template_folder(template)), str(target)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    for path in target.rglob("*"):
        if path.is_file():
            parse(path.name, path.read_text(encoding="utf-8"))
