"""The typed messages: datamodel-code-generator over the JSON Schemas that the spec yields."""

from __future__ import annotations

import json
import tempfile
import warnings
from collections.abc import Sequence
from pathlib import Path

from meshgen.mesh.model import ContractModule


def typed_messages(modules: Sequence[ContractModule]) -> dict[str, str]:
    """Return `module.py -> source` for every contract module.

    The schemas are built from the validated spec, so none of datamodel-code-generator's
    extensions (`customTypePath`, `x-python-*`) can arrive from a user's text.
    """
    # Imported here: half a second that `--help` and `check` do not need.
    from datamodel_code_generator import DataModelType, InputFileType, PythonVersion, generate

    with tempfile.TemporaryDirectory(prefix="meshgen-") as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        schemas, output = Path(folder, "schemas"), Path(folder, "output")
        schemas.mkdir()
        for module in modules:
            document = json.dumps(module.schema)
            (schemas / f"{module.name}.json").write_text(document, encoding="utf-8")
        generate(
            schemas,
            output=output,
            input_file_type=InputFileType.JsonSchema,
            output_model_type=DataModelType.PydanticV2BaseModel,
            target_python_version=PythonVersion.PY_311,
            formatters=[],
            custom_file_header="#",
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
            deserialize_default_values=["decimal"],
            allow_remote_refs=False,
        )
        return {
            f"{module.name}.py": (output / f"{module.name}.py").read_text(encoding="utf-8")
            for module in modules
        }
