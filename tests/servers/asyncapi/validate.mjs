// Prints what the official parser finds in a document, as JSON, and `valid` if it could be read.
import { Parser, fromFile } from '@asyncapi/parser';

const { document, diagnostics } = await fromFile(new Parser(), process.argv[2]).parse();
const found = diagnostics.map(({ code, message, path }) => ({ code, message, path: path.join('.') }));
console.log(JSON.stringify({ valid: document !== undefined, found }));
