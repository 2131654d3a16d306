/** Templates of gateway responses: plain substitution, no directives (reference 05 section 3.3). */
import type { Exchange } from '../exchange/exchange.js';
import type { GatewayResponseType } from '../exchange/gateway-response.js';
import type { Variable, Variables } from './variables.js';

/** The payload limit of reference 10: a template that names a long header often could exceed any bound. */
const MAX_CHARACTERS = 10_485_760;

/** Names end before a `.` or `-` that no name follows, so that a sentence can end behind a variable. */
const REFERENCE =
  /\$(?:context\.(\w+(?:\.\w+)*)|stageVariables\.(\w+)|method\.request\.(header|querystring|path)\.(\w+(?:[.-]+\w+)*))/g;

const VALIDATION_ERROR = 'error.validationErrorString';

export class ResponseTemplate {
  readonly #pieces: readonly (string | Variable)[];

  constructor(text: string, variables: Variables) {
    const pieces: (string | Variable)[] = [];
    let from = 0;
    for (const match of text.matchAll(REFERENCE)) {
      pieces.push(text.slice(from, match.index), ...compileReference(match, variables));
      from = match.index + match[0].length;
    }
    pieces.push(text.slice(from));
    this.#pieces = joined(pieces);
  }

  /** Undefined: the text would be longer than any answer may be. */
  render(exchange: Exchange, response: GatewayResponseType): string | undefined {
    let text = '';
    for (const piece of this.#pieces) {
      text += typeof piece === 'string' ? piece : (piece(exchange, response) ?? '');
      if (text.length > MAX_CHARACTERS) return undefined;
    }
    return text;
  }
}

function compileReference(match: RegExpExecArray, variables: Variables): (string | Variable)[] {
  const [, context, stageVariable, place, name] = match;
  if (context !== undefined) return compileContext(context, variables);
  if (stageVariable !== undefined) return [variables.stageVariable(stageVariable)];
  return [variables.request(place ?? '', name ?? '')];
}

/** The longest path that is a variable; what follows it is text. One that is none is empty, as in mapping templates. */
function compileContext(path: string, variables: Variables): (string | Variable)[] {
  for (let end = path.length; end > 0; end = path.lastIndexOf('.', end - 1)) {
    const name = path.slice(0, end);
    if (!variables.isContext(name)) continue;
    const variable = name === VALIDATION_ERROR ? validationError : variables.context(name);
    return [variable ?? '', path.slice(end)];
  }
  return [];
}

/**
 * The details quote names of the request, and every template in use puts them into a JSON string: quotes in them come
 * with a backslash, which is what clients of API Gateway parse.
 */
const validationError: Variable = ({ validationError: text }) => JSON.stringify(text).slice(1, -1);

/** Texts next to each other become one. */
function joined(pieces: readonly (string | Variable)[]): (string | Variable)[] {
  const result: (string | Variable)[] = [];
  for (const piece of pieces) {
    const last = result.at(-1);
    if (typeof piece === 'string' && typeof last === 'string') result[result.length - 1] = last + piece;
    else if (piece !== '') result.push(piece);
  }
  return result;
}
