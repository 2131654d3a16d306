/** Mapping templates that are none: errors, since no request that needs one could be answered (reference 03). */
import type { Integration } from '../model/snapshot.js';
import { TemplateError } from '../templates/errors.js';
import { compileTemplate } from '../templates/template.js';
import type { Cursor } from './cursor.js';
import { quote, type SourceDocument, shorten } from './document.js';

/** @param at the integration; its responses are found under their keys */
export function checkTemplates(document: SourceDocument, integration: Integration, at: Cursor): void {
  checkMap(document, integration.requestTemplates, () => at.get('requestTemplates') ?? at);
  for (const { selectionPattern, responseTemplates } of integration.responses) {
    const find = (): Cursor => {
      const response = document.follow(at.get('responses')?.get(selectionPattern ?? 'default'));
      return response?.get('responseTemplates') ?? at;
    };
    checkMap(document, responseTemplates, find);
  }
}

function checkMap(
  document: SourceDocument,
  templates: Readonly<Record<string, string>>,
  find: () => Cursor,
): void {
  for (const [key, text] of Object.entries(templates)) {
    const problem = knownProblem(document, text);
    if (problem === null) continue;
    const map = find();
    const place = `template line ${problem.line} column ${problem.column}`;
    document.error(
      map.get(key) ?? map,
      `The template for ${quote(key)} is refused at ${place}, ${shorten(problem.reason)}: correct it.`,
    );
  }
}

export interface TemplateProblem {
  readonly line: number;
  readonly column: number;
  readonly reason: string;
}

/** An integration shared by many operations is checked for each of them; its templates are compiled once. */
const checked = new WeakMap<SourceDocument, Map<string, TemplateProblem | null>>();

function knownProblem(document: SourceDocument, text: string): TemplateProblem | null {
  let known = checked.get(document);
  if (known === undefined) {
    known = new Map();
    checked.set(document, known);
  }
  let problem = known.get(text);
  if (problem === undefined) {
    problem = templateProblem(text);
    known.set(text, problem);
  }
  return problem;
}

/** Why a text is no mapping template; null when it is one. */
export function templateProblem(text: string): TemplateProblem | null {
  try {
    compileTemplate(text);
    return null;
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    const { line, column, message } = error;
    return { line, column, reason: message.replace(/ \(line \d+, column \d+\)$/, '') };
  }
}
