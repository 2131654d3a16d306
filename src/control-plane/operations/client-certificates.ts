/** Client certificates (reference 09 sections 2, 3 and 5). */
import { selfSignedCertificate } from '../certificates/self-signed.js';
import { shortId } from '../entities/ids.js';
import { REST_APIS, STAGES, type StagePart, type TextMap } from '../entities/parts.js';
import { present } from '../entities/rest-api.js';
import { checkedTags, TAGS, withoutEmptyTags } from '../entities/tags.js';
import type { Operation } from '../operation.js';
import { type ReplaceablePaths, refuseOpsButReplace } from '../patch/fixed-paths.js';
import { patchOperationsOf } from '../patch/patch.js';
import { conflict, notFound } from '../wire/errors.js';
import { page } from '../wire/paging.js';
import { PATCH_INPUT, structure, TEXT } from '../wire/shape.js';
import type { Draft } from '../workspace/draft.js';
import type { Transaction } from '../workspace/transaction.js';

/** One aggregate, with a part `certificate/{id}` for each. */
export const CLIENT_CERTIFICATES = 'clientcertificates';
export const CLIENT_CERTIFICATE = 'certificate/';

export interface ClientCertificatePart {
  readonly clientCertificateId: string;
  readonly description?: string;
  readonly pemEncodedCertificate: string;
  readonly createdDate: number;
  readonly expirationDate: number;
  readonly tags: TextMap;
  /** PEM; never shown. Sealed for `clientcertificate/{id}` where there is a master key. */
  readonly privateKey: { readonly sealed: string } | { readonly clear: string };
}

const ONE = '/clientcertificates/{clientcertificate_id}';
const PATHS: ReplaceablePaths = ['/description'];
const LIFE_SECONDS = 365 * 86_400;

export const CLIENT_CERTIFICATE_OPERATIONS: readonly Operation[] = [
  {
    name: 'GenerateClientCertificate',
    method: 'POST',
    path: '/clientcertificates',
    status: 201,
    input: structure({ description: TEXT, tags: TAGS }),
    async run(transaction, { body }) {
      const tags = checkedTags(body.tags);
      const createdDate = transaction.now;
      const expirationDate = createdDate + LIFE_SECONDS;
      const pair = await selfSignedCertificate(
        'ApiGateway',
        new Date(createdDate * 1000),
        new Date(expirationDate * 1000),
      );
      const draft = await transaction.aggregateOrNew(CLIENT_CERTIFICATES);
      const id = shortId();
      const certificate = present<ClientCertificatePart>({
        clientCertificateId: id,
        description: (body.description as string | null) || undefined,
        pemEncodedCertificate: pair.certificate,
        createdDate,
        expirationDate,
        tags,
        privateKey: stored(transaction, pair.privateKey, id),
      });
      draft.put(`${CLIENT_CERTIFICATE}${certificate.clientCertificateId}`, certificate);
      return withoutEmptyTags(shown(certificate));
    },
  },
  {
    name: 'GetClientCertificates',
    method: 'GET',
    path: '/clientcertificates',
    status: 200,
    async run(transaction, { query }) {
      const draft = await transaction.aggregateOrNew(CLIENT_CERTIFICATES);
      return page(
        draft.list<ClientCertificatePart>(CLIENT_CERTIFICATE),
        query,
        ({ clientCertificateId }) => clientCertificateId,
        (certificate) => withoutEmptyTags(shown(certificate)),
      );
    },
  },
  {
    name: 'GetClientCertificate',
    method: 'GET',
    path: ONE,
    status: 200,
    async run(transaction, { path }) {
      return shown((await findClientCertificate(transaction, path.clientcertificate_id)).certificate);
    },
  },
  {
    name: 'UpdateClientCertificate',
    method: 'PATCH',
    path: ONE,
    status: 200,
    input: PATCH_INPUT,
    async run(transaction, { path, body }) {
      const { draft, certificate } = await findClientCertificate(transaction, path.clientcertificate_id);
      let changed = certificate;
      for (const operation of patchOperationsOf(body)) {
        refuseOpsButReplace(operation, PATHS);
        const description = operation.value === '' ? undefined : operation.value;
        changed = present<ClientCertificatePart>({ ...changed, description });
      }
      draft.put(`${CLIENT_CERTIFICATE}${changed.clientCertificateId}`, changed);
      return shown(changed);
    },
  },
  {
    name: 'DeleteClientCertificate',
    method: 'DELETE',
    path: ONE,
    status: 202,
    async run(transaction, { path }) {
      const { draft, certificate } = await findClientCertificate(transaction, path.clientcertificate_id);
      const { clientCertificateId: id } = certificate;
      // Certificates end rarely: looking at every API is cheaper than keeping count.
      for (const api of await transaction.aggregates(REST_APIS)) {
        const stage = api
          .list<StagePart>(STAGES)
          .find(({ clientCertificateId }) => clientCertificateId === id);
        if (stage !== undefined) {
          throw conflict(
            `Cannot delete client certificate ${id}, is referenced in stage: ${api.name.slice(REST_APIS.length)}/${stage.stageName}`,
          );
        }
      }
      draft.delete(`${CLIENT_CERTIFICATE}${id}`);
    },
  },
];

/** @throws ApiError */
export async function findClientCertificate(
  transaction: Transaction,
  id: string | undefined,
): Promise<{ draft: Draft; certificate: ClientCertificatePart }> {
  const draft = await transaction.aggregate(CLIENT_CERTIFICATES);
  const certificate = draft?.get<ClientCertificatePart>(`${CLIENT_CERTIFICATE}${id ?? ''}`);
  if (draft === undefined || certificate === undefined) {
    throw notFound('Invalid Client Certificate identifier specified');
  }
  return { draft, certificate };
}

function stored(
  { settings }: Transaction,
  privateKey: string,
  id: string,
): ClientCertificatePart['privateKey'] {
  const sealed = settings.seal?.(privateKey, `clientcertificate/${id}`);
  return sealed === undefined ? { clear: privateKey } : { sealed };
}

function shown({
  privateKey: _,
  ...certificate
}: ClientCertificatePart): Omit<ClientCertificatePart, 'privateKey'> {
  return certificate;
}
