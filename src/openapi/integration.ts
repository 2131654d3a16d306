/** `x-amazon-apigateway-integration` (reference 08 section 2.1). */
import type {
  ContentHandling,
  Integration,
  IntegrationResponse,
  IntegrationType,
  PassthroughBehavior,
  TlsConfig,
} from '../model/snapshot.js';
import { type ReportUpstream, readUpstream, UPSTREAM_NAME } from '../upstream/balancing/read-upstream.js';
import type { ImportContext } from './context.js';
import type { Cursor } from './cursor.js';
import { quote, type SourceDocument } from './document.js';
import { plainValue } from './plain-value.js';
import { REQUEST_MAPPING, RESPONSE_MAPPING, readMappings, readTemplates } from './text-maps.js';
import { wrongMappingType } from './warnings.js';

const TYPES: ReadonlySet<string> = new Set(['HTTP', 'HTTP_PROXY', 'AWS', 'AWS_PROXY', 'MOCK']);
const PASSTHROUGH: ReadonlySet<string> = new Set(['WHEN_NO_MATCH', 'WHEN_NO_TEMPLATES', 'NEVER']);
const CONTENT_HANDLING: ReadonlySet<string> = new Set(['CONVERT_TO_TEXT', 'CONVERT_TO_BINARY']);
const CONNECTION_TYPES: ReadonlySet<string> = new Set(['INTERNET', 'VPC_LINK']);
const TRANSFER_MODES: ReadonlySet<string> = new Set(['BUFFERED', 'STREAM']);

/** Beyond API Gateway: the upstream behind an HTTP integration. */
export const UPSTREAM = 'x-propylon-upstream';

const MEMBERS: ReadonlySet<string> = new Set([
  'type',
  'uri',
  'httpMethod',
  'credentials',
  'passthroughBehavior',
  'contentHandling',
  'requestParameters',
  'requestTemplates',
  'responses',
  'cacheNamespace',
  'cacheKeyParameters',
  'connectionType',
  'connectionId',
  'timeoutInMillis',
  'tlsConfig',
  'responseTransferMode',
  'integrationTarget',
  'payloadFormatVersion',
  'integrationSubtype',
  UPSTREAM,
]);

export const DEFAULT_TIMEOUT = 29_000;
const LEAST_TIMEOUT = 50;
const MOST_TIMEOUT = 29_000;
/** Of streaming integrations: 15 minutes. */
const MOST_STREAM_TIMEOUT = 900_000;
const STATUS_CODE = /^[1-5]\d\d$/;

/** For messages and defaults: the method an integration belongs to. */
export interface IntegrationOwner {
  readonly resourceId: string;
  readonly path: string;
  readonly httpMethod: string;
}

/** Undefined after an error. `at` is the integration object, behind any `$ref`. */
export function readIntegration(
  context: ImportContext,
  owner: IntegrationOwner,
  at: Cursor,
): Integration | undefined {
  const { document } = context;
  const type = readType(document, at);
  if (type === undefined) return undefined;
  checkMembers(document, at);
  const transfer = choice(document, at.get('responseTransferMode'), TRANSFER_MODES) ?? 'BUFFERED';
  const integration: Integration = {
    type,
    passthroughBehavior: (choice(document, at.get('passthroughBehavior'), PASSTHROUGH) ??
      'WHEN_NO_MATCH') as PassthroughBehavior,
    requestParameters: readMappings(document, at.get('requestParameters'), REQUEST_MAPPING, (key, value) =>
      wrongMappingType('requestParameters', key, owner.path, owner.httpMethod, value),
    ),
    requestTemplates: readTemplates(document, at.get('requestTemplates'), ''),
    responses: readResponses(document, owner, at.get('responses'), type),
    cacheNamespace: document.text(at.get('cacheNamespace')) ?? owner.resourceId,
    cacheKeyParameters: document.texts(at.get('cacheKeyParameters')),
    connectionType: (choice(document, at.get('connectionType'), CONNECTION_TYPES) ??
      'INTERNET') as Integration['connectionType'],
    timeoutInMillis: readTimeout(document, at.get('timeoutInMillis'), transfer === 'STREAM'),
    responseTransferMode: transfer as Integration['responseTransferMode'],
  };
  readEndpoint(document, at, integration);
  const upstream = readUpstreamOf(document, at, type);
  if (upstream !== undefined) integration.upstream = upstream;
  const contentHandling = readContentHandling(document, at);
  const tlsConfig = readTlsConfig(document, at.get('tlsConfig'));
  if (contentHandling !== undefined) integration.contentHandling = contentHandling;
  if (tlsConfig !== undefined) integration.tlsConfig = tlsConfig;
  checkUpstream(document, at, integration);
  for (const key of OPTIONAL_TEXTS) {
    const text = document.text(at.get(key));
    if (text !== undefined) integration[key] = text;
  }
  return integration;
}

