/** From definitions to entities and back: nothing is lost. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { definitionOf } from '../../src/control-plane/deploy/definition.js';
import { applyDefinition } from '../../src/control-plane/deploy/entities.js';
import {
  API,
  RESOURCES,
  type ResourcePart,
  type RestApiPart,
} from '../../src/control-plane/entities/parts.js';
import { Draft, decodeAggregate, NO_AGGREGATE } from '../../src/control-plane/workspace/draft.js';
import type { Definition, Method, Resource } from '../../src/model/snapshot.js';
import { importDefinition } from '../../src/openapi/import.js';
import { definitions } from '../openapi/definitions.js';

function newDraft(): Draft {
  const draft = new Draft('restapi/a', NO_AGGREGATE);
  const api: RestApiPart = {
    id: 'a',
    name: 'new',
    createdDate: 0,
    apiKeySource: 'HEADER',
    binaryMediaTypes: [],
    endpointConfiguration: { types: ['EDGE'], ipAddressType: 'ipv4' },
    disableExecuteApiEndpoint: false,
    tags: {},
    rootResourceId: 'root',
  };
  draft.put(API, api);
  draft.put(`${RESOURCES}root`, { id: 'root', path: '/', methods: {} } satisfies ResourcePart);
  return draft;
}

/** As another operation finds it: through the store's bytes. */
function stored(draft: Draft): Draft {
  return new Draft(draft.name, decodeAggregate(1, draft.encodedPuts()));
}

function sorted<T>(list: readonly T[], keyOf: (entry: T) => string): T[] {
  return [...list].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}

/** Without what has no meaning: ids of resources, and the order of everything that is called by its name. */
function comparable(definition: Definition): Definition {
  return {
    ...definition,
    models: sorted(definition.models, ({ name }) => name),
    requestValidators: sorted(definition.requestValidators, ({ name }) => name),
    authorizers: sorted(definition.authorizers, ({ name }) => name),
    gatewayResponses: sorted(definition.gatewayResponses, ({ responseType }) => responseType),
    resources: sorted(definition.resources, ({ path }) => path).map((resource) => ({
      ...resource,
      id: resource.path,
      methods: resource.methods.map((method) => withNamespace(method, resource)),
    })),
  };
}

function withNamespace(method: Method, { id, path }: Resource): Method {
  const responses = sorted(method.responses, ({ statusCode }) => statusCode);
  const { integration } = method;
  if (integration === undefined) return { ...method, responses };
  const { cacheNamespace: own } = integration;
  return { ...method, responses, integration: { ...integration, cacheNamespace: own === id ? path : own } };
}

/** An API keeps its name when a document gives it none. */
const nameOf = ({ name }: Definition, before = 'new'): string => (name.trim() === '' ? before : name);
const named = (definition: Definition): Definition => ({ ...definition, name: nameOf(definition) });

test('every definition comes back from the entities it becomes', () => {
  fc.assert(
    fc.property(definitions, (definition) => {
      const draft = newDraft();
      applyDefinition(draft, definition, 'overwrite');
      expect(comparable(definitionOf(stored(draft)))).toEqual(comparable(named(definition)));
    }),
    { numRuns: 200 },
  );
});

test('an overwrite leaves nothing of what was there but ids', () => {
  fc.assert(
    fc.property(definitions, definitions, (before, after) => {
      const draft = newDraft();
      applyDefinition(draft, before, 'overwrite');
      const found = stored(draft);
      const ids = new Map(found.list<ResourcePart>(RESOURCES).map(({ path, id }) => [path, id]));
      // The execute-api endpoint, once closed, stays closed.
      const disableExecuteApiEndpoint = before.disableExecuteApiEndpoint || after.disableExecuteApiEndpoint;
      const name = nameOf(after, nameOf(before));
      applyDefinition(found, after, 'overwrite');
      expect(comparable(definitionOf(found))).toEqual(
        comparable({ ...after, name, disableExecuteApiEndpoint }),
      );
      for (const { path, id } of found.list<ResourcePart>(RESOURCES)) {
        if (ids.has(path)) expect(id).toBe(ids.get(path));
      }
    }),
    { numRuns: 100 },
  );
});

test('a merge of the same definition changes nothing', () => {
  fc.assert(
    fc.property(definitions, (definition) => {
      const draft = newDraft();
      const once = { ...definition, binaryMediaTypes: [...new Set(definition.binaryMediaTypes)] };
      applyDefinition(draft, once, 'overwrite');
      const before = definitionOf(draft);
      applyDefinition(draft, once, 'merge');
      expect(definitionOf(draft)).toEqual(before);
    }),
    { numRuns: 100 },
  );
});

describe('what people really wrote', () => {
  const corpus = join(import.meta.dirname, '../corpus');
  const files = readdirSync(corpus).filter((file) => file !== 'INDEX.md');
  const loaded = files.flatMap((file): [string, Definition][] => {
    const { definition } = importDefinition(readFileSync(join(corpus, file), 'utf8'), file);
    return definition === undefined ? [] : [[file, definition]];
  });

  test('nearly all files load', () => {
    expect(loaded.length).toBeGreaterThanOrEqual(27);
  });

  test.each(loaded)(
    '%s becomes a tree in which every resource has its parent, and comes back',
    (_, definition) => {
      const draft = newDraft();
      applyDefinition(draft, definition, 'overwrite');
      expect(comparable(definitionOf(stored(draft)))).toEqual(comparable(definition));
      const resources = draft.list<ResourcePart>(RESOURCES);
      const byId = new Map(resources.map((resource) => [resource.id, resource]));
      expect(byId.size).toBe(resources.length);
      for (const { path, parentId, pathPart } of resources) {
        if (path === '/') continue;
        const parent = byId.get(parentId ?? '')?.path;
        expect(parent === '/' ? `/${pathPart}` : `${parent}/${pathPart}`).toBe(path);
      }
    },
  );
});

test('two validators of one name stay two', () => {
  const draft = newDraft();
  for (const [id, validateRequestBody] of [
    ['a', false],
    ['b', true],
  ] as const) {
    draft.put(`validator/${id}`, { id, name: 'v', validateRequestBody, validateRequestParameters: false });
  }
  const method = {
    httpMethod: 'GET',
    authorizationType: 'NONE',
    apiKeyRequired: false,
    requestValidatorId: 'b',
  };
  draft.put(`${RESOURCES}root`, { id: 'root', path: '/', methods: { GET: method } } satisfies ResourcePart);
  const { requestValidators, resources } = definitionOf(draft);
  const used = resources[0]?.methods[0]?.requestValidatorName;
  expect(requestValidators.find(({ name }) => name === used)?.validateRequestBody).toBe(true);
  expect(new Set(requestValidators.map(({ name }) => name)).size).toBe(2);
});
