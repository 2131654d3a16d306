/**
 * `$input`, `$context`, `$stageVariables` and `$util`. Compiled templates read the usual forms straight from the scope
 * (the functions below); the classes stand for the roots where a template uses them as values.
 */
import { spend } from '../../java/budget.js';
import { keyOf, textOf } from '../../java/text.js';
import { JavaEntry, JavaMap, JavaObject, JavaSet, type Value } from '../../java/values.js';
import { JsonPathError, jsonPath } from '../../jsonpath/path.js';
import { CallError } from '../errors.js';
import type { ContextData, ParameterPlace, TemplateScope } from '../scope.js';
import { base64Decode, base64Encode, escapeJavaScript, parseJson, urlDecode, urlEncode } from './util.js';

/** A path that is only known at run time. */
function compiledPath(path: Value): ReturnType<typeof jsonPath> {
  const source = textOf(path);
  spend(16 + (source.length >> 2));
  try {
    return jsonPath(source);
  } catch (error) {
    if (error instanceof JsonPathError) throw new CallError(error.message);
    throw error;
  }
}

export function inputPath(scope: TemplateScope, path: Value): Value {
  return scope.body.path(compiledPath(path));
}

export function inputJson(scope: TemplateScope, path: Value): string {
  return scope.body.json(compiledPath(path));
}

/** `$input.params(name)`: path, then query string, then headers; the empty text when there is none. */
export function param(scope: TemplateScope, name: Value): string {
  const { params } = scope;
  const key = textOf(name);
  return params.get('path', key) ?? params.get('querystring', key) ?? params.get('header', key) ?? '';
}

/** One name of `$input.params().header` and its like, without making the map. */
export function paramIn(scope: TemplateScope, place: ParameterPlace, name: string): string | undefined {
  return scope.params.get(place, name);
}

const PLACES: readonly ParameterPlace[] = ['path', 'querystring', 'header'];

/** `$input.params()`: always its three maps. */
export function params(scope: TemplateScope): JavaMap {
  return JavaMap.of(
    PLACES.map((place) => {
      const map = JavaMap.of(scope.params.entries(place));
      if (place === 'header') map.kind = 'caseless';
      return [place, map] as const;
    }),
  );
}

export class InputRoot extends JavaObject {
  readonly className = 'Input';
  private readonly scope: TemplateScope;
  constructor(scope: TemplateScope) {
    super();
    this.scope = scope;
  }
  override toText(): string {
    return '';
  }
  override property(name: string): Value {
    return name === 'body' ? this.scope.body.text : null;
  }
  override call(name: string, args: readonly Value[]): Value {
    if (name === 'params' && args.length === 0) return params(this.scope);
    if (args.length !== 1) return null;
    if (name === 'path') return inputPath(this.scope, args[0]);
    if (name === 'json') return inputJson(this.scope, args[0]);
    return name === 'params' ? param(this.scope, args[0]) : null;
  }
}

/** Maps of `$context` that print as empty text. */
const SILENT = new Set(['identity']);

function contextValue(name: string, data: ContextData): Value {
  const value = toValue(data);
  if (value instanceof JavaMap && SILENT.has(name)) value.kind = 'silent';
  return value;
}

function toValue(data: ContextData): Value {
  if (typeof data !== 'object' || data === null) return data;
  return JavaMap.of(Object.keys(data).map((name) => [name, toValue(data[name])] as const));
}

/** One member of `$context`. */
export function contextMember(scope: TemplateScope, name: string): Value {
  if (name === 'requestOverride') return scope.overrides.request;
  if (name === 'responseOverride') return scope.overrides.response;
  return contextValue(name, scope.context.get(name));
}

/** `$context.a.b.c` without making maps; not for the overrides. */
export function contextPath(scope: TemplateScope, names: readonly string[]): Value {
  let data: ContextData = scope.context.get(names[0] as string);
  for (let i = 1; i < names.length; i++) {
    if (typeof data !== 'object' || data === null || !Object.hasOwn(data, names[i] as string)) return null;
    data = data[names[i] as string];
  }
  return contextValue(names.length === 1 ? (names[0] as string) : '', data);
}

export class ContextRoot extends JavaObject {
  readonly className = 'java.util.LinkedHashMap';
  private readonly scope: TemplateScope;
  /** What the template itself put there; it lives as long as one rendering. */
  private readonly own = JavaMap.empty();
  constructor(scope: TemplateScope) {
    super();
    this.scope = scope;
  }
  override toText(): string {
    return '';
  }
  override property(name: string): Value {
    return this.own.has(name) ? this.own.get(name) : contextMember(this.scope, name);
  }
  override call(name: string, args: readonly Value[]): Value {
    if (args.length === 0) return this.whole(name);
    const key = keyOf(args[0]);
    if (name === 'get' && args.length === 1) return typeof key === 'string' ? this.property(key) : null;
    if (name === 'containsKey' && args.length === 1) return this.names().includes(key as string);
    // The overrides cannot be replaced, only filled.
    if (name === 'put' && args.length === 2 && !OVERRIDES.includes(String(key)))
      return this.own.put(key, args[1]);
    return null;
  }
  override elements(): readonly Value[] {
    return this.names().map((name) => this.property(name));
  }
  private whole(name: string): Value {
    if (name === 'keySet') return new JavaSet(this.names(), 'java.util.LinkedHashMap$LinkedKeySet');
    if (name === 'values') return new JavaSet(this.elements(), 'java.util.LinkedHashMap$LinkedValues');
    if (name === 'entrySet') {
      const map = JavaMap.of(this.names().map((key) => [key, this.property(key)] as const));
      const entries = map.names.list.map((key) => new JavaEntry(map, key));
      return new JavaSet(entries, 'java.util.LinkedHashMap$LinkedEntrySet');
    }
    if (name === 'size') return this.names().length;
    return name === 'isEmpty' ? false : null;
  }
  private names(): string[] {
    spend(32);
    const names = new Set([...this.scope.context.names(), ...OVERRIDES, ...this.own.names.list.map(String)]);
    return [...names].sort();
  }
}

const OVERRIDES: readonly string[] = ['requestOverride', 'responseOverride'];

/** `$stageVariables.name` */
export function stageVariable(scope: TemplateScope, name: string): Value {
  return Object.hasOwn(scope.stageVariables, name) ? scope.stageVariables[name] : null;
}

export function stageVariables(scope: TemplateScope): JavaMap {
  return JavaMap.of(Object.entries(scope.stageVariables));
}

/** Functions of `$util` by name; compiled templates call them directly. */
export const UTIL: ReadonlyMap<string, (text: string) => Value> = new Map<string, (text: string) => Value>([
  ['escapeJavaScript', escapeJavaScript],
  ['parseJson', parseJson],
  ['urlEncode', urlEncode],
  ['urlDecode', urlDecode],
  ['base64Encode', base64Encode],
  ['base64Decode', base64Decode],
]);

export class UtilRoot extends JavaObject {
  readonly className = 'Util';
  override toText(): string {
    return '';
  }
  override call(name: string, args: readonly Value[]): Value {
    return args.length === 1 ? UTIL.get(name)?.(textOf(args[0])) : null;
  }
}
