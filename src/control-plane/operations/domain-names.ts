/** Custom domain names (reference 09 sections 2, 3, 5 and 6; reference 01 section 7). */
import { createHash } from 'node:crypto';
import {
  certificateFiles,
  DOMAIN,
  DOMAINS,
  type DomainNamePart,
  domainNameOf,
  findDomain,
  MAPPING,
} from '../entities/domains.js';
import type { EndpointConfiguration } from '../entities/parts.js';
import { present } from '../entities/rest-api.js';
import { endpointConfiguration, endpointType, policyOf } from '../entities/rest-api-settings.js';
import { checkedTags, TAGS } from '../entities/tags.js';
import type { Operation } from '../operation.js';
import { type PatchOperation, patchOperationsOf } from '../patch/patch.js';
import { badRequest, conflict } from '../wire/errors.js';
import { page } from '../wire/paging.js';
import { oneOf, PATCH_INPUT, required, structure, TEXT } from '../wire/shape.js';
import type { Draft } from '../workspace/draft.js';
import type { Transaction } from '../workspace/transaction.js';
import { ENDPOINT_CONFIGURATION } from './rest-apis.js';

const ONE = '/domainnames/{domain_name}';
/** The hosted zones AWS documents; Terraform puts them into alias records. */
const EDGE_ZONE = 'Z2FDTNDATAQYW2';
const REGIONAL_ZONE = 'Z1D633PJN98FT9';

const ROUTING_MODES = ['BASE_PATH_MAPPING_ONLY', 'ROUTING_RULE_ONLY', 'ROUTING_RULE_THEN_BASE_PATH_MAPPING'];

export const DOMAIN_NAME_OPERATIONS: readonly Operation[] = [
  {
    name: 'CreateDomainName',
    method: 'POST',
    path: '/domainnames',
    status: 201,
    input: structure({
      domainName: required(TEXT),
      certificateName: TEXT,
      certificateBody: TEXT,
      certificatePrivateKey: TEXT,
      certificateChain: TEXT,
      certificateArn: TEXT,
      regionalCertificateName: TEXT,
      regionalCertificateArn: TEXT,
      endpointConfiguration: ENDPOINT_CONFIGURATION,
      tags: TAGS,
      securityPolicy: TEXT,
      endpointAccessMode: TEXT,
      mutualTlsAuthentication: structure({ truststoreUri: TEXT, truststoreVersion: TEXT }),
      ownershipVerificationCertificateArn: TEXT,
      policy: TEXT,
      routingMode: oneOf(...ROUTING_MODES),
    }),
    async run(transaction, { body }) {
      const draft = await transaction.aggregateOrNew(DOMAINS);
      const domainName = domainNameOf(body.domainName as string);
      if (draft.get(`${DOMAIN}${domainName}`) !== undefined) {
        throw conflict('The domain name you provided already exists.');
      }
      refuseMutualTls(body.mutualTlsAuthentication);
      const domain = withEndpoints(
        present<DomainNamePart>({
          domainName,
          domainNameArn: `arn:aws:apigateway:${transaction.settings.region}::/domainnames/${domainName}`,
          certificateName: body.certificateName as string | undefined,
          certificateArn: body.certificateArn as string | undefined,
          certificateUploadDate: transaction.now,
          regionalCertificateName: body.regionalCertificateName as string | undefined,
          regionalCertificateArn: body.regionalCertificateArn as string | undefined,
          endpointConfiguration: endpointConfiguration(
            (body.endpointConfiguration ?? {}) as Partial<EndpointConfiguration>,
          ),
          domainNameStatus: 'AVAILABLE',
          securityPolicy: (body.securityPolicy ?? 'TLS_1_2') as string,
          tags: checkedTags(body.tags),
          routingMode: body.routingMode as string | undefined,
          policy: policyOf(body.policy as string | undefined),
          files: certificateFiles(body),
        }),
        transaction.settings.region,
      );
      return put(transaction, draft, domain);
    },
  },
  {
    name: 'GetDomainNames',
    method: 'GET',
    path: '/domainnames',
    status: 200,
    async run(transaction, { query }) {
      const draft = await transaction.aggregateOrNew(DOMAINS);
      return page(
        draft.list<DomainNamePart>(DOMAIN),
        query,
        ({ domainName }) => domainName,
        (domain) => shown(domain),
      );
    },
  },
  {
    name: 'GetDomainName',
    method: 'GET',
    path: ONE,
    status: 200,
    async run(transaction, { path }) {
      return shown((await findDomain(transaction, path.domain_name)).domain);
    },
  },
  {
    name: 'UpdateDomainName',
    method: 'PATCH',
    path: ONE,
    status: 200,
    input: PATCH_INPUT,
    async run(transaction, { path, body }) {
      const { draft, domain } = await findDomain(transaction, path.domain_name);
      const changed = patchOperationsOf(body).reduce(patchDomain, domain);
      return put(transaction, draft, withEndpoints(changed, transaction.settings.region));
    },
  },
  {
    name: 'DeleteDomainName',
    method: 'DELETE',
    path: ONE,
    status: 202,
    async run(transaction, { path }) {
      const { draft, domain } = await findDomain(transaction, path.domain_name);
      const { domainName } = domain;
      const message = `deletion of domain ${domainName}`;
      draft.delete(`${DOMAIN}${domainName}`);
      const prefix = `${MAPPING}${domainName}/`;
      for (const [part] of draft.entries([prefix])) draft.delete(part);
      for (const key of (await transaction.items()).keys()) {
        if (key === `domain/${domainName}` || key.startsWith(prefix)) transaction.withdraw(key, message);
      }
    },
  },
];

