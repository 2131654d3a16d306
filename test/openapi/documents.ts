/** Small documents to import. */
import type { Definition, Integration, Method } from '../../src/model/snapshot.js';
import { type ImportOptions, type ImportResult, importDefinition } from '../../src/openapi/import.js';
import { formatProblem } from '../../src/openapi/problem.js';

export type Json = Record<string, unknown>;

export const MOCK: Json = { type: 'mock', responses: { default: { statusCode: '200' } } };

/** An operation with one response and the given integration. */
export function operation(integration: unknown, extra: Json = {}): Json {
  return { responses: { 200: {} }, 'x-amazon-apigateway-integration': integration, ...extra };
}

export function openapi(paths: Json, extra: Json = {}): Json {
  return { openapi: '3.0.1', info: { title: 't', version: '1' }, paths, ...extra };
}

export function swagger(paths: Json, extra: Json = {}): Json {
  return { swagger: '2.0', info: { title: 't', version: '1' }, paths, ...extra };
}

export function load(document: Json, options?: ImportOptions): ImportResult {
  return importDefinition(JSON.stringify(document), 'api.json', options);
}

/** The definition of a document that must be servable. */
export function definitionOf(result: ImportResult): Definition {
  if (result.definition === undefined) throw new Error(result.problems.map(formatProblem).join('\n'));
  return result.definition;
}

export function firstMethod(definition: Definition): Method {
  const method = definition.resources[0]?.methods[0];
  if (method === undefined) throw new Error('the definition has no method');
  return method;
}

/** `GET /a` with the given operation: its method, and what was said. */
export function loadMethod(document: Json, options?: ImportOptions): { method: Method; messages: string[] } {
  const result = load(document, options);
  return { method: firstMethod(definitionOf(result)), messages: messagesOf(result) };
}

export function loadIntegration(
  integration: unknown,
  path = '/a',
  extra: Json = {},
  options?: ImportOptions,
): { integration: Integration; messages: string[] } {
  const { method, messages } = loadMethod(
    openapi({ [path]: { get: operation(integration, extra) } }),
    options,
  );
  if (method.integration === undefined) throw new Error('the method has no integration');
  return { integration: method.integration, messages };
}

/** `severity pointer: message`, without the place. */
export function messagesOf(result: ImportResult): string[] {
  return result.problems.map(({ severity, pointer, message }) => `${severity} ${pointer}: ${message}`);
}

export const INTEGRATION_AT = '/paths/~1a/get/x-amazon-apigateway-integration';