const OPTIONAL_TEXTS = [
  'credentials',
  'connectionId',
  'integrationTarget',
  'payloadFormatVersion',
  'integrationSubtype',
] as const;

function readType(document: SourceDocument, at: Cursor): IntegrationType | undefined {
  const cursor = at.get('type');
  const known = 'http, http_proxy, aws, aws_proxy or mock';
  if (cursor === undefined) {
    document.error(at, `The integration has no type: add "type" with ${known}.`);
    return undefined;
  }
  const text = document.text(cursor);
  const type = text?.toUpperCase() ?? '';
  if (TYPES.has(type)) return type as IntegrationType;
  document.error(cursor, `The integration type ${quote(text ?? '')} is unknown: write ${known}.`);
  return undefined;
}

function checkMembers(document: SourceDocument, at: Cursor): void {
  for (const member of at.members()) {
    if (MEMBERS.has(member.key)) continue;
    document.warn(
      member,
      `${quote(member.key)} is no member of an integration and is ignored: remove or move it.`,
    );
  }
  const format = at.get('payloadFormatVersion');
  const version = document.text(format);
  if (format !== undefined && version !== undefined && !/^1(?:\.0)?$/.test(version)) {
    const message = `A REST API always sends payload format 1.0, ${quote(version)} is ignored: write "1.0" or remove it.`;
    document.warn(format, message);
  }
}

/** MOCK drops method and address of the document (recorded). */
function readEndpoint(document: SourceDocument, at: Cursor, integration: Integration): void {
  if (integration.type === 'MOCK') return;
  const httpMethod = document.text(at.get('httpMethod'))?.toUpperCase();
  if (httpMethod !== undefined) integration.httpMethod = httpMethod;
  const cursor = at.get('uri');
  const uri = document.text(cursor);
  if (uri !== undefined && uri !== '') {
    integration.uri = uri;
  } else if (cursor === undefined || !document.isFunction(cursor)) {
    // An unresolved function has been refused already.
    document.error(
      cursor ?? at,
      `The ${integration.type} integration has no uri: add the address of its backend.`,
    );
  }
}

/** An upper-cased member of `values`; anything else is reported and undefined. */
function choice(
  document: SourceDocument,
  cursor: Cursor | undefined,
  values: ReadonlySet<string>,
): string | undefined {
  const text = document.text(cursor);
  if (cursor === undefined || text === undefined) return undefined;
  const upper = text.toUpperCase();
  if (values.has(upper)) return upper;
  const known = [...values].join(', ');
  document.warn(
    cursor,
    `${quote(cursor.key)} cannot be ${quote(text)}, which is ignored: write one of ${known}.`,
  );
  return undefined;
}

function readContentHandling(document: SourceDocument, at: Cursor): ContentHandling | undefined {
  return choice(document, at.get('contentHandling'), CONTENT_HANDLING) as ContentHandling | undefined;
}

function readTimeout(document: SourceDocument, cursor: Cursor | undefined, streaming: boolean): number {
  const text = document.text(cursor);
  if (cursor === undefined || text === undefined) return DEFAULT_TIMEOUT;
  const most = streaming ? MOST_STREAM_TIMEOUT : MOST_TIMEOUT;
  if (!/^\d{1,9}$/.test(text) || Number(text) === 0) {
    const message = `timeoutInMillis must be a number of milliseconds, ${DEFAULT_TIMEOUT} is used: write ${LEAST_TIMEOUT} to ${most}.`;
    document.warn(cursor, message);
    return DEFAULT_TIMEOUT;
  }
  const value = Number(text);
  if (value < LEAST_TIMEOUT || value > most) {
    const message = `API Gateway refuses timeoutInMillis ${value}, it is used as written: write ${LEAST_TIMEOUT} to ${most}.`;
    document.warn(cursor, message);
  }
  return value;
}

function readTlsConfig(document: SourceDocument, cursor: Cursor | undefined): TlsConfig | undefined {
  const at = document.map(cursor);
  if (at === undefined) return undefined;
  const config: TlsConfig = {
    insecureSkipVerification: document.boolean(at.get('insecureSkipVerification')) ?? false,
  };
  const name = document.text(at.get('serverNameToVerify'));
  if (name !== undefined) config.serverNameToVerify = name;
  return config;
}

