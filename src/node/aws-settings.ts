/**
 * Where calls of AWS services go. For each service: its entry of `awsEndpoints`, else `awsEndpointUrl`, else what the
 * SDKs' own variables say (`AWS_ENDPOINT_URL_SQS`, then `AWS_ENDPOINT_URL`): they are what the machine is set up with,
 * less than anything said to Propylon itself.
 */
import type { AwsEndpointSettings } from '../aws/endpoints.js';
import { printable } from '../telemetry/printable.js';
import type { Environment } from './environment.js';
import type { SettingReader } from './setting-reader.js';
import { httpUrl } from './setting-values.js';

const VARIABLE = 'AWS_ENDPOINT_URL';

/** The SDKs' names of services, where they are not those of integration URIs. */
const SERVICES: ReadonlyMap<string, string> = new Map([
  ['api_gateway', 'apigateway'],
  ['bedrock_runtime', 'bedrock-runtime'],
  ['cloudwatch', 'monitoring'],
  ['cloudwatch_logs', 'logs'],
  ['cognito_identity_provider', 'cognito-idp'],
  ['dynamodb_streams', 'streams.dynamodb'],
  ['ecr', 'api.ecr'],
  ['elastic_load_balancing_v2', 'elasticloadbalancing'],
  ['eventbridge', 'events'],
  ['iot_data_plane', 'data.iot'],
  ['route_53', 'route53'],
  ['sagemaker_runtime', 'runtime.sagemaker'],
  ['secrets_manager', 'secretsmanager'],
  ['ses', 'email'],
  ['sesv2', 'email'],
  ['sfn', 'states'],
]);

/** As integration URIs spell services; subdomains of their own are labels before it. */
const SERVICE_NAME = /^[a-z0-9-]+(\.[a-z0-9-]+)*$/;

export function readAwsEndpoints(reader: SettingReader, environment: Environment): AwsEndpointSettings {
  const endpoint = reader.get('awsEndpointUrl');
  const endpoints: Record<string, string> = {};
  for (const [service, written] of reader.sources.file?.awsEndpoints ?? []) {
    if (!SERVICE_NAME.test(service)) {
      reader.problems.push(
        `${written.where} must be named as integration URIs name the service, such as sqs or states, not ${printable(service)}`,
      );
      continue;
    }
    const url = reader.parse(written, httpUrl);
    if (url !== undefined) endpoints[service] = url;
  }
  if (endpoint !== undefined) return { endpoint, endpoints };
  const common = fromEnvironment(reader, environment, endpoints);
  return { ...(common === undefined ? {} : { endpoint: common }), endpoints };
}

/** Fills in what the variables say of services that have no entry. @returns the endpoint of all others */
function fromEnvironment(
  reader: SettingReader,
  environment: Environment,
  endpoints: Record<string, string>,
): string | undefined {
  if (environment.AWS_IGNORE_CONFIGURED_ENDPOINT_URLS?.toLowerCase() === 'true') return undefined;
  for (const [where, text = ''] of Object.entries(environment)) {
    if (!where.startsWith(`${VARIABLE}_`) || text === '') continue;
    const name = where.slice(VARIABLE.length + 1).toLowerCase();
    const service = SERVICES.get(name) ?? name.replaceAll('_', '-');
    if (Object.hasOwn(endpoints, service)) continue;
    const url = reader.parse({ text, where }, httpUrl);
    if (url !== undefined) endpoints[service] = url;
  }
  const text = environment[VARIABLE] ?? '';
  return text === '' ? undefined : reader.parse({ text, where: VARIABLE }, httpUrl);
}
