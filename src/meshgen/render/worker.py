"""`python -m meshgen.render.worker FOLDER`: JSON Schemas in, Python modules out.

A process of its own, since datamodel-code-generator takes a third of a second to import: that is
done while the spec is checked and resolved. It waits for a line on its standard input, then turns
FOLDER/schemas into FOLDER/models, with the field names of FOLDER/aliases.json.
"""

from __future__ import annotations

import json
import sys
import warnings
from pathlib import Path

HEADER = "# header"
SCHEMAS, MODELS, ALIASES = "schemas", "models", "aliases.json"


def type_messages(folder: Path) -> None:
    """Write a module for each schema in `folder`."""
    from datamodel_code_generator import InputFileType, PythonVersion, generate
    from datamodel_code_generator.enums import DataModelType, DefaultValueType

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        generate(
            folder / SCHEMAS,
            output=folder / MODELS,
            aliases=json.loads((folder / ALIASES).read_text(encoding="utf-8")),
            input_file_type=InputFileType.JsonSchema,
            output_model_type=DataModelType.PydanticV2BaseModel,
            target_python_version=PythonVersion.PY_311,
            formatters=[],
            custom_file_header=HEADER,
            disable_timestamp=True,
            disable_future_imports=True,
            use_annotated=True,
            field_constraints=True,
            use_union_operator=True,
            use_standard_collections=True,
            use_generic_container_types=True,
            use_schema_description=True,
            use_single_line_docstring=True,
            use_exact_imports=True,
            capitalise_enum_members=True,
            strict_nullable=True,
            skip_root_model=True,
            deserialize_default_values=[DefaultValueType.Decimal, DefaultValueType.Enum],
            allow_remote_refs=False,
        )


def main() -> None:
    """Import, wait until the schemas are there, work; without a line there is nothing to do."""
    import datamodel_code_generator.parser.jsonschema  # noqa: F401 - what `generate` imports

    if sys.stdin.readline():
        type_messages(Path(sys.argv[1]))


if __name__ == "__main__":
    main()
