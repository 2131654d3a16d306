/** Documentation versions: the parts as they were, under a name (reference 09 sections 2, 3.1 and 5). */

import { partFinder, partsPage } from '../entities/named-parts.js';
import {
  DOCUMENTATION_PARTS,
  DOCUMENTATION_VERSIONS,
  type DocumentationPart,
  type DocumentationVersionPart,
  STAGES,
  type StagePart,
} from '../entities/parts.js';
import { findApi, present } from '../entities/rest-api.js';
import { findStage } from '../entities/stages.js';
import type { Operation } from '../operation.js';
import { type ReplaceablePaths, refuseOpsButReplace } from '../patch/fixed-paths.js';
import { patchOperationsOf } from '../patch/patch.js';
import { badRequest, conflict } from '../wire/errors.js';
import { PATCH_INPUT, required, structure, TEXT } from '../wire/shape.js';
import type { Draft } from '../workspace/draft.js';

const LIST = '/restapis/{restapi_id}/documentation/versions';
const ONE = `${LIST}/{doc_version}`;
const PATHS: ReplaceablePaths = ['/description'];

const find = partFinder<DocumentationVersionPart>(
  ({ doc_version }) => `${DOCUMENTATION_VERSIONS}${doc_version}`,
  () => 'Invalid Documentation version specified',
);

export const DOCUMENTATION_VERSION_OPERATIONS: readonly Operation[] = [
  {
    name: 'CreateDocumentationVersion',
    method: 'POST',
    path: LIST,
    status: 201,
    input: structure({ documentationVersion: required(TEXT), stageName: TEXT, description: TEXT }),
    async run(transaction, { path, body }) {
      const draft = await findApi(transaction, path.restapi_id);
      const version = body.documentationVersion as string;
      if (version.trim() === '') throw badRequest('Documentation version must be non-empty');
      if (draft.get(`${DOCUMENTATION_VERSIONS}${version}`) !== undefined) {
        throw conflict(`Documentation version already exists: ${version}`);
      }
      const stageName = body.stageName as string | null | undefined;
      if (stageName) {
        const { stage } = await findStage(transaction, { ...path, stage_name: stageName });
        draft.put(`${STAGES}${stageName}`, {
          ...stage,
          documentationVersion: version,
          lastUpdatedDate: transaction.now,
        } satisfies StagePart);
      }
      return put(
        draft,
        present<DocumentationVersionPart>({
          version,
          createdDate: transaction.now,
          description: (body.description as string | null) || undefined,
          parts: draft.list<DocumentationPart>(DOCUMENTATION_PARTS),
        }),
      );
    },
  },
  {
    name: 'GetDocumentationVersions',
    method: 'GET',
    path: LIST,
    status: 200,
    run: (transaction, request) =>
      partsPage<DocumentationVersionPart>(
        transaction,
        request,
        DOCUMENTATION_VERSIONS,
        ({ version }) => version,
        shown,
      ),
  },
  {
    name: 'GetDocumentationVersion',
    method: 'GET',
    path: ONE,
    status: 200,
    async run(transaction, { path }) {
      return shown((await find(transaction, path)).part);
    },
  },
  {
    name: 'UpdateDocumentationVersion',
    method: 'PATCH',
    path: ONE,
    status: 200,
    input: PATCH_INPUT,
    async run(transaction, { path, body }) {
      const { draft, part: version } = await find(transaction, path);
      let changed = version;
      for (const operation of patchOperationsOf(body)) {
        refuseOpsButReplace(operation, PATHS);
        const description = operation.value === '' ? undefined : operation.value;
        changed = present<DocumentationVersionPart>({ ...changed, description });
      }
      return put(draft, changed);
    },
  },
  {
    name: 'DeleteDocumentationVersion',
    method: 'DELETE',
    path: ONE,
    status: 202,
    async run(transaction, { path }) {
      const { draft, part: version } = await find(transaction, path);
      draft.delete(`${DOCUMENTATION_VERSIONS}${version.version}`);
      // A stage must not name what is gone.
      for (const stage of draft.list<StagePart>(STAGES)) {
        if (stage.documentationVersion !== version.version) continue;
        const { documentationVersion: _, ...without } = stage;
        draft.put(`${STAGES}${stage.stageName}`, without satisfies StagePart);
      }
    },
  },
];

function put(draft: Draft, version: DocumentationVersionPart): object {
  draft.put(`${DOCUMENTATION_VERSIONS}${version.version}`, version);
  return shown(version);
}

function shown({ parts: _, ...members }: DocumentationVersionPart): object {
  return members;
}
