/** What differs between two configurations: by API, stage, route and field. */
import type { ApiItem, Definition, Deployment, Item, Method, StageItem } from '../model/snapshot.js';
import { ItemError, type Items, readItem, type StoredItem } from './items.js';

/** One difference. What it is about is named from the outside in; a mapping or a domain has no API. */
export interface Difference {
  kind: 'added' | 'removed' | 'changed';
  /** API id. */
  api?: string;
  stage?: string;
  /** `GET /pets/{id}` */
  route?: string;
  /** `api.example.com/orders`; `*` stands for any host. */
  mapping?: string;
  domain?: string;
  /** Key of an item of a kind this version does not know. */
  item?: string;
  /** `integration.requestTemplates["application/json"]`; absent: the thing as a whole. */
  field?: string;
  /** The field's value before, or what a mapping led to; absent: there was none. */
  from?: unknown;
  /** The same afterwards. */
  to?: unknown;
}

/** What a difference is about, without the difference. */
export type Subject = Pick<Difference, 'api' | 'stage' | 'route' | 'mapping' | 'domain' | 'item'>;

type Emit = (difference: Difference) => void;

/**
 * Empty when and only when the two are equal. Only items that differ are decoded; one that cannot be is told as such.
 */
export function compareItems(from: Items, to: Items): Difference[] {
  const keys = [...new Set([...from.keys(), ...to.keys()])].sort(byApi);
  const differences: Difference[] = [];
  for (const key of keys) {
    const before = from.get(key);
    const after = to.get(key);
    if (before?.hash === after?.hash) continue;
    const found = differences.length;
    const old = before && itemOrError(key, before);
    const next = after && itemOrError(key, after);
    const emit: Emit = (difference) => differences.push(difference);
    if (old instanceof ItemError || next instanceof ItemError) {
      const kind = before === undefined ? 'added' : after === undefined ? 'removed' : 'changed';
      emit({ kind, item: key, field: 'unreadable' });
      continue;
    }
    const subject = subjectOf(key, old ?? next);
    if (before === undefined) emit({ kind: 'added', ...subject, ...toValue(targetOf(next)) });
    else if (after === undefined) emit({ kind: 'removed', ...subject, ...fromValue(targetOf(old)) });
    else if (old !== undefined && next !== undefined) compareItem(old, next, subject, emit);
    // Fields of a newer version, or entries in another order.
    if (differences.length === found) {
      emit({ kind: 'changed', ...subject, ...(next === undefined ? {} : { field: 'encoding' }) });
    }
  }
  return differences;
}

function itemOrError(key: string, { bytes }: StoredItem): Item | undefined | ItemError {
  try {
    return readItem(key, bytes);
  } catch (error) {
    if (error instanceof ItemError) return error;
    throw error;
  }
}

/** An API before its stages, then what is no API's. */
function byApi(a: string, b: string): number {
  const x = rank(a);
  const y = rank(b);
  return x < y ? -1 : x > y ? 1 : 0;
}

