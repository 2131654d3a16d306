/** Whether a node could serve a stage: it is compiled as a worker does it, and nothing is called. */
import { AwsAccess } from '../../aws/access.js';
import type { IntegrationServices } from '../../integrations/integration.js';
import type { ApiItem, Stage } from '../../model/snapshot.js';
import { Gateway } from '../../pipeline/gateway.js';
import { Upstreams } from '../../upstream/balancing/upstreams.js';
import type { ControlPlaneSettings } from '../workspace/transaction.js';

function called(): never {
  throw new Error('Nothing is called while a stage is checked');
}

const CLIENT = { request: called, close: called, stats: called };

/** Why not, as one phrase; undefined: it could. */
export function refusalOf(
  api: ApiItem,
  stage: Stage,
  { region, accountId, upstreams = {} }: ControlPlaneSettings,
): string | undefined {
  const services: IntegrationServices = {
    upstream: CLIENT,
    upstreams: new Upstreams({ named: upstreams, client: CLIENT }),
    functions: { invoke: called },
    aws: new AwsAccess({ endpoints: {} }),
    listener: { port: 443, protocol: 'https' },
  };
  try {
    Gateway.compile({ apis: [{ ...api, stages: [stage] }], mappings: [] }, services, {
      region,
      accountId,
      executeApiHosts: true,
      executeApiPaths: true,
      skipAuthorization: true,
    });
    return undefined;
  } catch (error) {
    return (error as Error).message;
  } finally {
    void services.upstreams.close();
  }
}
