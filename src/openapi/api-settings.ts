/** Extensions at the root of a document: what holds for the whole API. */
import type { Definition, GatewayResponse, RequestValidator } from '../model/snapshot.js';
import type { Cursor } from './cursor.js';
import { quote, type SourceDocument } from './document.js';
import { checkExtensions, PREFIX } from './extensions.js';
import { jsonText } from './json-text.js';
import { GATEWAY_RESPONSE_MAPPING, readMappings, readTemplates } from './text-maps.js';

const MAX_COMPRESSION_SIZE = 10_485_760;

/** Reference 05 section 3. */
const GATEWAY_RESPONSE_TYPES: ReadonlySet<string> = new Set([
  'ACCESS_DENIED',
  'API_CONFIGURATION_ERROR',
  'AUTHORIZER_CONFIGURATION_ERROR',
  'AUTHORIZER_FAILURE',
  'BAD_REQUEST_BODY',
  'BAD_REQUEST_PARAMETERS',
  'DEFAULT_4XX',
  'DEFAULT_5XX',
  'EXPIRED_TOKEN',
  'INTEGRATION_FAILURE',
  'INTEGRATION_TIMEOUT',
  'INVALID_API_KEY',
  'INVALID_SIGNATURE',
  'MISSING_AUTHENTICATION_TOKEN',
  'QUOTA_EXCEEDED',
  'REQUEST_TOO_LARGE',
  'RESOURCE_NOT_FOUND',
  'THROTTLED',
  'UNAUTHORIZED',
  'UNSUPPORTED_MEDIA_TYPE',
  'WAF_FILTERED',
]);

const STATUS_CODE = /^[2-5]\d\d$/;
const DIRECTIVE =
  /\$!?\{?(?:input|util)\b|\$!?\{(?:context|stageVariables|method)\b|#(?:set|if|else|elseif|end|foreach)\b/;

export type ApiSettings = Pick<
  Definition,
  | 'name'
  | 'version'
  | 'description'
  | 'binaryMediaTypes'
  | 'minimumCompressionSize'
  | 'apiKeySource'
  | 'policy'
  | 'requestValidators'
  | 'gatewayResponses'
>;

export function readApiSettings(document: SourceDocument, version: 2 | 3): ApiSettings {
  const { root } = document;
  checkExtensions(document, root, 'root');
  const components = version === 3 ? document.map(root.get('components')) : undefined;
  if (components !== undefined) checkExtensions(document, components, 'components');
  const info = document.map(root.get('info'));
  const name = document.text(info?.get('title'), 'warning');
  if (name === undefined) {
    document.warn(info ?? root, 'The document has no info.title, so the API has no name: add one.');
  }
  const settings: ApiSettings = {
    name: name ?? '',
    version: document.text(info?.get('version'), 'warning') ?? '',
    description: document.text(info?.get('description'), 'warning') ?? '',
    binaryMediaTypes: document.texts(extension(root, 'binary-media-types')),
    apiKeySource: readApiKeySource(document),
    requestValidators: readValidators(document),
    gatewayResponses: readGatewayResponses(document),
  };
  const size = document.integer(extension(root, 'minimum-compression-size'), 0, MAX_COMPRESSION_SIZE);
  if (size !== undefined) settings.minimumCompressionSize = size;
  const policy = readPolicy(document);
  if (policy !== undefined) settings.policy = policy;
  return settings;
}

function extension(owner: Cursor, name: string): Cursor | undefined {
  return owner.get(PREFIX + name);
}

function readApiKeySource(document: SourceDocument): Definition['apiKeySource'] {
  const cursor = extension(document.root, 'api-key-source');
  const text = document.text(cursor)?.toUpperCase();
  if (text === 'AUTHORIZER' || text === 'HEADER' || cursor === undefined || text === undefined) {
    return text === 'AUTHORIZER' ? 'AUTHORIZER' : 'HEADER';
  }
  document.warn(
    cursor,
    `The API key source ${quote(text)} is unknown, HEADER is used: write HEADER or AUTHORIZER.`,
  );
  return 'HEADER';
}

function readValidators(document: SourceDocument): RequestValidator[] {
  const validators: RequestValidator[] = [];
  for (const member of document.map(extension(document.root, 'request-validators'))?.members() ?? []) {
    const map = document.map(member);
    if (map === undefined) continue;
    validators.push({
      name: member.key,
      validateRequestBody: document.boolean(map.get('validateRequestBody')) ?? false,
      validateRequestParameters: document.boolean(map.get('validateRequestParameters')) ?? false,
    });
  }
  return validators;
}

function readGatewayResponses(document: SourceDocument): GatewayResponse[] {
  const responses: GatewayResponse[] = [];
  for (const member of document.map(extension(document.root, 'gateway-responses'))?.members() ?? []) {
    const map = document.map(member);
    if (map === undefined) continue;
    const responseType = member.key.toUpperCase();
    if (!GATEWAY_RESPONSE_TYPES.has(responseType)) {
      document.warn(
        member,
        `${quote(member.key)} is no gateway response type and is ignored: correct its name.`,
      );
      continue;
    }
    const response: GatewayResponse = {
      responseType,
      responseParameters: readMappings(
        document,
        map.get('responseParameters'),
        GATEWAY_RESPONSE_MAPPING,
        (key, value) =>
          `The mapping of ${quote(key)} must be a text, but is ${value} and is ignored: quote it.`,
      ),
      responseTemplates: readTemplates(document, map.get('responseTemplates'), ''),
    };
    const statusCode = readStatusCode(document, map.get('statusCode'));
    if (statusCode !== undefined) response.statusCode = statusCode;
    warnDirectives(document, map);
    responses.push(response);
  }
  return responses;
}

function readStatusCode(document: SourceDocument, cursor: Cursor | undefined): string | undefined {
  const text = document.text(cursor);
  if (cursor === undefined || text === undefined || STATUS_CODE.test(text)) return text;
  const message = `The status code ${quote(text)} is ignored, the type's own is used: write a code from 200 to 599.`;
  document.warn(cursor, message);
  return undefined;
}

/** What a mapping template would execute is plain text in a gateway response (reference 05 section 3.3). */
function warnDirectives(document: SourceDocument, response: Cursor): void {
  for (const member of document.map(response.get('responseTemplates'))?.members() ?? []) {
    const { node } = member;
    const found = node.kind === 'scalar' ? DIRECTIVE.exec(node.text)?.[0] : undefined;
    if (found === undefined) continue;
    const message = `Templates of gateway responses only fill in $context, $stageVariables and $method.request variables, ${quote(found)} stays as it is: remove it.`;
    document.warn(member, message);
  }
}

/** An object, or a text that holds one. What cannot be understood is an error: a policy keeps people out. */
function readPolicy(document: SourceDocument): string | undefined {
  const cursor = extension(document.root, 'policy');
  if (cursor === undefined) return undefined;
  if (cursor.node.kind === 'map') return jsonText(document, cursor);
  const text = document.text(cursor) ?? '';
  if (!isJsonObject(text)) {
    document.error(cursor, 'The resource policy is neither an object nor a JSON text of one: correct it.');
  }
  return text;
}

function isJsonObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}
