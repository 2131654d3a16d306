/** Settings of a stage's methods under patch operations (reference 07 section 5). */
import { decimal } from '../patch/numbers.js';
import { booleanValue, type PatchOperation } from '../patch/patch.js';
import { badRequest } from '../wire/errors.js';
import type { StagePart } from './parts.js';

type MethodSettings = StagePart['methodSettings'];
type Setting = Readonly<Record<string, unknown>>;

/** `loggingLevel` appears when it is set. */
const DEFAULTS: Setting = {
  metricsEnabled: false,
  dataTraceEnabled: false,
  throttlingBurstLimit: 5000,
  throttlingRateLimit: 10_000,
  cachingEnabled: false,
  cacheTtlInSeconds: 300,
  cacheDataEncrypted: false,
  requireAuthorizationForCacheControl: true,
  unauthorizedCacheControlHeaderStrategy: 'SUCCEED_WITH_RESPONSE_HEADER',
};

const ALL_METHODS = '*/*';
const MAX_TTL_SECONDS = 3600;
const LOGGING_LEVELS = ['OFF', 'ERROR', 'INFO'];
const STRATEGIES = ['FAIL_WITH_403', 'SUCCEED_WITH_RESPONSE_HEADER', 'SUCCEED_WITHOUT_RESPONSE_HEADER'];

/** By the suffix of the path: the member, and its value. */
const FIELDS: Readonly<Record<string, (operation: PatchOperation) => Setting>> = {
  'metrics/enabled': (operation) => ({ metricsEnabled: booleanValue(operation) }),
  'logging/loglevel': (operation) => ({ loggingLevel: choice(operation, LOGGING_LEVELS) }),
  'logging/dataTrace': (operation) => ({ dataTraceEnabled: booleanValue(operation) }),
  // Terraform writes -1 for no limit.
  'throttling/burstLimit': (operation) => ({
    throttlingBurstLimit: number(operation, -1, Number.MAX_SAFE_INTEGER, true),
  }),
  'throttling/rateLimit': (operation) => ({
    throttlingRateLimit: number(operation, -1, Number.MAX_VALUE, false),
  }),
  'caching/enabled': (operation) => ({ cachingEnabled: booleanValue(operation) }),
  'caching/ttlInSeconds': (operation) => ({
    cacheTtlInSeconds: number(operation, 0, MAX_TTL_SECONDS, true),
  }),
  'caching/dataEncrypted': (operation) => ({ cacheDataEncrypted: booleanValue(operation) }),
  'caching/requireAuthorizationForCacheControl': (operation) => ({
    requireAuthorizationForCacheControl: booleanValue(operation),
  }),
  'caching/unauthorizedCacheControlHeaderStrategy': (operation) => ({
    unauthorizedCacheControlHeaderStrategy: choice(operation, STRATEGIES),
  }),
};

/** The key is taken literally: `/~1orders/GET/...` is `~1orders/GET` (recorded). */
const PATH = /^\/(.+\/[^/]+)\/([^/]+\/[^/]+)$/s;

/** Undefined: the path is none of a method setting. @throws ApiError for a value that cannot be */
export function patchMethodSettings(
  settings: MethodSettings,
  operation: PatchOperation,
): MethodSettings | undefined {
  const [, key, suffix = ''] = PATH.exec(operation.path ?? '') ?? [];
  if (key === undefined || !Object.hasOwn(FIELDS, suffix)) return undefined;
  const own = Object.hasOwn(settings, key) ? settings[key] : undefined;
  // Recorded: a new entry begins with the present values of all methods, and is its own from then on.
  const entry = { ...(own ?? settings[ALL_METHODS] ?? DEFAULTS), ...FIELDS[suffix]?.(operation) };
  return { ...settings, ...Object.fromEntries([[key, entry]]) };
}

/** Undefined: there is no such entry. @param path of the operation, `/~1orders/GET` */
export function withoutMethodSettings(settings: MethodSettings, path: string): MethodSettings | undefined {
  const key = path.replace(/^\//, '');
  if (!Object.hasOwn(settings, key)) return undefined;
  return Object.fromEntries(Object.entries(settings).filter(([name]) => name !== key));
}

function choice({ path, value }: PatchOperation, values: readonly string[]): string {
  if (value !== undefined && values.includes(value)) return value;
  throw badRequest(`Invalid value for ${path}. Must be one of: [${values.join(', ')}]`);
}

function number({ path, value }: PatchOperation, least: number, most: number, whole: boolean): number {
  const read = decimal(value);
  if (read >= least && read <= most && (!whole || Number.isInteger(read))) return read;
  const kind = whole ? 'a whole number' : 'a number';
  throw badRequest(
    most >= Number.MAX_SAFE_INTEGER
      ? `Invalid value for ${path}. Must be ${kind}`
      : `Invalid value for ${path}. Must be ${kind} from ${least} to ${most}`,
  );
}
