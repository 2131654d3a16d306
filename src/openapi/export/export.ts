/** A definition as an OpenAPI 3.0 or Swagger 2.0 document (reference 08 section 3). */
import type { Definition, GatewayResponse, RequestValidator } from '../../model/snapshot.js';
import type { Documentation } from '../documentation.js';
import { ANY_METHOD, PREFIX } from '../extensions.js';
import { readJson } from '../json-reader.js';
import type { MapNode, Node } from '../source-tree.js';
import { list, map, nonEmpty, object, optionalText, plain, text, textList, texts } from './nodes.js';
import { exportOperation } from './operation.js';
import { schemas } from './schemas.js';
import { SecuritySchemes } from './security.js';
import { type ExportTarget, exportVersion, includes } from './target.js';

/**
 * Resources without methods are left out, as are ids and whatever has its default. With the extension `apigateway` an
 * import of the document yields the definition again, the limits of the formats aside.
 * @returns for `renderExport`
 */
export function exportDefinition(definition: Definition, target: ExportTarget): Node {
  const schemes = new SecuritySchemes(definition.authorizers, target);
  // Before the schemes, which are declared when an operation demands them.
  const paths = exportPaths(definition, target, schemes);
  const declared = schemes.declared();
  const models = schemas(definition.models, target.format);
  const extensions = rootExtensions(definition, target);
  const document =
    target.format === 'swagger'
      ? {
          swagger: text('2.0'),
          info: info(definition, target),
          host: text(hostOf(target)),
          basePath: text(`/${target.stageName}`),
          schemes: textList(['https']),
          paths,
          securityDefinitions: declared,
          definitions: models,
        }
      : {
          openapi: text('3.0.1'),
          info: info(definition, target),
          servers: servers(definition, target),
          paths,
          components: object({ schemas: models, securitySchemes: declared }),
        };
  return object({ ...document, ...extensions });
}

/** The name GetExport gives the file: `oas30_1.0.json`. Versions are free text, and this goes into a header. */
export function exportFileName(
  definition: Definition,
  target: ExportTarget,
  syntax: 'json' | 'yaml',
): string {
  const version = exportVersion(definition.version, target).replace(/[^A-Za-z0-9.:+-]/g, '_');
  return `${target.format}_${version}.${syntax}`;
}

function info({ name, description, version }: Definition, target: ExportTarget): Node {
  return object({
    title: text(name),
    description: description === '' ? undefined : text(description),
    version: text(exportVersion(version, target)),
  });
}

function hostOf({ apiId, region }: ExportTarget): string {
  return `${apiId}.execute-api.${region}.amazonaws.com`;
}

function servers(definition: Definition, target: ExportTarget): Node {
  const basePath = object({ default: text(target.stageName) });
  return list([
    object({
      url: text(`https://${hostOf(target)}/{basePath}`),
      variables: object({ basePath }),
      [ENDPOINT_CONFIGURATION]: endpointConfiguration(definition, target),
    }),
  ]);
}

const ENDPOINT_CONFIGURATION = `${PREFIX}endpoint-configuration`;

function endpointConfiguration(
  { disableExecuteApiEndpoint }: Definition,
  target: ExportTarget,
): Node | undefined {
  if (!includes(target, 'apigateway')) return undefined;
  const { vpcEndpointIds = [], ipAddressType } = target.endpointConfiguration ?? {};
  return nonEmpty(
    object({
      disableExecuteApiEndpoint: disableExecuteApiEndpoint ? plain(true) : undefined,
      vpcEndpointIds: textList(vpcEndpointIds),
      ipAddressType: optionalText(ipAddressType),
    }),
  );
}

function exportPaths(definition: Definition, target: ExportTarget, schemes: SecuritySchemes): MapNode {
  const used = definition.resources.filter(({ methods }) => methods.length > 0);
  return map(
    used.map((resource) => [
      resource.path,
      map(
        resource.methods.map((method) => [
          method.httpMethod === 'ANY' ? ANY_METHOD : method.httpMethod.toLowerCase(),
          exportOperation(method, resource, target, schemes),
        ]),
      ),
    ]),
  );
}

/** What stands at the root beside the document proper. */
function rootExtensions(definition: Definition, target: ExportTarget): Record<string, Node | undefined> {
  const extensions: Record<string, Node | undefined> = {};
  if (includes(target, 'validators')) {
    extensions[`${PREFIX}request-validators`] = validators(definition.requestValidators);
  }
  if (includes(target, 'apigateway')) {
    const { binaryMediaTypes, minimumCompressionSize, apiKeySource, policy } = definition;
    extensions[`${PREFIX}gateway-responses`] = gatewayResponses(definition.gatewayResponses);
    extensions[`${PREFIX}binary-media-types`] = textList(binaryMediaTypes);
    extensions[`${PREFIX}minimum-compression-size`] =
      minimumCompressionSize === undefined ? undefined : plain(minimumCompressionSize);
    extensions[`${PREFIX}api-key-source`] = apiKeySource === 'HEADER' ? undefined : text(apiKeySource);
    extensions[`${PREFIX}policy`] = policy === undefined ? undefined : jsonOrText(policy);
    if (target.format === 'swagger') {
      extensions[ENDPOINT_CONFIGURATION] = endpointConfiguration(definition, target);
    }
  }
  if (includes(target, 'documentation') && target.documentation !== undefined) {
    extensions[`${PREFIX}documentation`] = documentation(target.documentation);
  }
  return extensions;
}

function validators(all: readonly RequestValidator[]): Node | undefined {
  return nonEmpty(
    map(
      all.map(({ name, validateRequestBody, validateRequestParameters }) => [
        name,
        object({
          validateRequestBody: plain(validateRequestBody),
          validateRequestParameters: plain(validateRequestParameters),
        }),
      ]),
    ),
  );
}

function gatewayResponses(responses: readonly GatewayResponse[]): Node | undefined {
  return nonEmpty(
    map(
      responses.map(({ responseType, statusCode, responseParameters, responseTemplates }) => [
        responseType,
        object({
          statusCode: optionalText(statusCode),
          responseParameters: texts(responseParameters),
          responseTemplates: texts(responseTemplates),
        }),
      ]),
    ),
  );
}

function documentation({ version, parts }: Documentation): Node {
  return object({
    version: optionalText(version),
    documentationParts: list(
      parts.map(({ location: { type, path, method, statusCode, name }, properties }) =>
        object({
          location: object({
            type: text(type),
            path: optionalText(path),
            method: optionalText(method),
            statusCode: optionalText(statusCode),
            name: optionalText(name),
          }),
          properties: jsonOrText(properties),
        }),
      ),
    ),
  });
}

/** A broken policy stays the text it is: an import refuses it, where one without policy would let everybody in. */
function jsonOrText(json: string): Node {
  const tree = readJson(json, (part) => part);
  return 'root' in tree && tree.root.kind === 'map' ? tree.root : text(json);
}
