/**
 * How settings are written. Flags, environment variables and `propylon.yaml` give texts; each function here turns one
 * into its value or throws `InvalidValue` with a phrase that fits behind the setting's name: `must be ..., not "x"`.
 */
import { isIP } from 'node:net';
import { parseRedisUrl, RedisUrlError } from '../config/stores/redis-url.js';
import { formatDuration, parseDuration } from '../model/duration.js';
import { printable } from '../telemetry/printable.js';

export class InvalidValue extends Error {
  /** @param text what was written; absent for a secret, which is not repeated */
  constructor(rule: string, text?: string) {
    super(text === undefined ? rule : `${rule}, not ${quoted(text)}`);
  }
}

function quoted(text: string): string {
  const shown = text.length > 80 ? `${text.slice(0, 80)}...` : text;
  return text === '' ? 'empty' : `"${printable(shown)}"`;
}

export type Parser<T> = (text: string) => T;

/** Whole numbers within bounds, both included. */
export function integer(least: number, most: number): Parser<number> {
  return (text) => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= least && value <= most) return value;
    throw new InvalidValue(`must be a whole number from ${least} to ${most}`, text);
  };
}

/** 0 lets the system choose a free one. */
export const port: Parser<number> = integer(0, 65_535);

/** `30` and `30s`, `500ms`, `5m`, `1h`; a number alone is seconds. Answers whole milliseconds within bounds. */
export function duration(leastMs: number, mostMs: number): Parser<number> {
  return (text) => {
    const value = parseDuration(text);
    if (value >= leastMs && value <= mostMs) return value;
    throw new InvalidValue(
      `must be a time from ${formatDuration(leastMs)} to ${formatDuration(mostMs)} such as 30, 30s, 500ms or 5m`,
      text,
    );
  };
}

const BYTES = /^(\d{1,12})(KiB|MiB|GiB)?$/;
const BYTE_UNITS = { B: 1, KiB: 1_024, MiB: 1_048_576, GiB: 1_073_741_824 };

/** `65536`, `64KiB`, `10MiB`. */
export function bytes(least: number, most: number): Parser<number> {
  return (text) => {
    const match = BYTES.exec(text);
    const unit = (match?.[2] ?? 'B') as keyof typeof BYTE_UNITS;
    const value = match === null ? Number.NaN : Number(match[1]) * BYTE_UNITS[unit];
    if (value >= least && value <= most) return value;
    throw new InvalidValue(
      `must be a number of bytes from ${least} to ${most} such as 65536, 64KiB or 10MiB`,
      text,
    );
  };
}

const TRUE = ['true', 'yes', 'on', '1'];
const FALSE = ['false', 'no', 'off', '0'];

export const bool: Parser<boolean> = (text) => {
  const lower = text.toLowerCase();
  if (TRUE.includes(lower)) return true;
  if (FALSE.includes(lower)) return false;
  throw new InvalidValue('must be true or false', text);
};

export function oneOf<const T extends string>(...values: T[]): Parser<T> {
  return (text) => {
    const found = values.find((value) => value === text);
    if (found !== undefined) return found;
    throw new InvalidValue(`must be one of ${values.join(', ')}`, text);
  };
}

function matching(pattern: RegExp, rule: string): Parser<string> {
  return (text) => {
    if (pattern.test(text)) return text;
    throw new InvalidValue(rule, text);
  };
}

const HOST_NAME = /^(?=.{1,253}$)[A-Za-z0-9_]([A-Za-z0-9_-]{0,62})(\.[A-Za-z0-9_]([A-Za-z0-9_-]{0,62}))*$/;

/** An address to listen on; IPv6 with or without brackets, answered without. */
export const host: Parser<string> = (text) => {
  const bare = /^\[(.*)\]$/.exec(text)?.[1] ?? text;
  if (isIP(bare) !== 0 || (HOST_NAME.test(text) && !/^[\d.]+$/.test(text))) return bare;
  throw new InvalidValue('must be an IP address or a host name such as 127.0.0.1, :: or localhost', text);
};

/** Reference 01 section 1. */
export const stageName = matching(
  /^[A-Za-z0-9_-]{1,128}$/,
  'must be 1 to 128 letters, digits, hyphens and underscores',
);

/** It becomes the first label of a host name, where case does not count. */
export const apiId = matching(/^[a-z0-9]{1,63}$/, 'must be 1 to 63 lower-case letters and digits');

