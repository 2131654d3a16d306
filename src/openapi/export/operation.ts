/** A method as an operation (reference 08 section 3). */
import type { Method, MethodResponse, Resource } from '../../model/snapshot.js';
import { INTEGRATION, PREFIX } from '../extensions.js';
import type { MapNode, Node } from '../source-tree.js';
import { exportIntegration } from './integration.js';
import { list, map, nonEmpty, object, optionalText, plain, text, textList } from './nodes.js';
import { modelReference } from './schemas.js';
import type { SecuritySchemes } from './security.js';
import { type ExportTarget, includes } from './target.js';

export function exportOperation(
  method: Method,
  resource: Resource,
  target: ExportTarget,
  schemes: SecuritySchemes,
): MapNode {
  const { integration } = method;
  const swagger = target.format === 'swagger';
  return object({
    operationId: optionalText(method.operationName),
    consumes: swagger ? textList(consumes(method)) : undefined,
    produces: swagger ? textList(produces(method)) : undefined,
    parameters: parameters(method, target),
    requestBody: swagger ? undefined : requestBody(method),
    responses: map(method.responses.map((response) => [response.statusCode, exported(response, target)])),
    security: schemes.demandedBy(method),
    [`${PREFIX}request-validator`]: includes(target, 'validators')
      ? optionalText(method.requestValidatorName)
      : undefined,
    [INTEGRATION]:
      integration !== undefined && includes(target, 'integrations')
        ? exportIntegration(integration, resource)
        : undefined,
  });
}

/** Types of request models, then of request templates (recorded rule); `$default` of a template is no type. */
function consumes({ requestModels, integration }: Method): string[] {
  return mediaTypes([requestModels], [integration?.requestTemplates ?? {}]);
}

function produces({ responses, integration }: Method): string[] {
  return mediaTypes(
    responses.map(({ responseModels }) => responseModels),
    (integration?.responses ?? []).map(({ responseTemplates }) => responseTemplates),
  );
}

function mediaTypes(
  models: readonly Readonly<Record<string, string>>[],
  templates: readonly Readonly<Record<string, string>>[],
): string[] {
  const ofTemplates = templates.flatMap((map) => Object.keys(map)).filter((type) => type !== '$default');
  return [...new Set([...models.flatMap((map) => Object.keys(map)), ...ofTemplates])];
}

const LOCATIONS: ReadonlyMap<string, string> = new Map([
  ['path', 'path'],
  ['querystring', 'query'],
  ['header', 'header'],
]);
const PARAMETER = /^method\.request\.(path|querystring|header)\.(.+)$/s;

function parameters(method: Method, target: ExportTarget): Node | undefined {
  const items: Node[] = [];
  for (const [key, required] of Object.entries(method.requestParameters)) {
    const [, location = '', name] = PARAMETER.exec(key) ?? [];
    if (name === undefined) continue;
    const place = { name: text(name), in: optionalText(LOCATIONS.get(location)) };
    const type = text('string');
    items.push(
      target.format === 'swagger'
        ? object({ ...place, required: plain(required), type })
        : object({ ...place, required: required ? plain(true) : undefined, schema: object({ type }) }),
    );
  }
  const model = target.format === 'swagger' ? soleModel(method.requestModels) : undefined;
  if (model !== undefined) {
    const schema = modelReference(model, 'swagger');
    items.push(object({ in: text('body'), name: text(model), required: plain(true), schema }));
  }
  return items.length === 0 ? undefined : list(items);
}

/** Swagger 2.0 has one schema for all media types: that of JSON where there are several. */
function soleModel(models: Readonly<Record<string, string>>): string | undefined {
  return models['application/json'] ?? Object.values(models)[0];
}

function content(models: Readonly<Record<string, string>>): MapNode {
  return map(
    Object.entries(models).map(([type, name]) => [type, object({ schema: modelReference(name, 'oas30') })]),
  );
}

function requestBody({ requestModels }: Method): Node | undefined {
  const types = nonEmpty(content(requestModels));
  return types && object({ content: types, required: plain(true) });
}

const HEADER = 'method.response.header.';

function exported(response: MethodResponse, target: ExportTarget): Node {
  const description = text(`${response.statusCode} response`);
  const type = object({ type: text('string') });
  const swagger = target.format === 'swagger';
  const names = Object.keys(response.responseParameters).filter((key) => key.startsWith(HEADER));
  const headers = nonEmpty(
    map(names.map((key) => [key.slice(HEADER.length), swagger ? type : object({ schema: type })])),
  );
  if (!swagger) return object({ description, headers, content: content(response.responseModels) });
  const model = soleModel(response.responseModels);
  return object({
    description,
    schema: model === undefined ? undefined : modelReference(model, 'swagger'),
    headers,
  });
}