function shown({ files: _, ...domain }: DomainNamePart): object {
  return domain;
}

function put(transaction: Transaction, draft: Draft, domain: DomainNamePart): object {
  draft.put(`${DOMAIN}${domain.domainName}`, domain);
  transaction.serve(
    { kind: 'domain', domain: { name: domain.domainName, ...domain.files } },
    `domain ${domain.domainName}`,
  );
  return shown(domain);
}

/** Names of the other end that DNS would point at; here they only have the right form. */
function withEndpoints(domain: DomainNamePart, region: string): DomainNamePart {
  const { regionalDomainName: _, regionalHostedZoneId: _id, ...regionless } = domain;
  const { distributionDomainName: _name, distributionHostedZoneId: _zone, ...bare } = regionless;
  const label = `d-${createHash('sha256').update(domain.domainName).digest('hex').slice(0, 10)}`;
  return domain.endpointConfiguration.types[0] === 'EDGE'
    ? { ...bare, distributionDomainName: `${label}.cloudfront.net`, distributionHostedZoneId: EDGE_ZONE }
    : {
        ...bare,
        regionalDomainName: `${label}.execute-api.${region}.amazonaws.com`,
        regionalHostedZoneId: REGIONAL_ZONE,
      };
}

function refuseMutualTls(settings: unknown): void {
  const { truststoreUri } = (settings ?? {}) as { truststoreUri?: string };
  if (truststoreUri) {
    throw badRequest('Mutual TLS is not supported: client certificates are not checked by this gateway');
  }
}

const MEMBERS: ReadonlyMap<string, keyof DomainNamePart> = new Map(
  (
    [
      'certificateArn',
      'certificateName',
      'regionalCertificateArn',
      'regionalCertificateName',
      'securityPolicy',
      'routingMode',
      'policy',
    ] as const
  ).map((member) => [`/${member}`, member]),
);

/** `certificateBody` and its like can be replaced, too: the files of a domain that is served with TLS. */
const FILE_MEMBERS: ReadonlyMap<string, string> = new Map([
  ['/certificateBody', 'certificateFile'],
  ['/certificatePrivateKey', 'privateKeyFile'],
  ['/certificateChain', 'certificateChainFile'],
]);

function patchDomain(domain: DomainNamePart, operation: PatchOperation): DomainNamePart {
  const { op, path = '', segments, value } = operation;
  if (segments[0] === 'mutualTlsAuthentication') {
    refuseMutualTls(op === 'remove' ? undefined : { truststoreUri: value });
    return domain;
  }
  if (op !== 'replace') throw badRequest('Invalid patch operation specified. Must be one of: [replace]');
  if (segments[0] === 'endpointConfiguration' && segments[1] === 'types' && segments.length === 3) {
    return { ...domain, endpointConfiguration: endpointConfiguration({ types: [endpointType(value)] }) };
  }
  if (FILE_MEMBERS.has(path)) {
    const files = certificateFiles({
      certificateBody: `file:${domain.files?.certificateFile ?? ''}`,
      certificatePrivateKey: `file:${domain.files?.privateKeyFile ?? ''}`,
      ...(domain.files?.certificateChainFile === undefined
        ? {}
        : { certificateChain: `file:${domain.files.certificateChainFile}` }),
      [path.slice(1)]: value,
    });
    return present<DomainNamePart>({ ...domain, files });
  }
  const member = MEMBERS.get(path);
  if (member === undefined) throw badRequest(`Invalid patch path ${operation.path ?? null}`);
  if (member === 'policy') return present<DomainNamePart>({ ...domain, policy: policyOf(value) });
  if (member === 'routingMode' && !ROUTING_MODES.includes(value ?? '')) {
    throw badRequest(`Invalid routing mode specified. Valid options are ${ROUTING_MODES.join(',')}`);
  }
  return present<DomainNamePart>({ ...domain, [member]: value === '' ? undefined : value });
}
