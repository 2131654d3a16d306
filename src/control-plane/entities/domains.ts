/** Custom domain names and their base path mappings: one aggregate, `domains`. */
import { isAbsolute } from 'node:path';
import { badRequest, notFound } from '../wire/errors.js';
import type { Draft } from '../workspace/draft.js';
import type { Transaction } from '../workspace/transaction.js';
import type { EndpointConfiguration, TextMap } from './parts.js';

export const DOMAINS = 'domains';
export const DOMAIN = 'domain/';
/** `mapping/{domain}/{base path}`. */
export const MAPPING = 'mapping/';

/** The base path of the root mapping in paths and answers. */
export const ROOT_BASE_PATH = '(none)';

export interface DomainNamePart {
  readonly domainName: string;
  readonly domainNameArn: string;
  readonly certificateName?: string;
  readonly certificateArn?: string;
  readonly certificateUploadDate?: number;
  readonly regionalCertificateName?: string;
  readonly regionalCertificateArn?: string;
  readonly regionalDomainName?: string;
  readonly regionalHostedZoneId?: string;
  readonly distributionDomainName?: string;
  readonly distributionHostedZoneId?: string;
  readonly endpointConfiguration: EndpointConfiguration;
  readonly domainNameStatus: string;
  readonly securityPolicy: string;
  readonly tags: TextMap;
  readonly routingMode?: string;
  readonly policy?: string;
  readonly mutualTlsAuthentication?: { readonly truststoreUri?: string; readonly truststoreVersion?: string };
  /** Of `file:` references; never shown. */
  readonly files?: CertificateFiles;
}

export interface CertificateFiles {
  readonly certificateFile: string;
  readonly privateKeyFile: string;
  readonly certificateChainFile?: string;
}

export interface BasePathMappingPart {
  readonly domainName: string;
  /** Without slashes at its ends; empty for the root. */
  readonly basePath: string;
  readonly restApiId: string;
  readonly stage?: string;
}

export interface FoundDomain {
  draft: Draft;
  domain: DomainNamePart;
}

/** @throws ApiError */
export async function findDomain(transaction: Transaction, name: string | undefined): Promise<FoundDomain> {
  const draft = await transaction.aggregate(DOMAINS);
  const domain = draft?.get<DomainNamePart>(`${DOMAIN}${(name ?? '').toLowerCase()}`);
  if (draft === undefined || domain === undefined) throw notFound('Invalid domain name identifier specified');
  return { draft, domain };
}

/** Names of the domains with a mapping to the API, or to one stage of it. */
export function domainsThatMap(draft: Draft | undefined, apiId: string, stageName?: string): string[] {
  const mappings = (draft?.list<BasePathMappingPart>(MAPPING) ?? []).filter(
    ({ restApiId, stage }) => restApiId === apiId && (stageName === undefined || stage === stageName),
  );
  return [...new Set(mappings.map(({ domainName }) => domainName))];
}

const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/** Lower case; a wildcard is one label at the left. @throws ApiError */
export function domainNameOf(text: string): string {
  const name = text.toLowerCase();
  const labels = name.replace(/^\*\./, '').split('.');
  if (name.length > 253 || labels.length < 2 || !labels.every((label) => LABEL.test(label))) {
    throw badRequest(`Invalid domain name specified: ${text}`);
  }
  return name;
}

const FILE = 'file:';

/**
 * The PEM files of a domain: the certificate fields of AWS, holding `file:/absolute/path` on every node.
 * @throws ApiError for PEM text itself: private keys do not belong into the configuration store
 */
export function certificateFiles(members: Readonly<Record<string, unknown>>): CertificateFiles | undefined {
  const certificateFile = fileOf(members, 'certificateBody');
  const privateKeyFile = fileOf(members, 'certificatePrivateKey');
  const certificateChainFile = fileOf(members, 'certificateChain');
  if (certificateFile === undefined && privateKeyFile === undefined && certificateChainFile === undefined) {
    return undefined;
  }
  if (certificateFile === undefined || privateKeyFile === undefined) {
    throw badRequest('certificateBody and certificatePrivateKey are needed together');
  }
  return {
    certificateFile,
    privateKeyFile,
    ...(certificateChainFile === undefined ? {} : { certificateChainFile }),
  };
}

function fileOf(members: Readonly<Record<string, unknown>>, member: string): string | undefined {
  const text = members[member];
  if (typeof text !== 'string' || text === '') return undefined;
  const path = text.startsWith(FILE) ? text.slice(FILE.length) : '';
  if (!isAbsolute(path)) {
    throw badRequest(
      `${member} must name a PEM file that every node has, as in file:/etc/propylon/tls/orders.pem: certificates and private keys themselves are not kept in the configuration store`,
    );
  }
  return path;
}
