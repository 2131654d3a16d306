/** Where the calls of an AWS service go, and for which scope they are signed. */
import { isIP } from 'node:net';

/** Base URLs that stand in for AWS, without a slash at their end. */
export interface AwsEndpointSettings {
  /** For every service that has none of its own. */
  endpoint?: string;
  /** By service, as integration URIs name it: `sqs`, `states`, `runtime.sagemaker`. */
  endpoints: Readonly<Record<string, string>>;
}

/** What an integration URI says: `arn:{partition}:apigateway:{region}:{subdomain.}{service}:...`. */
export interface ServiceAddress {
  region: string;
  service: string;
  /** Labels before the service's, without the last dot; empty: none. */
  subdomain: string;
  /** Goes before the host on AWS itself, such as `sync-` for a synchronous execution; empty: nothing. */
  hostPrefix: string;
}

export interface ServiceEndpoint {
  scheme: 'http' | 'https';
  /** `host[:port]`, lower case. */
  authority: string;
  /** Goes before every path; starts with a slash unless it is empty, and never ends with one. */
  basePath: string;
  signingName: string;
  signingRegion: string;
  /** Not AWS's own. */
  custom: boolean;
  loopback: boolean;
}

/** Services with one endpoint for a whole partition, and the regions their calls are signed for. */
const GLOBAL: ReadonlyMap<string, { host: string; region: string }> = new Map(
  ['iam', 'route53', 'cloudfront', 'organizations', 'budgets', 'waf', 'importexport', 'account'].map(
    (service) => [service, { host: `${service}.amazonaws.com`, region: 'us-east-1' }],
  ),
);

/** The same for IAM where it is not AWS's public partition. */
const IAM_BY_PREFIX: readonly { prefix: string; host: string; region: string }[] = [
  { prefix: 'cn-', host: 'iam.cn-north-1.amazonaws.com.cn', region: 'cn-north-1' },
  { prefix: 'us-gov-', host: 'iam.us-gov.amazonaws.com', region: 'us-gov-west-1' },
];

/** Services that live in one region only. */
const ONE_REGION: ReadonlyMap<string, string> = new Map([
  ['ce', 'us-east-1'],
  ['cur', 'us-east-1'],
  ['globalaccelerator', 'us-west-2'],
  ['support', 'us-east-1'],
]);

/** Services whose calls are signed under another name; by subdomain and service, or by service alone. */
const SIGNING_NAMES: ReadonlyMap<string, string> = new Map([
  ['api.ecr', 'ecr'],
  ['api.pricing', 'pricing'],
  ['api.sagemaker', 'sagemaker'],
  ['appsync-api', 'appsync'],
  ['bedrock-agent', 'bedrock'],
  ['bedrock-agent-runtime', 'bedrock'],
  ['bedrock-runtime', 'bedrock'],
  ['data-ats.iot', 'iotdata'],
  ['data.iot', 'iotdata'],
  ['email', 'ses'],
  ['entitlement.marketplace', 'aws-marketplace'],
  ['metering.marketplace', 'aws-marketplace'],
  ['personalize-events', 'personalize'],
  ['personalize-runtime', 'personalize'],
  ['pinpoint', 'mobiletargeting'],
  ['runtime-v2-lex', 'lex'],
  ['models-v2-lex', 'lex'],
]);

const SUFFIXES: readonly (readonly [prefix: string, suffix: string])[] = [
  ['cn-', 'amazonaws.com.cn'],
  ['us-iso-', 'c2s.ic.gov'],
  ['us-isob-', 'sc2s.sgov.gov'],
];

/** DNS suffix of the partition a region is in. */
export function awsDomain(region: string): string {
  return SUFFIXES.find(([prefix]) => region.startsWith(prefix))?.[1] ?? 'amazonaws.com';
}

/** @throws Error when the endpoint that is configured for the service is no http or https URL */
export function serviceEndpoint(settings: AwsEndpointSettings, address: ServiceAddress): ServiceEndpoint {
  const { service, subdomain } = address;
  const fullName = subdomain === '' ? service : `${subdomain}.${service}`;
  const { endpoints, endpoint } = settings;
  const own = [fullName, service].find((name) => Object.hasOwn(endpoints, name));
  const url = own === undefined ? endpoint : endpoints[own];
  const scope = scopeOf(address, fullName);
  if (url === undefined) {
    return { scheme: 'https', authority: awsHost(address), basePath: '', ...scope, ...OFFICIAL };
  }
  const { scheme, authority, basePath, loopback } = readUrl(url);
  // A stand-in has one name, so a bucket that was a label of the host is the path's first segment instead.
  const bucket = service === 's3' && subdomain !== '' ? `/${subdomain}` : '';
  return { scheme, authority, basePath: basePath + bucket, ...scope, custom: true, loopback };
}

const OFFICIAL = { custom: false, loopback: false } as const;

function scopeOf(
  { service, region }: ServiceAddress,
  fullName: string,
): Pick<ServiceEndpoint, 'signingName' | 'signingRegion'> {
  return {
    signingName: SIGNING_NAMES.get(fullName) ?? SIGNING_NAMES.get(service) ?? service,
    signingRegion: globalEndpoint(service, region)?.region ?? ONE_REGION.get(service) ?? region,
  };
}

function globalEndpoint(service: string, region: string): { host: string; region: string } | undefined {
  if (awsDomain(region) === 'amazonaws.com' && !region.startsWith('us-gov-')) return GLOBAL.get(service);
  return service === 'iam' ? IAM_BY_PREFIX.find(({ prefix }) => region.startsWith(prefix)) : undefined;
}

function awsHost({ service, subdomain, region, hostPrefix }: ServiceAddress): string {
  const prefix = subdomain === '' ? hostPrefix : `${hostPrefix}${subdomain}.`;
  const global = globalEndpoint(service, region);
  if (global !== undefined) return `${prefix}${global.host}`;
  return `${prefix}${service}.${ONE_REGION.get(service) ?? region}.${awsDomain(region)}`;
}

function readUrl(text: string): Pick<ServiceEndpoint, 'scheme' | 'authority' | 'basePath' | 'loopback'> {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || (url.protocol !== 'http:' && url.protocol !== 'https:') || url.username !== '') {
    throw new Error(`the AWS endpoint ${text} is not a URL like http://localhost:4566`);
  }
  return {
    scheme: url.protocol === 'https:' ? 'https' : 'http',
    authority: url.host,
    basePath: url.pathname.replace(/\/+$/, ''),
    loopback: isLoopback(url.hostname.replace(/^\[|\]$/g, '')),
  };
}

/** Of a host name or an address, IPv6 without brackets. */
export function isLoopback(address: string): boolean {
  if (isIP(address) === 4) return address.startsWith('127.');
  return address === '::1' || address === 'localhost' || address.endsWith('.localhost');
}
