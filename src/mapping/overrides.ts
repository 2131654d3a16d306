/** What templates wrote to `$context.requestOverride` and `.responseOverride`, ready to be put over mapped values (reference 03 section 7). */
import { isSafeHeader } from '../http/header-block.js';
import { BudgetError, DEFAULT_STEPS, refill, restore } from '../java/budget.js';
import type { Override, Overrides } from '../templates/scope.js';
import { forbiddenHeaderCause, type TargetColumn, targetHeaderRule } from './forbidden-headers.js';

export interface OverriddenHeader {
  readonly name: string;
  readonly lowerName: string;
  /** One line each. Empty: the mapped header of this name is not sent, nothing takes its place. */
  readonly values: readonly string[];
}

export class RequestOverrides {
  readonly headers: readonly OverriddenHeader[];
  /** Values by name; empty texts are none. */
  readonly query: ReadonlyMap<string, readonly string[]>;
  /** Text of `{name}` in the URI, not encoded. */
  readonly path: ReadonlyMap<string, string>;
  /** A header was set that only the gateway may write: the cause of the 500. */
  readonly forbidden: string | undefined;

  constructor(
    headers: readonly Override[],
    query: readonly Override[],
    path: readonly Override[],
    column: TargetColumn,
  ) {
    const forbidden = headers.find(({ name }) => targetHeaderRule(column, name) === 'fail');
    this.forbidden = forbidden === undefined ? undefined : forbiddenHeaderCause(forbidden.name);
    this.headers = headersOf(headers.filter(({ name }) => targetHeaderRule(column, name) === 'send'));
    this.query = new Map(query.map(({ name, values }) => [name, withoutEmpty(values)]));
    this.path = new Map(path.map(({ name, values }) => [name, values.join(',')]));
  }
}

export interface ResponseOverrides {
  readonly headers: readonly OverriddenHeader[];
  /** 200 to 599. A 1xx would leave the client waiting for another answer, so it is ignored as other numbers are. */
  readonly status: number | undefined;
}

/** Null: the template set none. @throws UnusableOverride */
export function requestOverrides(overrides: Overrides, column: TargetColumn): RequestOverrides | null {
  return printed(() => {
    const headers = overrides.requestParameters('header');
    const query = overrides.requestParameters('querystring');
    const path = overrides.requestParameters('path');
    checkLength([headers, query, path]);
    return headers.length + query.length + path.length === 0
      ? null
      : new RequestOverrides(headers, query, path, column);
  });
}

/** @throws UnusableOverride */
export function responseOverrides(overrides: Overrides): ResponseOverrides {
  return printed(() => {
    const status = overrides.responseStatus();
    const headers = overrides.responseHeaders();
    checkLength([headers]);
    return {
      headers: headersOf(headers),
      status: status !== undefined && status >= 200 ? status : undefined,
    };
  });
}

/** A template set more than can be sent; the call answers 500. */
export class UnusableOverride extends Error {}

/**
 * Characters of all names and values together. Headers have 10,240 bytes (reference 10); without a bound a short
 * template could set one long text a thousand times.
 */
const MAX_LENGTH = 65_536;

function checkLength(places: readonly (readonly Override[])[]): void {
  let length = 0;
  for (const overrides of places) {
    for (const { name, values } of overrides) {
      for (const value of values) length += name.length + value.length;
    }
  }
  if (length > MAX_LENGTH) {
    throw new UnusableOverride(`Overrides have ${length} characters, more than ${MAX_LENGTH}`);
  }
}

/** What is set may be a map or a list of any size: printing it is work like a template's own, with a bound. */
function printed<T>(read: () => T): T {
  const before = refill(DEFAULT_STEPS);
  try {
    return read();
  } catch (error) {
    if (!(error instanceof BudgetError)) throw error;
    throw new UnusableOverride(`A value set on an override cannot be printed: ${error.message}`, {
      cause: error,
    });
  } finally {
    restore(before);
  }
}

/** Names that are none are left out. */
function headersOf(overrides: readonly Override[]): OverriddenHeader[] {
  return overrides
    .filter(({ name }) => isSafeHeader(name, ''))
    .map(({ name, values }) => ({ name, lowerName: name.toLowerCase(), values: withoutEmpty(values) }));
}

function withoutEmpty(values: readonly string[]): readonly string[] {
  return values.filter((value) => value !== '');
}
