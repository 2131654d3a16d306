/** Integrations that name an upstream a node does not have. */
import type { Definition } from '../model/snapshot.js';
import { integrationPointer, placedMethods } from './definition-pointers.js';
import { quote } from './document.js';
import { UPSTREAM } from './integration.js';
import type { Locate, Problem } from './problem.js';

/** @param names of the node's upstreams, in lower case */
export function findUnknownUpstreams(
  definition: Definition,
  locate: Locate,
  names: ReadonlySet<string>,
): Problem[] {
  const problems: Problem[] = [];
  for (const { method, pointer } of placedMethods(definition.resources)) {
    const { upstream } = method.integration ?? {};
    if (upstream === undefined || upstream.startsWith('{') || names.has(upstream.toLowerCase())) continue;
    const message = `The configuration has no upstream ${quote(upstream)}, so nobody could be called: add it to upstreams in the file for --config.`;
    const place = locate(integrationPointer(pointer, `/${UPSTREAM}`));
    problems.push({ severity: 'error', ...place, message });
  }
  return problems;
}
