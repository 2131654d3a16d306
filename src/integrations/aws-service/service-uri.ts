/** URIs of integrations with AWS services other than Lambda (reference 02 section 8). */
import type { ServiceAddress } from '../../aws/endpoints.js';
import { hostPrefix } from '../../aws/protocols.js';

export interface ServiceUri extends ServiceAddress {
  /** The service as the URI names it, subdomain included. */
  fullName: string;
  /** Name of an `action/` URI; undefined for `path/`. */
  action: string | undefined;
  /** Path and query, placeholders included; starts with `/`. */
  target: string;
}

const URI =
  /^arn:aws[a-z-]*:apigateway:([a-z0-9-]{0,32}):((?:[A-Za-z0-9_-]+\.)*)([a-z0-9-]+):(path|action)\/(.*)$/s;

/** Name, then parameters: `GetQueueUrl&QueueName={queue}`. */
const ACTION = /^([^&?]+)[&?]?(.*)$/s;

/**
 * Reads `arn:{partition}:apigateway:{region}:{subdomain.}{service}:{path|action}/...` in which stage variables have their
 * values. Undefined for Lambda, and for what is no such URI.
 * @param region where a URI without region goes
 */
export function parseServiceUri(uri: string, region: string): ServiceUri | undefined {
  const [, uriRegion = '', labels = '', service = '', kind, rest = ''] = URI.exec(uri) ?? [];
  if (kind === undefined || (service === 'lambda' && labels === '')) return undefined;
  const fullName = labels + service;
  const address = { region: uriRegion || region, service, subdomain: labels.slice(0, -1), fullName };
  if (kind === 'path') {
    const target = rest.startsWith('/') ? rest : `/${rest}`;
    return { ...address, hostPrefix: '', action: undefined, target };
  }
  const [, action, parameters] = ACTION.exec(rest) ?? [];
  if (action === undefined) return undefined;
  const target = `/?Action=${action}${parameters === '' ? '' : `&${parameters}`}`;
  return { ...address, hostPrefix: hostPrefix(fullName, action), action, target };
}
