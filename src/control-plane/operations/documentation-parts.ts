/** Documentation parts (reference 09 sections 2, 3.1, 5 and 6; reference 08 section 4). */
import { INVALID_DOCUMENTATION, importDocumentationParts } from '../../openapi/documentation.js';
import type { ApplyMode } from '../deploy/entities.js';
import { shortId } from '../entities/ids.js';
import { partFinder } from '../entities/named-parts.js';
import { DOCUMENTATION_PARTS, type DocumentationPart } from '../entities/parts.js';
import { findApi, present } from '../entities/rest-api.js';
import type { Operation } from '../operation.js';
import { type ReplaceablePaths, refuseOpsButReplace } from '../patch/fixed-paths.js';
import { patchOperationsOf } from '../patch/patch.js';
import { badRequest, conflict } from '../wire/errors.js';
import { page } from '../wire/paging.js';
import {
  oneOf,
  PATCH_INPUT,
  refuseViolations,
  required,
  structure,
  TEXT,
  violations,
} from '../wire/shape.js';
import type { Draft } from '../workspace/draft.js';
import { applyDocumentation } from './import.js';

const LIST = '/restapis/{restapi_id}/documentation/parts';
const ONE = `${LIST}/{part_id}`;
const PATHS: ReplaceablePaths = ['/properties'];
const PART_TYPE = oneOf(
  'RESPONSE_BODY',
  'RESPONSE',
  'METHOD',
  'MODEL',
  'AUTHORIZER',
  'RESPONSE_HEADER',
  'RESOURCE',
  'PATH_PARAMETER',
  'REQUEST_BODY',
  'QUERY_PARAMETER',
  'API',
  'REQUEST_HEADER',
);
const LOCATION_MEMBERS = ['type', 'path', 'method', 'statusCode', 'name'] as const;

const find = partFinder<DocumentationPart>(
  ({ part_id }) => `${DOCUMENTATION_PARTS}${part_id}`,
  () => 'Invalid Documentation part identifier specified',
);

export const DOCUMENTATION_PART_OPERATIONS: readonly Operation[] = [
  {
    name: 'CreateDocumentationPart',
    method: 'POST',
    path: LIST,
    status: 201,
    input: structure({
      location: required(
        structure({
          type: required(PART_TYPE),
          path: TEXT,
          method: TEXT,
          statusCode: {
            kind: 'text',
            pattern: { test: /^(?:[1-5]\d\d|\*)?$/, shown: '^([1-5]\\d\\d|\\*|\\s*)$' },
          },
          name: TEXT,
        }),
      ),
      properties: required(TEXT),
    }),
    async run(transaction, { path, body }) {
      const draft = await findApi(transaction, path.restapi_id);
      const location = locationOf(body.location as Record<string, unknown>);
      const properties = checkedProperties(body.properties as string);
      const place = placeOf(location);
      if (
        draft.list<DocumentationPart>(DOCUMENTATION_PARTS).some((part) => placeOf(part.location) === place)
      ) {
        throw conflict(`Documentation part already exists for the specified location: ${place}`);
      }
      return put(draft, { id: shortId(), location, properties });
    },
  },
  {
    name: 'GetDocumentationParts',
    method: 'GET',
    path: LIST,
    status: 200,
    async run(transaction, { path, query }) {
      const draft = await findApi(transaction, path.restapi_id);
      const status = query.get('locationStatus');
      refuseViolations([
        ...violations(PART_TYPE, query.get('type'), 'type'),
        ...violations(oneOf('UNDOCUMENTED', 'DOCUMENTED'), status, 'locationStatus'),
      ]);
      const found = draft.list<DocumentationPart>(DOCUMENTATION_PARTS).filter(
        ({ location, properties }) =>
          (['type', 'path', 'name'] as const).every((member) => {
            const wanted = query.get(member);
            return !wanted || location[member] === wanted;
          }) &&
          // Documented: with and without content.
          (!status || hasContent(properties) === (status === 'DOCUMENTED')),
      );
      return page(
        found,
        query,
        ({ id }) => id,
        (part) => part,
      );
    },
  },
  {
    name: 'ImportDocumentationParts',
    method: 'PUT',
    path: LIST,
    status: 200,
    rawBody: true,
    async run(transaction, { path, query, raw }) {
      const mode = query.get('mode') ?? 'merge';
      refuseViolations(violations(oneOf('merge', 'overwrite'), mode, 'mode'));
      const draft = await findApi(transaction, path.restapi_id);
      const documentation = importDocumentationParts(Buffer.from(raw).toString('utf8'));
      if (documentation === undefined) throw badRequest(INVALID_DOCUMENTATION);
      const { warnings } = documentation;
      if (warnings.length > 0 && query.get('failonwarnings')?.toLowerCase() === 'true') {
        throw badRequest(`Warnings found during import:\n\t${warnings.join('\n\t')}`);
      }
      const ids = applyDocumentation(draft, documentation, mode as ApplyMode);
      return warnings.length === 0 ? { ids } : { ids, warnings };
    },
  },
  {
    name: 'GetDocumentationPart',
    method: 'GET',
    path: ONE,
    status: 200,
    async run(transaction, { path }) {
      return (await find(transaction, path)).part;
    },
  },
  {
    name: 'UpdateDocumentationPart',
    method: 'PATCH',
    path: ONE,
    status: 200,
    input: PATCH_INPUT,
    async run(transaction, { path, body }) {
      const { draft, part } = await find(transaction, path);
      let changed = part;
      for (const operation of patchOperationsOf(body)) {
        refuseOpsButReplace(operation, PATHS);
        changed = { ...changed, properties: checkedProperties(operation.value ?? '') };
      }
      return put(draft, changed);
    },
  },
  {
    name: 'DeleteDocumentationPart',
    method: 'DELETE',
    path: ONE,
    status: 202,
    async run(transaction, { path }) {
      // Recorded: this call, unlike those that read a part, mentions an unknown API.
      await findApi(transaction, path.restapi_id);
      const { draft, part } = await find(transaction, path);
      draft.delete(`${DOCUMENTATION_PARTS}${part.id}`);
    },
  },
];

function put(draft: Draft, part: DocumentationPart): DocumentationPart {
  draft.put(`${DOCUMENTATION_PARTS}${part.id}`, part);
  return part;
}

/** Only the members that were given. */
function locationOf(given: Readonly<Record<string, unknown>>): Record<string, string> {
  return present<Record<string, string>>(
    Object.fromEntries(LOCATION_MEMBERS.map((member) => [member, given[member] as string | undefined])),
  );
}

/** As AWS's refusal words it: `type 'METHOD', path '/pets', method 'GET'`. */
function placeOf(location: Readonly<Record<string, string>>): string {
  return LOCATION_MEMBERS.filter((member) => location[member] !== undefined)
    .map((member) => `${member} '${location[member]}'`)
    .join(', ');
}

/** @throws ApiError for what is no JSON text of an object */
function checkedProperties(text: string): string {
  if (text === '') throw badRequest('Documentation part properties must be non-empty');
  if (!isObject(text)) {
    throw badRequest(
      'Invalid Documentation part properties specified: they must be the JSON text of an object',
    );
  }
  return text;
}

function isObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

function hasContent(properties: string): boolean {
  return properties.replaceAll(/\s/g, '') !== '{}';
}
