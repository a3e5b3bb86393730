"""`python -m meshgen.output.publish`: write the contract of each template next to it.

The questions of its copier.yml and its answers.schema.json, both made of the answers' model.
"""

from __future__ import annotations

import json
from pathlib import Path

import yaml

from meshgen.output.answers import MODELS, Answers
from meshgen.output.templates import CONFIG, SCHEMA, template_folder

_MARK = "# Generated from meshgen.output.answers by `make schemas`.\n"
_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def published(name: str) -> dict[Path, str]:
    """The files that write down the contract of a template: path -> text."""
    folder, model = template_folder(name), MODELS[name]
    settings = (folder / CONFIG).read_text(encoding="utf-8").partition(_MARK)[0]
    return {
        folder / CONFIG: settings + _MARK + _questions(model),
        folder / SCHEMA: json.dumps(_schema(model), indent=2) + "\n",
    }


def _questions(model: type[Answers]) -> str:
    """Each is a record: `yaml` is what Copier calls a question with an answer of any shape."""
    questions = {
        field: {"type": "yaml", "help": info.description}
        for field, info in model.model_fields.items()
    }
    return yaml.safe_dump(questions, sort_keys=False, width=100)


def _schema(model: type[Answers]) -> dict[str, object]:
    return {"$schema": _DIALECT, **model.model_json_schema()}


def main() -> None:
    """Write the files of every template."""
    for name in MODELS:
        for path, text in published(name).items():
            path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
