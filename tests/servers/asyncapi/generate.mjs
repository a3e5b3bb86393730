// Generates a Python package of pydantic models from a document, with Modelina.
import { basename } from 'node:path';
import { PYTHON_PYDANTIC_PRESET, PythonFileGenerator } from '@asyncapi/modelina';
import { Parser, fromFile } from '@asyncapi/parser';

const [source, target] = process.argv.slice(2);
const { document } = await fromFile(new Parser(), source).parse();
const generator = new PythonFileGenerator({
  presets: [PYTHON_PYDANTIC_PRESET],
  // By default the constant is quoted twice, which is no Python.
  constraints: { constant: ({ constrainedMetaModel: { options } }) => options.const?.originalInput },
});
await generator.generateToFiles(document, target, { packageName: basename(target), importsStyle: 'explicit' });
