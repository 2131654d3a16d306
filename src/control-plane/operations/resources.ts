/** Resources (reference 09 sections 2, 3.1 and 6). */
import { shortId } from '../entities/ids.js';
import { type MethodPart, RESOURCES, type ResourcePart } from '../entities/parts.js';
import { findApi, findResource, present, UNKNOWN_RESOURCE } from '../entities/rest-api.js';
import { shownMethod } from '../entities/shown.js';
import type { Operation } from '../operation.js';
import { type ReplaceablePaths, refuseOpsButReplace } from '../patch/fixed-paths.js';
import { patchOperationsOf } from '../patch/patch.js';
import { badRequest, conflict, notFound } from '../wire/errors.js';
import { page } from '../wire/paging.js';
import { PATCH_INPUT, required, structure, TEXT } from '../wire/shape.js';
import type { Draft } from '../workspace/draft.js';

const R = '/restapis/{restapi_id}';

export const RESOURCE_OPERATIONS: readonly Operation[] = [
  {
    name: 'CreateResource',
    method: 'POST',
    path: `${R}/resources/{parent_id}`,
    status: 201,
    input: structure({ pathPart: required(TEXT) }),
    async run(transaction, { path, body }) {
      const { api, resource: parent } = await findResource(transaction, {
        ...path,
        resource_id: path.parent_id ?? '',
      });
      const pathPart = body.pathPart as string;
      checkPlace(api, parent, pathPart);
      const resource: ResourcePart = {
        id: newResourceId(api),
        parentId: parent.id,
        pathPart,
        path: joined(parent.path, pathPart),
        methods: {},
      };
      api.put(`${RESOURCES}${resource.id}`, resource);
      return shown(resource, false);
    },
  },
  {
    name: 'GetResources',
    method: 'GET',
    path: `${R}/resources`,
    status: 200,
    async run(transaction, { path, query }) {
      // Recorded: these calls name the resource, not the API.
      const api = await findApi(transaction, path.restapi_id).catch(() => {
        throw notFound(UNKNOWN_RESOURCE);
      });
      const embed = embedsMethods(query);
      return page(
        api.list<ResourcePart>(RESOURCES),
        query,
        ({ id }) => id,
        (resource) => shown(resource, embed),
      );
    },
  },
  {
    name: 'GetResource',
    method: 'GET',
    path: `${R}/resources/{resource_id}`,
    status: 200,
    async run(transaction, { path, query }) {
      const { resource } = await findResource(transaction, path);
      return shown(resource, embedsMethods(query));
    },
  },
  {
    name: 'DeleteResource',
    method: 'DELETE',
    path: `${R}/resources/{resource_id}`,
    status: 202,
    async run(transaction, { path }) {
      const { api, resource } = await findResource(transaction, path);
      if (resource.parentId === undefined) throw badRequest('Root resource cannot be deleted.');
      for (const { id } of withDescendants(api, resource)) api.delete(`${RESOURCES}${id}`);
    },
  },
  {
    name: 'UpdateResource',
    method: 'PATCH',
    path: `${R}/resources/{resource_id}`,
    status: 200,
    input: PATCH_INPUT,
    async run(transaction, { path, body }) {
      const { api, resource } = await findResource(transaction, path);
      for (const operation of patchOperationsOf(body)) {
        refuseOpsButReplace(operation, RESOURCE_PATHS);
        const current = api.get<ResourcePart>(`${RESOURCES}${resource.id}`) ?? resource;
        if (operation.path === '/pathPart') rename(api, current, operation.value ?? '');
        else move(api, current, operation.value ?? '');
      }
      return shown(api.get<ResourcePart>(`${RESOURCES}${resource.id}`) ?? resource, false);
    },
  },
];

const RESOURCE_PATHS: ReplaceablePaths = ['/parentId', '/pathPart'];

/** GetResources and GetResource: `embed=methods`. */
function embedsMethods(query: URLSearchParams): boolean {
  return query.getAll('embed').some((names) => names.split(',').includes('methods'));
}

