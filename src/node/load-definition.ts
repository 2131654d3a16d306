/** OpenAPI documents from disk. */
import { type ImportOptions, type ImportResult, importDefinition } from '../openapi/import.js';
import { readText } from './read-text.js';

/** The import refuses more than the 6 MB API Gateway takes, with a better message. */
const MAX_BYTES = 16 * 1024 * 1024;

/**
 * Reads and imports a document. Never throws: a file that cannot be read is a problem like any other.
 * @param shownPath name of the document in problems
 */
export function loadDefinition(path: string, shownPath: string, options: ImportOptions = {}): ImportResult {
  let text: string;
  try {
    text = readText(path, MAX_BYTES);
  } catch (error) {
    const place = { file: shownPath, line: 1, column: 1, pointer: '' };
    const message = `The document cannot be read: ${(error as Error).message}.`;
    return { problems: [{ severity: 'error', ...place, message }], locate: () => place };
  }
  return importDefinition(text, shownPath, options);
}