/** The name of an upstream, or one as JSON text. What cannot be used is an error: requests would go somewhere else. */
function readUpstreamOf(document: SourceDocument, at: Cursor, type: IntegrationType): string | undefined {
  const cursor = at.get(UPSTREAM);
  if (cursor === undefined) return undefined;
  if (type !== 'HTTP' && type !== 'HTTP_PROXY') {
    document.warn(cursor, `${UPSTREAM} has an effect on http and http_proxy only: remove it.`);
    return undefined;
  }
  if (cursor.node.kind === 'scalar' || document.isFunction(cursor)) {
    const name = document.text(cursor);
    if (name === undefined || UPSTREAM_NAME.test(name)) return name;
    document.error(
      cursor,
      `${UPSTREAM} must be the name of an upstream or an object with targets, not ${quote(name)}: correct it.`,
    );
    return undefined;
  }
  const value = plainValue(cursor.node);
  const report: ReportUpstream = (path, message) => {
    let place = cursor;
    for (const key of path) place = place.get(String(key)) ?? place;
    const way = path.map((key) => (typeof key === 'number' ? `[${key}]` : `.${key}`)).join('');
    document.error(place, `${UPSTREAM}${way} ${message}.`);
  };
  return readUpstream(value, false, report) === undefined ? undefined : JSON.stringify(value);
}

export const TLS_CONFIG_WITH_UPSTREAM =
  'tlsConfig has no effect with an upstream: write tls in the upstream.';
export const TLS_OVER_HTTP = 'The upstream has tls, but the URI says http: write https.';

/** Whether it says anything: workers refuse such an integration with an upstream. */
export function excludesUpstream(tlsConfig: TlsConfig | undefined): boolean {
  return tlsConfig?.insecureSkipVerification === true || tlsConfig?.serverNameToVerify !== undefined;
}

/** In every stage, because no stage variable stands for the scheme. */
export function saysHttp(uri: string | undefined): boolean {
  return /^http:\/\//i.test(uri ?? '');
}

/** What no upstream of a configuration could make work: every request would be answered 500. */
function checkUpstream(document: SourceDocument, at: Cursor, integration: Integration): void {
  const { upstream, uri, tlsConfig } = integration;
  if (upstream === undefined) return;
  if (excludesUpstream(tlsConfig)) document.error(at.get('tlsConfig') ?? at, TLS_CONFIG_WITH_UPSTREAM);
  const tls = upstream.startsWith('{') && Object.hasOwn(JSON.parse(upstream), 'tls');
  if (tls && saysHttp(uri)) document.error(at.get('uri') ?? at, TLS_OVER_HTTP);
}

/** In the document's order, the order in which they are tried. */
function readResponses(
  document: SourceDocument,
  owner: IntegrationOwner,
  cursor: Cursor | undefined,
  type: IntegrationType,
): IntegrationResponse[] {
  const responses: IntegrationResponse[] = [];
  for (const member of document.map(cursor)?.members() ?? []) {
    const at = document.follow(member);
    if (at === undefined) continue;
    const statusCode = document.text(at.get('statusCode'));
    if (statusCode === undefined || !STATUS_CODE.test(statusCode)) {
      const message = `The integration response ${quote(member.key)} has no statusCode from 100 to 599 and is ignored: add one.`;
      if (!type.endsWith('_PROXY')) document.warn(at.get('statusCode') ?? member, message);
      continue;
    }
    if (responses.some((other) => other.statusCode === statusCode)) {
      const message = `API Gateway keeps one integration response for each status code and ${statusCode} has two, both are tried here: give them different codes.`;
      document.warn(member, message);
    }
    const response: IntegrationResponse = {
      statusCode,
      responseParameters: readMappings(
        document,
        at.get('responseParameters'),
        RESPONSE_MAPPING,
        (key, value) => wrongMappingType('responseParameters', key, owner.path, owner.httpMethod, value),
      ),
      responseTemplates: readTemplates(document, at.get('responseTemplates'), ''),
    };
    // An empty pattern is the default too (reference 05 section 1).
    if (member.key !== 'default' && member.key !== '') response.selectionPattern = member.key;
    const contentHandling = readContentHandling(document, at);
    if (contentHandling !== undefined) response.contentHandling = contentHandling;
    responses.push(response);
  }
  return responses;
}
