/** Where an integration may lead, as it is checked when it is written (reference 09 section 6). */
import { badRequest } from '../wire/errors.js';
import { methodName } from './method-checks.js';
import type { IntegrationPart } from './parts.js';

/** @throws ApiError */
export function checkEndpoint(integration: IntegrationPart): void {
  const { type, httpMethod, uri, connectionType, connectionId } = integration;
  if (type === 'MOCK') return;
  // Tested before the URI; a Lambda proxy always posts.
  if (type !== 'AWS_PROXY' && (httpMethod === undefined || httpMethod === '')) {
    throw badRequest('Enumeration value for HttpMethod must be non-empty');
  }
  if (httpMethod !== undefined && httpMethod !== '') methodName(httpMethod);
  if (connectionType === 'VPC_LINK' && (connectionId === undefined || connectionId === '')) {
    throw badRequest(
      'Invalid connection ID specified. Setting the connection type to VPC_LINK requires the ID of a VPC link or a stage variable.',
    );
  }
  if (type === 'HTTP' || type === 'HTTP_PROXY') checkHttp(uri);
  else checkArn(type, uri ?? '');
}

const STAGE_VARIABLE = /\$\{stageVariables\.[A-Za-z0-9_]+\}/g;

function checkHttp(uri: string | undefined): void {
  // What a stage variable stands for is not known here; any host character takes its place.
  const filled = (uri ?? '').replace(STAGE_VARIABLE, 'x').replace(/[{}]/g, '');
  if (!/^https?:\/\/[^/\s]/i.test(filled) || !URL.canParse(filled)) {
    throw badRequest('Invalid HTTP endpoint specified for URI');
  }
}

const LAMBDA_PATH = /^path\/2015-03-31\/functions\/arn:[^/]+\/invocations$/;

function checkArn(type: string, uri: string): void {
  if (!uri.startsWith('arn:')) throw badRequest('Invalid ARN specified in the request');
  const parts = uri.split(':');
  const service = parts[4] ?? '';
  const target = parts.slice(5).join(':');
  if (!/^(?:path|action)\//.test(target)) {
    throw badRequest('AWS ARN for integration must contain path or action');
  }
  if (type !== 'AWS_PROXY') return;
  const allowed =
    (service === 'lambda' && LAMBDA_PATH.test(target)) ||
    (service === 'firehose' && !target.startsWith('path/2015-03-31/functions/'));
  if (!allowed) {
    throw badRequest(
      "Integrations of type 'AWS_PROXY' currently only supports Lambda function and Firehose stream invocations.",
    );
  }
}
