/**
 * Access associations of private custom domain names (reference 09 section 2). They let VPC endpoints reach a domain; who
 * reaches this gateway is decided by the network it stands in, so there are none and none can be made.
 */

import { TAGS } from '../entities/tags.js';
import type { Operation } from '../operation.js';
import { badRequest, notFound } from '../wire/errors.js';
import { page } from '../wire/paging.js';
import { oneOf, required, structure, TEXT } from '../wire/shape.js';

const LIST = '/domainnameaccessassociations';

export const DOMAIN_NAME_ACCESS_ASSOCIATION_OPERATIONS: readonly Operation[] = [
  {
    name: 'CreateDomainNameAccessAssociation',
    method: 'POST',
    path: LIST,
    status: 201,
    input: structure({
      domainNameArn: required(TEXT),
      accessAssociationSourceType: required(oneOf('VPCE')),
      accessAssociationSource: required(TEXT),
      tags: TAGS,
    }),
    run() {
      throw badRequest(
        'Domain name access associations are not supported: this gateway has no VPC endpoints, a firewall decides who reaches it',
      );
    },
  },
  {
    name: 'GetDomainNameAccessAssociations',
    method: 'GET',
    path: LIST,
    status: 200,
    run(_transaction, { query }) {
      return page(
        [],
        query,
        () => '',
        (association) => association,
      );
    },
  },
  {
    name: 'DeleteDomainNameAccessAssociation',
    method: 'DELETE',
    path: `${LIST}/{domain_name_access_association_arn}`,
    status: 202,
    run: refuseUnknown,
  },
  {
    name: 'RejectDomainNameAccessAssociation',
    method: 'POST',
    path: '/rejectdomainnameaccessassociations',
    status: 202,
    run: refuseUnknown,
  },
];

function refuseUnknown(): never {
  throw notFound('Invalid domain name access association identifier specified');
}
