/**
 * VPC links (reference 09 sections 2, 3.1, 5 and 6). They are kept and shown, and change nothing: an integration with a
 * link calls its URI directly, because this gateway runs inside the network already.
 */
import { shortId } from '../entities/ids.js';
import type { TextMap } from '../entities/parts.js';
import { present } from '../entities/rest-api.js';
import { checkedTags, TAGS, withoutEmptyTags } from '../entities/tags.js';
import type { Operation } from '../operation.js';
import { type ReplaceablePaths, refuseOpsButReplace } from '../patch/fixed-paths.js';
import { type PatchOperation, patchOperationsOf } from '../patch/patch.js';
import { badRequest, notFound } from '../wire/errors.js';
import { page } from '../wire/paging.js';
import { PATCH_INPUT, required, structure, TEXT } from '../wire/shape.js';
import type { Draft } from '../workspace/draft.js';
import type { Transaction } from '../workspace/transaction.js';

/** One aggregate, with a part `vpclink/{id}` for each. */
const VPC_LINKS = 'vpclinks';
export const VPC_LINK = 'vpclink/';

export interface VpcLinkPart {
  readonly id: string;
  readonly name: string;
  readonly description?: string;
  readonly targetArns: readonly string[];
  readonly tags: TextMap;
}

const ONE = '/vpclinks/{vpclink_id}';
const PATHS: ReplaceablePaths = ['/name', '/description'];

export const VPC_LINK_OPERATIONS: readonly Operation[] = [
  {
    name: 'CreateVpcLink',
    method: 'POST',
    path: '/vpclinks',
    status: 202,
    input: structure({
      name: required(TEXT),
      description: TEXT,
      targetArns: { kind: 'list', of: required(TEXT), required: true },
      tags: TAGS,
    }),
    async run(transaction, { body }) {
      const draft = await transaction.aggregateOrNew(VPC_LINKS);
      const targetArns = body.targetArns as string[];
      const link = present<VpcLinkPart>({
        id: shortId(),
        name: checkedName(body.name as string),
        description: (body.description as string | null) || undefined,
        targetArns,
        tags: checkedTags(body.tags),
      });
      if (targetArns.length === 0) throw badRequest('targetArns must name a network load balancer');
      for (const arn of targetArns) {
        if (!/^arn:[^:]+:[^:]+:[^:]*:[^:]*:.+$/.test(arn)) {
          throw badRequest(`Invalid ARN. ARN is not well formed ${arn}`);
        }
      }
      draft.put(`${VPC_LINK}${link.id}`, link);
      return withoutEmptyTags({ ...link, status: 'PENDING' });
    },
  },
  {
    name: 'GetVpcLinks',
    method: 'GET',
    path: '/vpclinks',
    status: 200,
    async run(transaction, { query }) {
      const draft = await transaction.aggregateOrNew(VPC_LINKS);
      return page(
        draft.list<VpcLinkPart>(VPC_LINK),
        query,
        ({ id }) => id,
        (link) => withoutEmptyTags(available(link)),
      );
    },
  },
  {
    name: 'GetVpcLink',
    method: 'GET',
    path: ONE,
    status: 200,
    async run(transaction, { path }) {
      return available((await findVpcLink(transaction, path.vpclink_id)).link);
    },
  },
  {
    name: 'UpdateVpcLink',
    method: 'PATCH',
    path: ONE,
    status: 200,
    input: PATCH_INPUT,
    async run(transaction, { path, body }) {
      const { draft, link } = await findVpcLink(transaction, path.vpclink_id);
      const changed = patchOperationsOf(body).reduce(patchLink, link);
      draft.put(`${VPC_LINK}${link.id}`, changed);
      return available(changed);
    },
  },
  {
    name: 'DeleteVpcLink',
    method: 'DELETE',
    path: ONE,
    status: 202,
    async run(transaction, { path }) {
      const { draft, link } = await findVpcLink(transaction, path.vpclink_id);
      draft.delete(`${VPC_LINK}${link.id}`);
    },
  },
];

/** @throws ApiError */
export async function findVpcLink(
  transaction: Transaction,
  id: string | undefined,
): Promise<{ draft: Draft; link: VpcLinkPart }> {
  const draft = await transaction.aggregate(VPC_LINKS);
  const link = draft?.get<VpcLinkPart>(`${VPC_LINK}${id ?? ''}`);
  if (draft === undefined || link === undefined) throw notFound('Invalid Vpc Link identifier specified');
  return { draft, link };
}

/** There is nothing to wait for: who looks again finds it ready, as clients that poll expect. */
function available(link: VpcLinkPart): VpcLinkPart & { status: string; statusMessage: string } {
  return { ...link, status: 'AVAILABLE', statusMessage: 'Your vpc link is ready for use' };
}

function patchLink(link: VpcLinkPart, operation: PatchOperation): VpcLinkPart {
  refuseOpsButReplace(operation, PATHS);
  const { path, value = '' } = operation;
  if (path === '/name') return { ...link, name: checkedName(value) };
  return present<VpcLinkPart>({ ...link, description: value === '' ? undefined : value });
}

function checkedName(name: string): string {
  if (name.trim() === '') throw badRequest('Name cannot be empty');
  return name;
}
