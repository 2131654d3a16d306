/**
 * What this version loads but does not execute yet, as rows of data: a feature that arrives deletes its row. Rows say
 * what happens instead and what to do.
 */
import { expressionProblem } from '../mapping/expression.js';
import type { Definition, Integration } from '../model/snapshot.js';
import {
  integrationPointer,
  mappingSources,
  type PlacedMethod,
  placedMethods,
  responsePointer,
  templates,
} from './definition-pointers.js';
import type { Locate, Problem } from './problem.js';

interface Row<T> {
  readonly message: string;
  /** Pointer of the first place, undefined when the definition or method does not use the feature. */
  find(subject: T): string | undefined;
}

interface DeclaredMethod extends PlacedMethod {
  /** Names of the request validators that check anything. */
  readonly checks: ReadonlySet<string>;
}

/** A method with its integration. */
interface ConnectedMethod extends PlacedMethod {
  readonly integration: Integration;
}

const API_ROWS: readonly Row<Definition>[] = [
  {
    message:
      'Resource policies are not executed yet, so every request answers 403: start with --skip-authorization or remove the policy.',
    find: ({ policy }) => (policy === undefined ? undefined : '/x-amazon-apigateway-policy'),
  },
  {
    message: 'Gateway responses are not customised yet: expect the built-in statuses, headers and bodies.',
    find: ({ gatewayResponses }) =>
      gatewayResponses.length === 0 ? undefined : '/x-amazon-apigateway-gateway-responses',
  },
  {
    message:
      'Responses are not compressed yet, minimumCompressionSize has no effect: compress in the backend.',
    find: ({ minimumCompressionSize }) =>
      minimumCompressionSize === undefined ? undefined : '/x-amazon-apigateway-minimum-compression-size',
  },
];

/** Unless they are skipped, authorization and API keys end a request before anything else is looked at. */
const METHOD_ROWS: readonly Row<DeclaredMethod>[] = [
  {
    message:
      'Authorizers are not executed yet, so this method answers 500: start with --skip-authorization to serve it openly.',
    find: ({ method, pointer }) =>
      method.authorizationType === 'CUSTOM' || method.authorizationType === 'COGNITO_USER_POOLS'
        ? `${pointer}/security`
        : undefined,
  },
  {
    message:
      'Signatures (AWS_IAM) are not checked yet, so this method answers 403: start with --skip-authorization to serve it openly.',
    find: ({ method, pointer }) =>
      method.authorizationType === 'AWS_IAM' ? `${pointer}/security` : undefined,
  },
  {
    message:
      'API keys are not checked yet, so this method answers 403: start with --skip-authorization to serve it openly.',
    find: ({ method, pointer }) =>
      method.apiKeyRequired && method.authorizationType === 'NONE' ? `${pointer}/security` : undefined,
  },
  {
    message: 'Requests are not validated yet, so invalid ones reach the backend: validate there.',
    find: ({ method, pointer, checks }) =>
      checks.has(method.requestValidatorName ?? '')
        ? `${pointer}/x-amazon-apigateway-request-validator`
        : undefined,
  },
];

const INTEGRATION_ROWS: readonly Row<ConnectedMethod>[] = [
  {
    message:
      'Mapping templates with "$" or "#" (VTL) are not executed yet, requests that need one answer 500: use a text without them or a proxy integration.',
    find: ({ integration, pointer }) => {
      if (!isCustom(integration)) return undefined;
      for (const template of templates(integration, pointer)) {
        if (/[$#]/.test(template.text)) return template.pointer;
      }
      return undefined;
    },
  },
  {
    message:
      'JSONPath with wildcards, filters or functions is not executed yet, nothing is mapped: name one member of the body.',
    find: ({ integration, pointer }) => {
      if (integration.type === 'AWS_PROXY' || integration.type === 'MOCK') return undefined;
      for (const { text, pointer: at } of mappingSources(integration, pointer)) {
        const side = text.startsWith('integration.response.') ? 'response' : 'request';
        if (expressionProblem(text, side)?.severity === 'not-executed') return at;
      }
      return undefined;
    },
  },
  {
    message:
      'AWS services other than Lambda are not called yet, so this method answers 500: call them from a function.',
    find: ({ integration, pointer }) =>
      callsAws(integration) && SERVICE_URI.test(integration.uri ?? '')
        ? integrationPointer(pointer, '/uri')
        : undefined,
  },
  {
    message: 'contentHandling is not executed yet, bodies are not converted: use a proxy integration.',
    find: ({ integration, pointer }) => {
      if (!isCustom(integration)) return undefined;
      if (integration.contentHandling !== undefined) return integrationPointer(pointer, '/contentHandling');
      const response = integration.responses.find(({ contentHandling }) => contentHandling !== undefined);
      return response === undefined ? undefined : `${responsePointer(pointer, response)}/contentHandling`;
    },
  },
  {
    message:
      'VPC links are not used yet, the host of the uri is called directly: make it reachable from here.',
    find: ({ integration, pointer }) =>
      integration.connectionType === 'VPC_LINK' ? integrationPointer(pointer, '/connectionType') : undefined,
  },
  {
    message:
      'Answers are not cached yet, cacheKeyParameters has no effect: expect every request at the backend.',
    find: ({ integration, pointer }) =>
      integration.cacheKeyParameters.length > 0
        ? integrationPointer(pointer, '/cacheKeyParameters')
        : undefined,
  },
  {
    message: 'Functions do not stream their answers yet: set responseTransferMode to BUFFERED.',
    find: ({ integration, pointer }) =>
      integration.type === 'AWS_PROXY' && integration.responseTransferMode === 'STREAM'
        ? integrationPointer(pointer, '/responseTransferMode')
        : undefined,
  },
];

/** Templates, content handling and responses only count for these. */
function isCustom({ type }: Integration): boolean {
  return type === 'HTTP' || type === 'AWS' || type === 'MOCK';
}

function callsAws({ type }: Integration): boolean {
  return type === 'AWS' || type === 'AWS_PROXY';
}

/** Of a service other than Lambda. What a placeholder at the beginning stands for is unknown, and has its own warning. */
const SERVICE_URI = /^arn:[^:]+:apigateway:[^:]*:(?!lambda:)[^:]+:(?:path|action)\//;

/** One warning for each method and feature, in the document's order. */
export function findNotExecuted(definition: Definition, locate: Locate): Problem[] {
  const problems: Problem[] = [];
  const add = (pointer: string | undefined, message: string): void => {
    if (pointer !== undefined) problems.push({ severity: 'warning', ...locate(pointer), message });
  };
  const checks = new Set<string>();
  for (const { name, validateRequestBody, validateRequestParameters } of definition.requestValidators) {
    if (validateRequestBody || validateRequestParameters) checks.add(name);
  }
  for (const row of API_ROWS) add(row.find(definition), row.message);
  for (const placed of placedMethods(definition.resources)) {
    for (const row of METHOD_ROWS) add(row.find({ ...placed, checks }), row.message);
    const { integration } = placed.method;
    if (integration === undefined) continue;
    for (const row of INTEGRATION_ROWS) add(row.find({ ...placed, integration }), row.message);
  }
  return problems;
}
