/**
 * An integration's `uri`, compiled (reference 02 section 4). Stage variables are resolved when the configuration is
 * applied; `{name}` is filled per request from `integration.request.path.name`. Everything else is sent as written.
 */
import type { Exchange } from '../exchange/exchange.js';
import { GATEWAY_RESPONSES, type GatewayResponseType } from '../exchange/gateway-response.js';
import type { TlsConfig } from '../model/snapshot.js';
import type { BodyText } from './body-text.js';
import { climbs, inspectRawPath } from './dot-segments.js';
import { type Endpoint, parseEndpoint } from './endpoint.js';
import { encodePathText, encodeQueryComponent } from './percent-encoding.js';
import type { RequestSource } from './request-mapping.js';
import { readText } from './source.js';

/** Why a request cannot be sent: the answer, and the sentence for the log. */
export interface UriFault {
  readonly response: GatewayResponseType;
  readonly cause: string;
}

const INVALID_ENDPOINT: UriFault = {
  response: GATEWAY_RESPONSES.API_CONFIGURATION_ERROR,
  cause: 'Execution failed due to configuration error: Invalid endpoint address',
};

/** A client's value that leaves its place in the path, or cannot stand in a URI. */
const REFUSED_VALUE: UriFault = {
  response: GATEWAY_RESPONSES.BAD_REQUEST,
  cause: '',
};

function withoutValue(name: string): UriFault {
  return {
    response: GATEWAY_RESPONSES.API_CONFIGURATION_ERROR,
    cause: `Execution failed due to configuration error: {${name}} in the integration URI has no value`,
  };
}

export interface UriSettings {
  readonly uri: string;
  readonly stageVariables: Readonly<Record<string, string>>;
  /** Sources of `integration.request.path.*`. */
  readonly path: ReadonlyMap<string, RequestSource>;
  readonly tls: TlsConfig | undefined;
  /** A template may fill placeholders: one without a source is a fault of those requests that leave it empty. */
  readonly overridable?: boolean;
}

/** Texts by placeholder that stand over the mapped ones; null: none. */
export type PlaceholderTexts = ReadonlyMap<string, string> | null;

export class UriTemplate {
  /** Every call fails so; null for a sound URI. */
  readonly fault: UriFault | null = null;
  /** Constant unless placeholders stand in the host or port. */
  readonly endpoint: Endpoint | null = null;
  readonly #scheme: 'http' | 'https' = 'http';
  readonly #tls: TlsConfig | undefined;
  readonly #authority: Part = NO_PART;
  readonly #path: Part = NO_PART;
  readonly #query: Part = NO_PART;

