import { awsDomain, isLoopback } from '../aws/endpoints.js';
import type { LambdaSettings } from '../config/settings.js';
import type { Origin } from '../upstream/upstream.js';

/** Where the Invoke calls of one region go. */
export interface Endpoint {
  origin: Origin;
  protocol: 'http:' | 'https:';
  /** IPv6 in brackets. */
  hostname: string;
  /** `Host` header: with the port where it is not the scheme's own. */
  host: string;
  /** Path before `/2015-03-31`, without a slash at its end. */
  basePath: string;
  /** Not AWS's own. */
  custom: boolean;
  loopback: boolean;
}

/** @throws Error when the configured endpoint is no http or https URL */
export function endpointOf(settings: LambdaSettings, region: string): Endpoint {
  const url = parse(settings.endpoint ?? `https://lambda.${region}.${awsDomain(region)}`);
  const scheme = url.protocol === 'https:' ? 'https' : 'http';
  const address = url.hostname.replace(/^\[|\]$/g, '');
  return {
    origin: {
      scheme,
      host: address,
      port: url.port === '' ? (scheme === 'https' ? 443 : 80) : Number(url.port),
    },
    protocol: `${scheme}:`,
    hostname: url.hostname,
    host: url.host,
    basePath: url.pathname.replace(/\/+$/, ''),
    custom: settings.endpoint !== undefined,
    loopback: isLoopback(address),
  };
}

function parse(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || (url.protocol !== 'http:' && url.protocol !== 'https:') || url.username !== '') {
    throw new Error(`the Lambda endpoint ${text} is not a URL like https://lambda.us-east-1.amazonaws.com`);
  }
  return url;
}
