/**
 * What this version loads but does not execute yet, as rows of data: a feature that arrives deletes its row. Rows say
 * what happens instead and what to do.
 */
import type { Definition, Integration } from '../model/snapshot.js';
import { integrationPointer, type PlacedMethod, placedMethods } from './definition-pointers.js';
import type { Locate, Problem } from './problem.js';

interface Row<T> {
  readonly message: string;
  /** Pointer of the first place, undefined when the definition or method does not use the feature. */
  find(subject: T): string | undefined;
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
];

/** Unless they are skipped, authorization and API keys end a request before anything else is looked at. */
const METHOD_ROWS: readonly Row<PlacedMethod>[] = [
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
];

const INTEGRATION_ROWS: readonly Row<ConnectedMethod>[] = [
  {
    message:
      'aws_proxy calls Lambda functions only, so this method answers 500: use type aws for other services.',
    find: ({ integration, pointer }) =>
      integration.type === 'AWS_PROXY' && SERVICE_URI.test(integration.uri ?? '')
        ? integrationPointer(pointer, '/uri')
        : undefined,
  },
  {
    message:
      "The caller's own credentials cannot sign a call from here, so this method answers 500: name a role, in whose place the node's own credentials sign.",
    find: ({ integration, pointer }) =>
      integration.type === 'AWS' && CALLER_CREDENTIALS.test(integration.credentials ?? '')
        ? integrationPointer(pointer, '/credentials')
        : undefined,
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

/** Of a service other than Lambda. What a placeholder at the beginning stands for is unknown, and has its own warning. */
const SERVICE_URI = /^arn:[^:]+:apigateway:[^:]*:(?!lambda:)[^:]+:(?:path|action)\//;

const CALLER_CREDENTIALS = /^arn:[^:]+:iam::\*:user\/\*$/;

/** One warning for each method and feature, in the document's order. */
export function findNotExecuted(definition: Definition, locate: Locate): Problem[] {
  const problems: Problem[] = [];
  const add = (pointer: string | undefined, message: string): void => {
    if (pointer !== undefined) problems.push({ severity: 'warning', ...locate(pointer), message });
  };
  for (const row of API_ROWS) add(row.find(definition), row.message);
  for (const placed of placedMethods(definition.resources)) {
    for (const row of METHOD_ROWS) add(row.find(placed), row.message);
    const { integration } = placed.method;
    if (integration === undefined) continue;
    for (const row of INTEGRATION_ROWS) add(row.find({ ...placed, integration }), row.message);
  }
  return problems;
}
