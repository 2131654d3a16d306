/** `x-amazon-apigateway-endpoint-configuration`: at the root in Swagger 2.0, at a server object in OpenAPI 3. */
import type { Cursor } from './cursor.js';
import { quote, type SourceDocument } from './document.js';
import { checkExtensions, PREFIX } from './extensions.js';

/** What a document says of endpoints besides `disableExecuteApiEndpoint`: kept for the control plane's answers. */
export interface EndpointConfiguration {
  vpcEndpointIds: string[];
  ipAddressType?: 'ipv4' | 'dualstack';
}

export interface Endpoints {
  disableExecuteApiEndpoint: boolean;
  /** Absent when the document says nothing of it. */
  configuration?: EndpointConfiguration;
}

/** Read wherever it stands, in every place together. */
export function readEndpoints(document: SourceDocument, version: 2 | 3): Endpoints {
  const owners = [document.root];
  if (version === 3) {
    for (const server of document.list(document.root.get('servers'))?.members() ?? []) {
      const map = document.map(server);
      if (map === undefined) continue;
      checkExtensions(document, map, 'server');
      owners.push(map);
    }
  }
  let disableExecuteApiEndpoint = false;
  const configuration: EndpointConfiguration = { vpcEndpointIds: [] };
  for (const owner of owners) {
    const at = document.map(owner.get(`${PREFIX}endpoint-configuration`));
    if (at === undefined) continue;
    if (document.boolean(at.get('disableExecuteApiEndpoint')) === true) disableExecuteApiEndpoint = true;
    configuration.vpcEndpointIds.push(...document.texts(at.get('vpcEndpointIds')));
    const type = readIpAddressType(document, at.get('ipAddressType'));
    if (type !== undefined) configuration.ipAddressType = type;
  }
  const isEmpty = configuration.vpcEndpointIds.length === 0 && configuration.ipAddressType === undefined;
  return isEmpty ? { disableExecuteApiEndpoint } : { disableExecuteApiEndpoint, configuration };
}

function readIpAddressType(
  document: SourceDocument,
  cursor: Cursor | undefined,
): EndpointConfiguration['ipAddressType'] {
  const type = document.text(cursor, 'warning');
  if (type === 'ipv4' || type === 'dualstack') return type;
  if (cursor !== undefined && type !== undefined) {
    document.warn(cursor, `The ipAddressType ${quote(type)} is ignored: write ipv4 or dualstack.`);
  }
  return undefined;
}