/** Base path mappings live beside this segment: `/_aws/execute-api/{apiId}/{stage}/`. */
const RESERVED_SEGMENT = '_aws';

/** Slashes at its ends are taken off; `/` and `(none)` are the root (reference 01 section 7). */
export const basePath: Parser<string> = (text) => {
  const path = text === '(none)' ? '' : text.replace(/^\/+|\/+$/g, '');
  if (path === '') return '';
  const segments = path.split('/');
  if (segments[0] === RESERVED_SEGMENT) {
    throw new InvalidValue(`must not begin with ${RESERVED_SEGMENT}, which is reserved`, text);
  }
  const valid = segments.every(
    (segment) => /^[A-Za-z0-9$\-_.+!*'()]+$/.test(segment) && !/^\.{1,2}$/.test(segment),
  );
  if (valid && path.length <= 300) return path;
  throw new InvalidValue(
    "must be path segments of letters, digits and $-_.+!*'(), at most 300 characters",
    text,
  );
};

/** Host of a mapping, lower case, without port; a wildcard stands for the first label only. */
export const domain: Parser<string> = (text) => {
  const lower = text.toLowerCase();
  if (HOST_NAME.test(lower.replace(/^\*\./, ''))) return lower;
  throw new InvalidValue('must be a host name without port such as api.example.com or *.example.com', text);
};

/** Reference 07 section 3. */
export const stageVariableName = matching(
  /^[A-Za-z0-9_]{1,64}$/,
  'must have a name of 1 to 64 letters, digits and underscores',
);

export const stageVariableValue = matching(
  /^[A-Za-z0-9\-._~:/?#&=,]{1,512}$/,
  'must be 1 to 512 letters, digits and -._~:/?#&=,',
);

export const functionName = matching(
  /^[A-Za-z0-9_-]{1,64}$/,
  'must have a name of 1 to 64 letters, digits, hyphens and underscores',
);

export const exportName = matching(/^[A-Za-z_$][\w$]*$/, 'must be the name of an export such as handler');

export const environmentName = matching(
  /^[A-Za-z_][A-Za-z0-9_]*$/,
  'must have a name of letters, digits and underscores',
);

export const region = matching(/^[a-z]{2,}(-[a-z]+)*-\d{1,2}$/, 'must be an AWS region such as us-east-1');

export const accountId = matching(/^\d{12}$/, 'must be 12 digits');

/** A base URL, without the slash at its end. */
export const httpUrl: Parser<string> = (text) => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const plain = url !== undefined && /^https?:$/.test(url.protocol) && url.search === '' && url.hash === '';
  if (plain && url.username === '' && url.password === '') return url.href.replace(/\/+$/, '');
  throw new InvalidValue(
    'must be an http or https URL without user and query such as http://localhost:9001',
    text,
  );
};

/** May hold a password, so a wrong one is not repeated. */
export const redisUrl: Parser<string> = (text) => {
  try {
    parseRedisUrl(text);
    return text;
  } catch (error) {
    if (error instanceof RedisUrlError) throw new InvalidValue(`cannot be used: ${error.message}`);
    throw error;
  }
};

/** It becomes part of the names of keys and of a folder. */
export const namespace = matching(
  /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}$/,
  'must be 1 to 64 letters, digits and ._-, not beginning with a dot',
);

export const nodeId = matching(/^[A-Za-z0-9._:-]{1,128}$/, 'must be 1 to 128 letters, digits and ._:-');

const MIN_KEY_CHARACTERS = 32;

/** A secret, so it is not repeated. */
export const secretKey: Parser<string> = (text) => {
  if (text.length >= MIN_KEY_CHARACTERS) return text;
  throw new InvalidValue(
    `must be at least ${MIN_KEY_CHARACTERS} characters, as "openssl rand -hex 32" makes`,
  );
};

/** The key itself, or `@FILE`, which holds it. */
export const configKey: Parser<string> = (text) => (/^@./s.test(text) ? text : secretKey(text));

export const text: Parser<string> = (value) => {
  if (value !== '') return value;
  throw new InvalidValue('must be a text', value);
};

/** `NAME=VALUE`; the value may hold more of `=`. */
export const namedValue: Parser<{ name: string; value: string }> = (pair) => {
  const equals = pair.indexOf('=');
  if (equals > 0) return { name: pair.slice(0, equals), value: pair.slice(equals + 1) };
  throw new InvalidValue('must be written NAME=VALUE', pair);
};
