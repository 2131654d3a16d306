/** Whether a node could serve a snapshot: everything is compiled as a worker does, and nothing is called. */
import { AwsAccess } from '../aws/access.js';
import type { NodeSettings } from '../config/settings.js';
import { createFunctionInvoker } from '../functions/invoker.js';
import type { Snapshot } from '../model/snapshot.js';
import { Gateway } from '../pipeline/gateway.js';
import { Upstreams } from '../upstream/balancing/upstreams.js';
import { createUpstreamClient } from '../upstream/client.js';

/** @throws Error that names the API and what is wrong */
export async function checkServable(
  settings: NodeSettings,
  snapshot: Pick<Snapshot, 'apis' | 'mappings'>,
): Promise<void> {
  const { region, accountId } = settings.lambda;
  const { executeApiHosts, executeApiPaths, skipAuthorization } = settings;
  const upstream = createUpstreamClient(settings.upstream);
  const upstreams = new Upstreams({ named: settings.upstreams, client: upstream });
  const functions = createFunctionInvoker({ settings: settings.lambda, upstream, localNames: [] });
  try {
    Gateway.compile(
      snapshot,
      {
        upstream,
        functions,
        aws: new AwsAccess(settings.aws),
        upstreams,
        listener: { port: settings.port, protocol: 'http' },
      },
      { region, accountId, executeApiHosts, executeApiPaths, skipAuthorization },
    );
  } finally {
    functions.close();
    await upstreams.close();
    await upstream.close();
  }
}
