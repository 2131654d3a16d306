/** Where the parts of an imported definition stand in its document, as JSON pointers for `Locate`. */
import type {
  GatewayResponse,
  Integration,
  IntegrationResponse,
  Method,
  Resource,
} from '../model/snapshot.js';
import { escapePointer } from './cursor.js';
import { ANY_METHOD, INTEGRATION } from './extensions.js';

export interface PlacedMethod {
  readonly resource: Resource;
  readonly method: Method;
  /** Of the operation. */
  readonly pointer: string;
}

export function* placedMethods(resources: readonly Resource[]): Generator<PlacedMethod, void, undefined> {
  for (const resource of resources) {
    for (const method of resource.methods) {
      const key = method.httpMethod === 'ANY' ? ANY_METHOD : method.httpMethod.toLowerCase();
      yield { resource, method, pointer: `/paths/${escapePointer(resource.path)}/${key}` };
    }
  }
}

export interface PlacedText {
  readonly text: string;
  readonly pointer: string;
}

/** Texts of a map under `pointer`. */
function* texts(
  map: Readonly<Record<string, string>>,
  pointer: string,
): Generator<PlacedText, void, undefined> {
  for (const [key, text] of Object.entries(map)) yield { text, pointer: `${pointer}/${escapePointer(key)}` };
}

export function integrationPointer(operation: string, member = ''): string {
  return `${operation}/${INTEGRATION}${member}`;
}

function responsePointer(operation: string, response: IntegrationResponse): string {
  return integrationPointer(operation, `/responses/${escapePointer(response.selectionPattern ?? 'default')}`);
}

/** Request and response templates of an integration. */
export function* templates(
  integration: Integration,
  operation: string,
): Generator<PlacedText, void, undefined> {
  yield* texts(integration.requestTemplates, integrationPointer(operation, '/requestTemplates'));
  for (const response of integration.responses) {
    yield* texts(response.responseTemplates, `${responsePointer(operation, response)}/responseTemplates`);
  }
}

/** Sources of request and response parameter mappings. */
export function* mappingSources(
  integration: Integration,
  operation: string,
): Generator<PlacedText, void, undefined> {
  yield* texts(integration.requestParameters, integrationPointer(operation, '/requestParameters'));
  for (const response of integration.responses) {
    yield* texts(response.responseParameters, `${responsePointer(operation, response)}/responseParameters`);
  }
}

/** Templates and parameter sources of gateway responses. */
export function* gatewayResponseTexts(
  responses: readonly GatewayResponse[],
): Generator<PlacedText & { readonly kind: 'template' | 'source' }, void, undefined> {
  for (const response of responses) {
    const pointer = `/x-amazon-apigateway-gateway-responses/${escapePointer(response.responseType)}`;
    for (const placed of texts(response.responseTemplates, `${pointer}/responseTemplates`)) {
      yield { kind: 'template', ...placed };
    }
    for (const placed of texts(response.responseParameters, `${pointer}/responseParameters`)) {
      yield { kind: 'source', ...placed };
    }
  }
}
