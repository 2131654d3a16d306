/** Models (reference 09 sections 2, 3.1 and 6; reference 06 section 1.3). */
import { shortId } from '../entities/ids.js';
import { checkedSchema, flattened, sampleTemplate } from '../entities/model-schema.js';
import { modelUses } from '../entities/model-uses.js';
import { partFinder, partsPage } from '../entities/named-parts.js';
import { MODELS, type ModelPart } from '../entities/parts.js';
import { findApi, present } from '../entities/rest-api.js';
import type { Operation } from '../operation.js';
import { type ReplaceablePaths, refuseOpsButReplace } from '../patch/fixed-paths.js';
import { patchOperationsOf } from '../patch/patch.js';
import { badRequest, conflict } from '../wire/errors.js';
import { PATCH_INPUT, required, structure, TEXT } from '../wire/shape.js';
import type { Draft } from '../workspace/draft.js';

const LIST = '/restapis/{restapi_id}/models';
const ONE = `${LIST}/{model_name}`;
const PATHS: ReplaceablePaths = ['/description', '/schema'];

const find = partFinder<ModelPart>(
  ({ model_name }) => `${MODELS}${model_name}`,
  ({ model_name }) => `Invalid model name specified: ${model_name}`,
);

export const MODEL_OPERATIONS: readonly Operation[] = [
  {
    name: 'CreateModel',
    method: 'POST',
    path: LIST,
    status: 201,
    input: structure({ name: required(TEXT), description: TEXT, schema: TEXT, contentType: required(TEXT) }),
    async run(transaction, { path, body }) {
      const draft = await findApi(transaction, path.restapi_id);
      const { name, description, schema, contentType } = body as unknown as ModelPart;
      if (name === '') throw badRequest('Model name must be non-empty');
      if (!/^[A-Za-z0-9]+$/.test(name)) {
        throw badRequest(`Model name must be alphanumeric: ${name}`);
      }
      if (draft.get(`${MODELS}${name}`) !== undefined) {
        throw conflict('Model name already exists for this REST API');
      }
      return put(draft, {
        id: shortId(),
        name,
        contentType,
        schema: checkedSchema(schema ?? ''),
        // Recorded: an empty description is none.
        ...(description ? { description } : {}),
      });
    },
  },
  {
    name: 'GetModels',
    method: 'GET',
    path: LIST,
    status: 200,
    run: (transaction, request) => partsPage<ModelPart>(transaction, request, MODELS, ({ name }) => name),
  },
  {
    name: 'GetModel',
    method: 'GET',
    path: ONE,
    status: 200,
    async run(transaction, { path, query }) {
      const { draft, part: model } = await find(transaction, path);
      return query.get('flatten') === 'true' ? { ...model, schema: flattened(draft, model) } : model;
    },
  },
  {
    name: 'GetModelTemplate',
    method: 'GET',
    path: `${ONE}/default_template`,
    status: 200,
    async run(transaction, { path }) {
      const { draft, part: model } = await find(transaction, path);
      return { value: sampleTemplate(draft, model) };
    },
  },
  {
    name: 'UpdateModel',
    method: 'PATCH',
    path: ONE,
    status: 200,
    input: PATCH_INPUT,
    async run(transaction, { path, body }) {
      const { draft, part: model } = await find(transaction, path);
      let changed = model;
      for (const operation of patchOperationsOf(body)) {
        refuseOpsButReplace(operation, PATHS);
        const value = operation.value ?? '';
        changed =
          operation.path === '/schema'
            ? { ...changed, schema: checkedSchema(value) }
            : present<ModelPart>({ ...changed, description: value === '' ? undefined : value });
      }
      return put(draft, changed);
    },
  },
  {
    name: 'DeleteModel',
    method: 'DELETE',
    path: ONE,
    status: 202,
    async run(transaction, { path }) {
      const { draft, part: model } = await find(transaction, path);
      const [use] = modelUses(draft, model.name);
      if (use !== undefined) throw conflict(`Cannot delete model '${model.name}', is referenced in ${use}`);
      draft.delete(`${MODELS}${model.name}`);
    },
  },
];

function put(draft: Draft, model: ModelPart): ModelPart {
  draft.put(`${MODELS}${model.name}`, model);
  return model;
}
