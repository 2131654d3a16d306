/** Which stage variables a definition reads, so that a stage without them can be warned about. */
import type { Definition } from '../model/snapshot.js';
import { escapePointer } from './cursor.js';
import {
  gatewayResponseTexts,
  integrationPointer,
  mappingSources,
  placedMethods,
  templates,
} from './definition-pointers.js';

export interface UsedStageVariable {
  name: string;
  /** JSON pointer into the document, for `Locate`. */
  pointer: string;
}

/** `${stageVariables.x}`, the form of addresses. */
const IN_TEXT = /\$\{stageVariables\.([A-Za-z0-9_]+)\}/g;
/** `$stageVariables.x`, `${stageVariables.x}`, `$!stageVariables['x']`, `$stageVariables.get('x')`. */
const IN_TEMPLATE =
  /\$!?\{?stageVariables(?:\.get\(\s*['"]([^'"]*)['"]\s*\)|\[\s*['"]([^'"]*)['"]|\.([A-Za-z0-9_]+))/g;
/** `stageVariables.x`, the whole source of a mapping. */
const AS_SOURCE = /^stageVariables\.(.+)$/g;

/** Every name with every place it is read at, in the document's order. */
export function usedStageVariables(definition: Definition): UsedStageVariable[] {
  const used: UsedStageVariable[] = [];
  const collect = (text: string | undefined, pattern: RegExp, pointer: string): void => {
    const names = new Set<string>();
    for (const match of text?.matchAll(pattern) ?? []) names.add(match[1] ?? match[2] ?? match[3] ?? '');
    for (const name of names) used.push({ name, pointer });
  };
  for (const { method, pointer } of placedMethods(definition.resources)) {
    const { integration } = method;
    if (integration === undefined) continue;
    for (const key of ['uri', 'credentials', 'connectionId', 'integrationTarget'] as const) {
      collect(integration[key], IN_TEXT, integrationPointer(pointer, `/${key}`));
    }
    for (const source of mappingSources(integration, pointer))
      collect(source.text, AS_SOURCE, source.pointer);
    for (const template of templates(integration, pointer)) {
      collect(template.text, IN_TEMPLATE, template.pointer);
    }
  }
  for (const authorizer of definition.authorizers) {
    // OpenAPI 3's place; `Locate` knows Swagger 2.0's.
    const pointer = `/components/securitySchemes/${escapePointer(authorizer.name)}/x-amazon-apigateway-authorizer`;
    collect(authorizer.authorizerUri, IN_TEXT, `${pointer}/authorizerUri`);
    for (const source of authorizer.identitySource?.split(',') ?? []) {
      collect(source.trim(), AS_SOURCE, `${pointer}/identitySource`);
    }
  }
  for (const { kind, text, pointer } of gatewayResponseTexts(definition.gatewayResponses)) {
    collect(text, kind === 'template' ? IN_TEMPLATE : AS_SOURCE, pointer);
  }
  return used;
}
