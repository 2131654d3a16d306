/** `x-amazon-apigateway-integration` of an exported operation (reference 08 sections 2.1 and 3). */
import type { Integration, IntegrationResponse, Resource } from '../../model/snapshot.js';
import { DEFAULT_TIMEOUT, UPSTREAM } from '../integration.js';
import { readJson } from '../json-reader.js';
import type { MapNode, Node } from '../source-tree.js';
import { map, nonEmpty, object, optionalText, plain, text, textList, texts } from './nodes.js';

/** Members that have their defaults are left out. */
export function exportIntegration(integration: Integration, resource: Resource): MapNode {
  const { cacheNamespace, timeoutInMillis, connectionType, responseTransferMode, tlsConfig } = integration;
  return object({
    type: text(integration.type.toLowerCase()),
    httpMethod: optionalText(integration.httpMethod),
    uri: optionalText(integration.uri),
    credentials: optionalText(integration.credentials),
    responses: nonEmpty(map(integration.responses.map((response) => [keyOf(response), exported(response)]))),
    requestParameters: texts(integration.requestParameters),
    requestTemplates: texts(integration.requestTemplates),
    passthroughBehavior: text(integration.passthroughBehavior.toLowerCase()),
    contentHandling: optionalText(integration.contentHandling),
    cacheNamespace: cacheNamespace === resource.id ? undefined : text(cacheNamespace),
    cacheKeyParameters: textList(integration.cacheKeyParameters),
    connectionType: connectionType === 'INTERNET' ? undefined : text(connectionType),
    connectionId: optionalText(integration.connectionId),
    timeoutInMillis: timeoutInMillis === DEFAULT_TIMEOUT ? undefined : plain(timeoutInMillis),
    tlsConfig:
      tlsConfig &&
      object({
        insecureSkipVerification: plain(tlsConfig.insecureSkipVerification),
        serverNameToVerify: optionalText(tlsConfig.serverNameToVerify),
      }),
    responseTransferMode: responseTransferMode === 'BUFFERED' ? undefined : text(responseTransferMode),
    integrationTarget: optionalText(integration.integrationTarget),
    payloadFormatVersion: optionalText(integration.payloadFormatVersion),
    integrationSubtype: optionalText(integration.integrationSubtype),
    [UPSTREAM]: integration.upstream === undefined ? undefined : upstreamOf(integration.upstream),
  });
}

/** A name, or the JSON text of one that is written in place. */
function upstreamOf(upstream: string): Node {
  const tree = upstream.startsWith('{') ? readJson(upstream, (part) => part) : undefined;
  return tree !== undefined && 'root' in tree ? tree.root : text(upstream);
}

/** An absent or empty pattern is the default; the pattern `default` is written so that it is none. */
function keyOf({ selectionPattern }: IntegrationResponse): string {
  if (selectionPattern === undefined || selectionPattern === '') return 'default';
  return selectionPattern === 'default' ? '(?:default)' : selectionPattern;
}

function exported(response: IntegrationResponse): Node {
  return object({
    statusCode: text(response.statusCode),
    responseParameters: texts(response.responseParameters),
    responseTemplates: texts(response.responseTemplates),
    contentHandling: optionalText(response.contentHandling),
  });
}
