/** What a template sees of its request: made by whoever runs it, cheap to make, asked lazily. */
import { textOf } from '../java/text.js';
import { JavaList, JavaMap, type Value } from '../java/values.js';
import type { JsonBody } from '../jsonpath/body.js';

export type ParameterPlace = 'path' | 'querystring' | 'header';

/** The client's parameters: `$input.params()`. */
export interface ParameterSource {
  /** The value of one name (the last, where there are several); undefined: absent. Headers: whatever the name's case. */
  get(place: ParameterPlace, name: string): string | undefined;
  /** All names and values of one place, in order, each name once. Only asked for when a template walks the map. */
  entries(place: ParameterPlace): Iterable<readonly [string, string]>;
}

/** Plain data of `$context`; objects are read by own members only. */
export type ContextData =
  | string
  | number
  | boolean
  | null
  | undefined
  | { readonly [name: string]: ContextData };

export interface ContextSource {
  /** `requestOverride` and `responseOverride` are not asked for: they come from `Overrides`. */
  get(name: string): ContextData;
  /** The names `$context.keySet()` shows, without the two overrides. */
  names(): readonly string[];
}

export interface TemplateScope {
  /** Request template: the client's body; response template: the backend's. */
  readonly body: JsonBody;
  readonly params: ParameterSource;
  readonly context: ContextSource;
  readonly stageVariables: Readonly<Record<string, string>>;
  /** The same object for the request and the response template of one exchange (reference 03 section 7). */
  readonly overrides: Overrides;
}

export interface Override {
  readonly name: string;
  /** Several when the template set a list. */
  readonly values: readonly string[];
}

const NONE: readonly Override[] = [];

/** What templates wrote to `$context.requestOverride` and `$context.responseOverride`. */
export class Overrides {
  #request: JavaMap | null = null;
  #response: JavaMap | null = null;

  /** `$context.requestOverride`; made when a template asks for it. */
  get request(): JavaMap {
    if (this.#request === null) this.#request = silentMap(['path', 'header', 'querystring']);
    return this.#request;
  }

  /** `$context.responseOverride`. */
  get response(): JavaMap {
    if (this.#response === null) this.#response = silentMap(['header']);
    return this.#response;
  }

  /** Values to put over the mapped ones of the integration request, in the order they were first set. */
  requestParameters(place: ParameterPlace): readonly Override[] {
    return entriesOf(this.#request, place);
  }

  responseHeaders(): readonly Override[] {
    return entriesOf(this.#response, 'header');
  }

  /** The status to answer with, undefined when none was set or it is no whole number from 100 to 599. */
  responseStatus(): number | undefined {
    const status = this.#response?.get('status');
    return typeof status === 'number' && status >= 100 && status <= 599 ? status : undefined;
  }
}

function silentMap(names: readonly string[]): JavaMap {
  const map = JavaMap.of(names.map((name) => [name, JavaMap.empty()] as const));
  map.kind = 'silent';
  return map;
}

function entriesOf(override: JavaMap | null, place: ParameterPlace): readonly Override[] {
  if (override === null) return NONE;
  const map = override.get(place);
  if (!(map instanceof JavaMap) || map.size === 0) return NONE;
  return map.values.map((value, i) => ({ name: String(map.names.list[i]), values: texts(value) }));
}

function texts(value: Value): string[] {
  return value instanceof JavaList ? value.items.map(textOf) : [textOf(value)];
}