  constructor(settings: UriSettings) {
    this.#tls = settings.tls;
    const parts = splitUri(resolveStageVariables(settings.uri, settings.stageVariables));
    if (parts === undefined) {
      this.fault = INVALID_ENDPOINT;
      return;
    }
    const unmapped = parts.names.find((name) => !settings.path.has(name));
    if (unmapped !== undefined && settings.overridable !== true) {
      this.fault = withoutValue(unmapped);
      return;
    }
    this.#scheme = parts.scheme;
    this.#authority = bindPart(parts.authority, settings.path);
    this.#path = bindPart(parts.path, settings.path);
    this.#query = bindPart(parts.query, settings.path);
    if (this.#authority.holes.length > 0) return;
    this.endpoint = parseEndpoint(this.#scheme, this.#authority.head, settings.tls) ?? null;
    if (this.endpoint === null) this.fault = INVALID_ENDPOINT;
  }

  /** Meaningful without a fault. */
  get scheme(): 'http' | 'https' {
    return this.#scheme;
  }

  /** The endpoint of one request. */
  endpointOf(exchange: Exchange, body: BodyText | null, texts: PlaceholderTexts = null): Endpoint | UriFault {
    if (this.endpoint !== null) return this.endpoint;
    let authority = this.#authority.head;
    for (const hole of this.#authority.holes) {
      const value = textOf(hole, exchange, body, texts);
      if (value === undefined) return withoutValue(hole.name);
      authority += value + hole.tail;
    }
    return parseEndpoint(this.#scheme, authority, this.#tls) ?? INVALID_ENDPOINT;
  }

  /** The path of one request; starts with `/`. */
  pathOf(exchange: Exchange, body: BodyText | null, texts: PlaceholderTexts = null): string | UriFault {
    const { head, holes } = this.#path;
    let path = head;
    let suspicious = false;
    for (const hole of holes) {
      const { source } = hole;
      let value: string | undefined;
      if (source.kind === 'path' && !texts?.has(hole.name)) {
        // The backend sees the text the client sent: percent sequences and the slashes of a greedy value stay.
        value = exchange.pathParameters[source.index] ?? '';
        if (value === '') return withoutValue(hole.name);
        const inspection = inspectRawPath(value);
        if (inspection === 'refused') return REFUSED_VALUE;
        suspicious ||= inspection === 'dots' || (hole.glued && value.includes('.'));
      } else {
        value = textOf(hole, exchange, body, texts);
        if (value === undefined) return withoutValue(hole.name);
        value = encodePathText(value);
        suspicious ||= !isFixed(hole, texts) && value.includes('.');
      }
      path += value + hole.tail;
    }
    return suspicious && this.#climbs(exchange, body, texts) ? REFUSED_VALUE : path;
  }

  /** The query that stands in the URI, filled; empty if none. Values are always encoded as one component. */
  queryOf(exchange: Exchange, body: BodyText | null, texts: PlaceholderTexts = null): string | UriFault {
    let query = this.#query.head;
    for (const hole of this.#query.holes) {
      const value = textOf(hole, exchange, body, texts);
      if (value === undefined) return withoutValue(hole.name);
      query += encodeQueryComponent(value) + hole.tail;
    }
    return query;
  }

  /** False when the URI has no query in any request. */
  get hasQuery(): boolean {
    return this.#query.head !== '' || this.#query.holes.length > 0;
  }

  /** The slow, exact check: builds the path again and looks at every value between the slashes around it. */
  #climbs(exchange: Exchange, body: BodyText | null, texts: PlaceholderTexts): boolean {
    let path = this.#path.head;
    const spans: [start: number, end: number][] = [];
    for (const hole of this.#path.holes) {
      const { source } = hole;
      const start = path.length;
      path +=
        source.kind === 'path' && !texts?.has(hole.name)
          ? (exchange.pathParameters[source.index] ?? '')
          : encodePathText(textOf(hole, exchange, body, texts) ?? '');
      if (!isFixed(hole, texts)) spans.push([start, path.length]);
      path += hole.tail;
    }
    return spans.some(([start, end]) => {
      const next = path.indexOf('/', end);
      return climbs(path.slice(path.lastIndexOf('/', start - 1) + 1, next < 0 ? path.length : next));
    });
  }
}

// ------------------------------------------------------------------ parsing

/** Stands for a placeholder while the URI is taken apart; a URI that holds one itself is refused before. */
const HOLE = '\0';
const STAGE_VARIABLE = /\$\{stageVariables\.([^{}]*)\}/g;
/** `${name}` is no placeholder and stays as it is (reference 02 section 4). */
const PLACEHOLDER = /(?<!\$)\{([^{}]*)\}/g;
const UNSENDABLE = /[\0- \x7f]/;
const URI = /^(https?):\/\/([^/?#]+)([^?#]*)(?:\?([^#]*))?(?:#.*)?$/is;

interface UnboundPart {
  /** With a `HOLE` for each of `names`. */
  readonly text: string;
  readonly names: readonly string[];
}

interface UriParts {
  readonly scheme: 'http' | 'https';
  readonly authority: UnboundPart;
  readonly path: UnboundPart;
  readonly query: UnboundPart;
  /** Placeholders of all parts. */
  readonly names: readonly string[];
}

/** Unknown stage variables are empty text. */
export function resolveStageVariables(text: string, variables: Readonly<Record<string, string>>): string {
  return text.replace(STAGE_VARIABLE, (_, name: string) =>
    Object.hasOwn(variables, name) ? (variables[name] ?? '') : '',
  );
}

/** Undefined when the text is no http(s) URI. */
function splitUri(uri: string): UriParts | undefined {
  if (UNSENDABLE.test(uri)) return undefined;
  const names: string[] = [];
  const text = uri.replace(PLACEHOLDER, (_, name: string) => {
    names.push(name);
    return HOLE;
  });
  const match = URI.exec(text);
  if (match === null) return undefined;
  const [, scheme = '', authority = '', path = '', query = ''] = match;
  let taken = 0;
  const part = (partText: string): UnboundPart => {
    const count = partText.split(HOLE).length - 1;
    const own = names.slice(taken, taken + count);
    taken += count;
    return { text: partText, names: own };
  };
  const parts = { authority: part(authority), path: part(asciiOnly(path)), query: part(asciiOnly(query)) };
  return {
    ...parts,
    // Placeholders of a fragment go the way of the fragment, which is never sent.
    names: names.slice(0, taken),
    scheme: scheme.toLowerCase() === 'https' ? 'https' : 'http',
    path: parts.path.text === '' ? { text: '/', names: [] } : parts.path,
  };
}

/** Letters above ASCII in the URI itself go out as percent-encoded UTF-8. */
function asciiOnly(text: string): string {
  return text.replace(/[^\0-\x7f]+/g, (run) => encodeURIComponent(Buffer.from(run, 'utf8').toString('utf8')));
}

interface Hole {
  readonly name: string;
  readonly source: RequestSource;
  /** Constant text up to the next placeholder or the end. */
  readonly tail: string;
  /** Its segment has other characters than the value's: a lone `.` could become `..`. */
  readonly glued: boolean;
}

interface Part {
  /** Constant text up to the first placeholder. */
  readonly head: string;
  readonly holes: readonly Hole[];
}

const NO_PART: Part = { head: '', holes: [] };
const NOTHING: RequestSource = { kind: 'nothing' };

/** The text for a placeholder; undefined: it has no value. */
function textOf(
  hole: Hole,
  exchange: Exchange,
  body: BodyText | null,
  texts: PlaceholderTexts,
): string | undefined {
  const text = texts?.get(hole.name);
  if (text === undefined) return readText(hole.source, exchange, body);
  return text === '' ? undefined : text;
}

/** The same in every request: not a client's to shape. */
function isFixed(hole: Hole, texts: PlaceholderTexts): boolean {
  return hole.source.kind === 'constant' && !texts?.has(hole.name);
}

function bindPart(part: UnboundPart, sources: ReadonlyMap<string, RequestSource>): Part {
  const texts = part.text.split(HOLE);
  const holes: Hole[] = [];
  part.names.forEach((name, index) => {
    const source = sources.get(name) ?? NOTHING;
    const tail = texts[index + 1] ?? '';
    const before = texts[index] ?? '';
    const last = index === part.names.length - 1;
    const glued = !before.endsWith('/') || !(tail.startsWith('/') || (last && tail === ''));
    holes.push({ name, source, tail, glued });
  });
  return { head: texts[0] ?? '', holes };
}