function rank(key: string): string {
  return key.replace(/^(?:api|stage)\//, '\0');
}

function subjectOf(key: string, item: Item | undefined): Subject {
  switch (item?.kind) {
    case 'api':
      return { api: item.api.id };
    case 'stage':
      return { api: item.stage.apiId, stage: item.stage.name };
    case 'mapping':
      return { mapping: mappingName(item.mapping) };
    case 'domain':
      return { domain: item.domain.name };
    default:
      return { item: key };
  }
}

export function mappingName({ domain, basePath }: { domain: string; basePath: string }): string {
  return `${domain === '' ? '*' : domain}/${basePath}`;
}

/** Where a mapping leads, as `{apiId}/{stage}`; `*` where the path names the stage. */
function targetOf(item: Item | undefined): string | undefined {
  if (item?.kind !== 'mapping') return undefined;
  const { apiId, stage } = item.mapping;
  return `${apiId}/${stage === '' ? '*' : stage}`;
}

function compareItem(old: Item, next: Item, subject: Subject, emit: Emit): void {
  if (old.kind === 'stage' && next.kind === 'stage') compareStages(old.stage, next.stage, subject, emit);
  else if (old.kind === 'mapping') {
    emit({ kind: 'changed', ...subject, ...fromValue(targetOf(old)), ...toValue(targetOf(next)) });
  } else compareValues(content(old), content(next), '', subject, emit);
}

function content(item: Item): ApiItem | object {
  return item.kind === 'api' ? item.api : item.kind === 'domain' ? item.domain : item;
}

function compareStages(old: StageItem, next: StageItem, subject: Subject, emit: Emit): void {
  const { deployment: oldDeployment, canary: oldCanary, ...oldRest } = old;
  const { deployment: nextDeployment, canary: nextCanary, ...nextRest } = next;
  compareValues(oldRest, nextRest, '', subject, emit);
  compareDeployments(oldDeployment, nextDeployment, '', subject, emit);
  if (oldCanary === undefined || nextCanary === undefined) {
    compareValues(oldCanary, nextCanary, 'canary', subject, emit);
    return;
  }
  const { deployment: oldShare, ...oldSettings } = oldCanary;
  const { deployment: nextShare, ...nextSettings } = nextCanary;
  compareValues(oldSettings, nextSettings, 'canary', subject, emit);
  compareDeployments(oldShare, nextShare, 'canary', subject, emit);
}

/** Its id says only that something differs: it is told when nothing else is. */
function compareDeployments(
  old: Deployment,
  next: Deployment,
  path: string,
  subject: Subject,
  emit: Emit,
): void {
  let found = false;
  compareDefinitions(old.definition, next.definition, path, subject, (difference) => {
    found = true;
    emit(difference);
  });
  if (!found) compareValues(old.id, next.id, member(path, 'deployment'), subject, emit);
}

function compareDefinitions(
  old: Definition,
  next: Definition,
  path: string,
  subject: Subject,
  emit: Emit,
): void {
  const { resources: oldResources, ...oldRest } = old;
  const { resources: nextResources, ...nextRest } = next;
  compareValues(oldRest, nextRest, path, subject, emit);
  compareResources(oldResources, nextResources, member(path, 'resources'), subject, emit);
  const oldRoutes = routesOf(oldResources);
  const nextRoutes = routesOf(nextResources);
  for (const route of new Set([...oldRoutes.keys(), ...nextRoutes.keys()])) {
    const before = oldRoutes.get(route);
    const after = nextRoutes.get(route);
    const place = { ...subject, route };
    if (before !== undefined && after !== undefined) compareValues(before, after, path, place, emit);
    else
      emit({
        kind: before === undefined ? 'added' : 'removed',
        ...place,
        ...(path === '' ? {} : { field: path }),
      });
  }
}

/** What routes do not tell: ids, and resources that lead to no method. */
function compareResources(
  old: Definition['resources'],
  next: Definition['resources'],
  path: string,
  subject: Subject,
  emit: Emit,
): void {
  const before = new Map(old.map((resource) => [resource.path, resource.id]));
  const after = new Map(next.map((resource) => [resource.path, resource.id]));
  const told = new Set([...pathsWithMethods(old), ...pathsWithMethods(next)]);
  for (const name of new Set([...before.keys(), ...after.keys()])) {
    if (told.has(name) && !(before.has(name) && after.has(name))) continue;
    compareValues(before.get(name), after.get(name), member(path, name), subject, emit);
  }
}

/** Of all methods the paths, and those on the way to them. */
function pathsWithMethods(resources: Definition['resources']): Set<string> {
  const paths = new Set<string>(['/']);
  for (const { path, methods } of resources) {
    if (methods.length === 0) continue;
    for (
      let end = path.length;
      end > 0 && !paths.has(path.slice(0, end));
      end = path.lastIndexOf('/', end - 1)
    ) {
      paths.add(path.slice(0, end));
    }
  }
  return paths;
}

function routesOf(resources: Definition['resources']): Map<string, Method> {
  const routes = new Map<string, Method>();
  for (const { path, methods } of resources) {
    for (const method of methods) routes.set(`${method.httpMethod} ${path}`, method);
  }
  return routes;
}

function compareValues(old: unknown, next: unknown, path: string, subject: Subject, emit: Emit): void {
  if (Object.is(old, next)) return;
  if (isRecord(old) && isRecord(next)) {
    for (const key of new Set([...Object.keys(old), ...Object.keys(next)])) {
      compareValues(own(old, key), own(next, key), member(path, key), subject, emit);
    }
    return;
  }
  if (isListOfRecords(old) && isListOfRecords(next)) {
    const before = byName(old);
    const after = byName(next);
    compareValues(Object.fromEntries(before), Object.fromEntries(after), path, subject, emit);
    // Of integration responses the first that matches wins.
    const oldOrder = [...before.keys()].filter((name) => after.has(name));
    const nextOrder = [...after.keys()].filter((name) => before.has(name));
    if (oldOrder.join('\0') !== nextOrder.join('\0')) {
      emit({ kind: 'changed', ...subject, field: `${path} (order)`, from: oldOrder, to: nextOrder });
    }
    return;
  }
  if (Array.isArray(old) && Array.isArray(next) && JSON.stringify(old) === JSON.stringify(next)) return;
  const kind = old === undefined ? 'added' : next === undefined ? 'removed' : 'changed';
  emit({ kind, ...subject, field: path, ...fromValue(old), ...toValue(next) });
}

type Plain = Record<string, unknown>;

function isRecord(value: unknown): value is Plain {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Names in a configuration are anybody's, `constructor` included. */
function own(record: Plain, key: string): unknown {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}

function isListOfRecords(value: unknown): value is Plain[] {
  return Array.isArray(value) && value.every(isRecord);
}

/** Entries of a list by what tells them apart; a second one of a name gets a number. */
function byName(list: readonly Plain[]): Map<string, Plain> {
  const named = new Map<string, Plain>();
  for (const entry of list) {
    const name = nameOf(entry);
    let unique = name;
    for (let n = 2; named.has(unique); n++) unique = `${name} #${n}`;
    named.set(unique, entry);
  }
  return named;
}

/** Models, validators and authorizers have names; integration responses a pattern, but for the default one. */
function nameOf(entry: Plain): string {
  const isIntegrationResponse =
    'responseTemplates' in entry && 'statusCode' in entry && !('responseType' in entry);
  const name = isIntegrationResponse
    ? (entry.selectionPattern ?? 'default')
    : (entry.name ?? entry.responseType ?? entry.statusCode);
  return String(name);
}

function member(path: string, key: string): string {
  if (!/^[A-Za-z_]\w*$/.test(key)) return `${path}[${JSON.stringify(key)}]`;
  return path === '' ? key : `${path}.${key}`;
}

function fromValue(value: unknown): Pick<Difference, 'from'> {
  return value === undefined ? {} : { from: value };
}

function toValue(value: unknown): Pick<Difference, 'to'> {
  return value === undefined ? {} : { to: value };
}

/** What happened to one thing, with its details counted. */
export interface Summary extends Omit<Subject, 'route'> {
  kind: Difference['kind'];
  /** Where a mapping led, and leads. */
  from?: unknown;
  to?: unknown;
  /** Routes of a stage that changed. */
  routes?: Record<Difference['kind'], number>;
  /** Fields that are no route's. */
  fields?: string[];
}

/** One entry per API, stage, mapping, domain or unknown item, in the order of the differences. */
export function summarize(differences: readonly Difference[]): Summary[] {
  const summaries = new Map<string, Summary & { seen: Set<string> }>();
  for (const { kind, route, field, from, to, ...subject } of differences) {
    const name = JSON.stringify(subject);
    const whole = route === undefined && field === undefined;
    const own = whole ? { kind, ...fromValue(from), ...toValue(to) } : { kind: 'changed' as const };
    const summary = summaries.get(name) ?? { ...own, ...subject, seen: new Set() };
    summaries.set(name, summary);
    if (route !== undefined && !summary.seen.has(route)) {
      summary.seen.add(route);
      summary.routes ??= { added: 0, removed: 0, changed: 0 };
      summary.routes[field === undefined ? kind : 'changed']++;
    } else if (route === undefined && field !== undefined) {
      summary.fields = [...(summary.fields ?? []), field];
    }
  }
  return [...summaries.values()].map(({ seen: _seen, ...summary }) => summary);
}
