/** GetExport: a stage's deployment as a document (reference 08 sections 1 and 3). */
import type {
  Documentation,
  DocumentationPartLocation,
  DocumentationPartType,
} from '../../openapi/documentation.js';
import { exportDefinition, exportFileName } from '../../openapi/export/export.js';
import { renderExport } from '../../openapi/export/render.js';
import type { ExportExtension, ExportTarget } from '../../openapi/export/target.js';
import { deploymentOf } from '../deploy/served.js';
import {
  DEPLOYMENTS,
  type DeploymentPart,
  DOCUMENTATION_PARTS,
  DOCUMENTATION_VERSIONS,
  type DocumentationPart,
  type DocumentationVersionPart,
  type StagePart,
} from '../entities/parts.js';
import { present } from '../entities/rest-api.js';
import { findStage } from '../entities/stages.js';
import { type Operation, RawAnswer } from '../operation.js';
import { badRequest } from '../wire/errors.js';
import type { Draft } from '../workspace/draft.js';
import { apiOf } from './rest-apis.js';

export const EXPORT_OPERATIONS: readonly Operation[] = [
  {
    name: 'GetExport',
    method: 'GET',
    path: '/restapis/{restapi_id}/stages/{stage_name}/exports/{export_type}',
    status: 200,
    async run(transaction, { path, query, headers }) {
      const { api, stage } = await findStage(transaction, path);
      const syntax = syntaxOf(headers.accept);
      const target: ExportTarget = {
        format: formatOf(path.export_type),
        extensions: extensionsOf(query),
        apiId: apiOf(api).id,
        region: transaction.settings.region,
        stageName: stage.stageName,
        createdDate: deployedDate(api, stage),
        ...documentationOf(api, stage),
        ...endpointsOf(api),
      };
      const { definition } = await deploymentOf(transaction, target.apiId, stage.deploymentId);
      return new RawAnswer(renderExport(exportDefinition(definition, target), syntax), {
        'Content-Type': 'application/octet-stream',
        'Content-Disposition': `attachment; filename="${exportFileName(definition, target, syntax)}"`,
      });
    },
  },
];

function formatOf(type: string | undefined): ExportTarget['format'] {
  if (type === 'swagger' || type === 'oas30') return type;
  throw badRequest('Invalid export type specified. Valid options are swagger, oas30');
}

/** JSON unless YAML is asked for. */
function syntaxOf(accept = ''): 'json' | 'yaml' {
  return /^application\/(?:x-)?yaml\b/i.test(accept.trim()) ? 'yaml' : 'json';
}

const EXTENSIONS: ReadonlySet<string> = new Set<ExportExtension>([
  'apigateway',
  'authorizers',
  'documentation',
  'integrations',
  'postman',
  'validators',
]);

function extensionsOf(query: URLSearchParams): Set<ExportExtension> {
  const names = query
    .getAll('extensions')
    .flatMap((text) => text.split(','))
    .map((text) => text.trim())
    .filter((text) => text !== '');
  for (const name of names) {
    if (!EXTENSIONS.has(name)) {
      throw badRequest(
        `Invalid extension specified: ${name}. Valid options are ${[...EXTENSIONS].join(', ')}`,
      );
    }
  }
  return new Set(names as ExportExtension[]);
}

function deployedDate(api: Draft, { deploymentId, createdDate }: StagePart): number {
  return api.get<DeploymentPart>(DEPLOYMENTS + deploymentId)?.createdDate ?? createdDate;
}

/** As the stage's documentation version has it; for a stage without one, as it is now. */
function documentationOf(
  api: Draft,
  { documentationVersion }: StagePart,
): Pick<ExportTarget, 'documentation'> {
  const version =
    documentationVersion === undefined
      ? undefined
      : api.get<DocumentationVersionPart>(DOCUMENTATION_VERSIONS + documentationVersion);
  const parts = version?.parts ?? api.list<DocumentationPart>(DOCUMENTATION_PARTS);
  if (parts.length === 0) return {};
  return {
    documentation: present<Documentation>({
      version: documentationVersion,
      parts: parts.map(({ location: { type, path, method, statusCode, name }, properties }) => ({
        location: present<DocumentationPartLocation>({
          // The front end lets no other types in.
          type: type as DocumentationPartType,
          path,
          method,
          statusCode,
          name,
        }),
        properties,
      })),
    }),
  };
}

/** What an import would not make of itself. */
function endpointsOf(api: Draft): Pick<ExportTarget, 'endpointConfiguration'> {
  const { types, ipAddressType, vpcEndpointIds } = apiOf(api).endpointConfiguration;
  const usual = types[0] === 'PRIVATE' ? 'dualstack' : 'ipv4';
  const isUsual = ipAddressType === usual;
  if (vpcEndpointIds === undefined && isUsual) return {};
  return {
    endpointConfiguration: present<NonNullable<ExportTarget['endpointConfiguration']>>({
      vpcEndpointIds: [...(vpcEndpointIds ?? [])],
      ipAddressType: isUsual ? undefined : (ipAddressType as 'ipv4' | 'dualstack'),
    }),
  };
}
