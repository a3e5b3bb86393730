"""The typed messages: datamodel-code-generator over the JSON Schemas that the spec yields."""

from __future__ import annotations

import json
import tempfile
import warnings
from collections.abc import Container, Sequence
from pathlib import Path

from meshgen.mesh.model import ContractModule

_NO_HEADER = "# header"
_DOCS = {"types": "The values inside messages."}
_SERVICE_DOC = "The messages of {}: its events and commands."


def typed_messages(modules: Sequence[ContractModule], wanted: Container[str]) -> dict[str, str]:
    """Return `module -> source` for those of the contract modules whose names are `wanted`.

    The schemas are built from the validated spec, so none of datamodel-code-generator's
    extensions (`customTypePath`, `x-python-*`) can arrive from a user's text.
    """
    chosen = [module for module in modules if module.name in wanted]
    if not chosen:
        return {}
    names = {"types", *(module.name for module in chosen)}
    read = [module for module in modules if module.name in names]
    # Imported here: half a second that `--help` and `check` do not need.
    from datamodel_code_generator import InputFileType, PythonVersion, generate
    from datamodel_code_generator.enums import DataModelType, DefaultValueType

    with tempfile.TemporaryDirectory(prefix="meshgen-") as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        schemas, output = Path(folder, "schemas"), Path(folder, "output")
        schemas.mkdir()
        for module in read:
            document = json.dumps(module.schema)
            (schemas / f"{module.name}.json").write_text(document, encoding="utf-8")
        generate(
            schemas,
            output=output,
            input_file_type=InputFileType.JsonSchema,
            output_model_type=DataModelType.PydanticV2BaseModel,
            target_python_version=PythonVersion.PY_311,
            formatters=[],
            custom_file_header=_NO_HEADER,
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
        sources = {m.name: (output / f"{m.name}.py").read_text(encoding="utf-8") for m in chosen}
    return {
        name: source.replace(_NO_HEADER, f'"""{_DOCS.get(name, _SERVICE_DOC).format(name)}"""', 1)
        for name, source in sources.items()
    }