/** As answers show it: methods as empty objects, unless they are asked for. */
export function shown({ methods, ...resource }: ResourcePart, embed: boolean): object {
  const entries: [string, MethodPart][] = Object.entries(methods);
  return present({
    ...resource,
    resourceMethods:
      entries.length === 0
        ? undefined
        : Object.fromEntries(entries.map(([verb, method]) => [verb, embed ? shownMethod(method) : {}])),
  });
}

/** Whether a part may stand below this parent, beside its siblings. @throws ApiError */
function checkPlace(api: Draft, parent: ResourcePart, pathPart: string, self?: string): void {
  checkPart(pathPart);
  if (isGreedy(parent.pathPart)) {
    throw badRequest(`Cannot create a child of a resource with a greedy path variable: ${parent.pathPart}`);
  }
  const siblings = api
    .list<ResourcePart>(RESOURCES)
    .filter(({ parentId, id }) => parentId === parent.id && id !== self);
  if (siblings.some((sibling) => sibling.pathPart === pathPart)) {
    throw conflict(`Another resource with the same parent already has this name: ${pathPart}`);
  }
  const variable = isVariable(pathPart) && siblings.find((sibling) => isVariable(sibling.pathPart));
  if (variable) {
    throw badRequest(
      `A sibling (${variable.pathPart}) of this resource already has a variable path part -- only one is allowed`,
    );
  }
}

const PATH_PART = /^(?:[A-Za-z0-9._\-:,]+|\{[A-Za-z0-9._\-:]+\+?\})$/;

function checkPart(pathPart: string): void {
  if (PATH_PART.test(pathPart)) return;
  throw badRequest(
    "Resource's path part only allow a-zA-Z0-9._-: or a valid greedy path variable and curly braces at the beginning and the end.",
  );
}

function isVariable(pathPart: string | undefined): boolean {
  return pathPart?.startsWith('{') ?? false;
}

function isGreedy(pathPart: string | undefined): boolean {
  return pathPart?.endsWith('+}') ?? false;
}

function joined(parentPath: string, pathPart: string): string {
  return parentPath === '/' ? `/${pathPart}` : `${parentPath}/${pathPart}`;
}

function newResourceId(api: Draft): string {
  let id = shortId();
  while (api.get(`${RESOURCES}${id}`) !== undefined) id = shortId();
  return id;
}

/** The resource and everything below it. */
function withDescendants(api: Draft, resource: ResourcePart): ResourcePart[] {
  const below = `${resource.path}/`;
  return [resource, ...api.list<ResourcePart>(RESOURCES).filter(({ path }) => path.startsWith(below))];
}

function rename(api: Draft, resource: ResourcePart, pathPart: string): void {
  const parent = api.get<ResourcePart>(`${RESOURCES}${resource.parentId ?? ''}`);
  if (parent === undefined) throw badRequest('Root resource cannot update its pathPart.');
  place(api, resource, parent, pathPart);
}

function move(api: Draft, resource: ResourcePart, parentId: string): void {
  if (resource.parentId === undefined) throw badRequest('Root resource cannot update its parentId.');
  const parent = api.get<ResourcePart>(`${RESOURCES}${parentId}`);
  if (parent === undefined) throw notFound(UNKNOWN_RESOURCE);
  if (withDescendants(api, resource).some(({ id }) => id === parentId)) {
    throw badRequest('Resources cannot be cyclical.');
  }
  place(api, resource, parent, resource.pathPart ?? '');
}

/** Paths of descendants follow. */
function place(api: Draft, resource: ResourcePart, parent: ResourcePart, pathPart: string): void {
  checkPlace(api, parent, pathPart, resource.id);
  const all = withDescendants(api, resource);
  if (isGreedy(pathPart) && all.length > 1) {
    throw badRequest(`Cannot create a child of a resource with a greedy path variable: ${pathPart}`);
  }
  const path = joined(parent.path, pathPart);
  for (const one of all) {
    const own = one.id === resource.id ? { parentId: parent.id, pathPart } : {};
    api.put(`${RESOURCES}${one.id}`, {
      ...one,
      ...own,
      path: `${path}${one.path.slice(resource.path.length)}`,
    });
  }
}
