/** One request through the compiled pipeline, without threads and sockets of a node: `propylon invoke`. */
import { AwsAccess } from '../aws/access.js';
import type { NodeSettings } from '../config/settings.js';
import { Exchange } from '../exchange/exchange.js';
import { answerGatewayResponse, GATEWAY_RESPONSES } from '../exchange/gateway-response.js';
import { FunctionHost } from '../functions/host.js';
import { createFunctionInvoker, type RoutedFunctions } from '../functions/invoker.js';
import type { IntegrationContext, IntegrationServices } from '../integrations/integration.js';
import type { Snapshot } from '../model/snapshot.js';
import { Gateway } from '../pipeline/gateway.js';
import { Upstreams } from '../upstream/balancing/upstreams.js';
import { createUpstreamClient } from '../upstream/client.js';
import type { UpstreamClient } from '../upstream/upstream.js';
import { type ClientRequest, readRequest } from './client-request.js';
import { type CollectedAnswer, CollectingSink } from './collecting-sink.js';
import { explain } from './explain.js';
import { RecordingFunctions } from './recording-functions.js';
import { RecordingUpstream } from './recording-upstream.js';
import type { TraceStep } from './trace.js';

export interface Invocation {
  readonly answer: CollectedAnswer;
  /** The gateway response that was given; undefined: none. */
  readonly gatewayResponse: { readonly type: string; readonly cause: string } | undefined;
  /** Why the answer broke off; empty where the log has nothing to say. */
  readonly cause: string;
  trace(): TraceStep[];
}

type Deployed = Omit<Snapshot, 'revision'>;

/**
 * Calls of backends and functions are real.
 * @throws Error in one sentence when the snapshot cannot be served or the function host does not start
 */
export async function invoke(
  settings: NodeSettings,
  snapshot: Deployed,
  request: ClientRequest,
): Promise<Invocation> {
  const services = new Services(settings);
  try {
    await services.start();
    const invocation = await run(settings, snapshot, request, services);
    await services.functions.finished();
    return invocation;
  } finally {
    await services.close();
  }
}

async function run(
  settings: NodeSettings,
  snapshot: Deployed,
  request: ClientRequest,
  services: Services,
): Promise<Invocation> {
  let reached: IntegrationContext | undefined;
  const ports: IntegrationServices = {
    upstream: services.upstream,
    upstreams: new Upstreams({ named: settings.upstreams, client: services.upstream }),
    functions: services.functions,
    aws: new AwsAccess(settings.aws),
    listener: { port: settings.port, protocol: 'http' },
    watch: (integration, context) => ({
      invoke(exchange: Exchange): void {
        reached = context;
        integration.invoke(exchange);
      },
    }),
  };
  const { region, accountId } = settings.lambda;
  const { executeApiHosts, executeApiPaths, skipAuthorization } = settings;
  const options = {
    region,
    accountId,
    executeApiHosts,
    executeApiPaths,
    skipAuthorization,
  };
  const gateway = Gateway.compile(snapshot, ports, options);

  const { parsed, isHead, refusal } = readRequest(request, settings.limits);
  const sentBody = request.body;
  const sink = new CollectingSink(isHead);
  const exchange = new Exchange(parsed, sink, 1);
  if (refusal === undefined) handle(gateway, exchange);
  else answerGatewayResponse(exchange, refusal, 'The request is refused before it is routed');
  const answer = await sink.answered;
  const { errorType, errorCause } = exchange;
  return {
    answer,
    gatewayResponse: errorType === '' ? undefined : { type: errorType, cause: errorCause },
    cause: errorCause,
    trace: () =>
      explain({
        exchange,
        snapshot,
        skipAuthorization,
        lambda: settings.lambda,
        integration: reached,
        upstream: services.upstream.calls,
        functions: services.functions.calls,
        sentBody,
        refused: refusal !== undefined,
      }),
  };
}

/** As in a worker: a defect of ours is an answer, too. */
function handle(gateway: Gateway, exchange: Exchange): void {
  try {
    gateway.handle(exchange);
  } catch (error) {
    const cause = `Execution failed: ${(error as Error).stack ?? String(error)}`;
    answerGatewayResponse(exchange, GATEWAY_RESPONSES.API_CONFIGURATION_ERROR, cause);
  }
}

/** What an invocation calls, and the threads of its local functions. */
class Services {
  readonly upstream: RecordingUpstream;
  readonly functions: RecordingFunctions;
  readonly #settings: NodeSettings;
  readonly #client: UpstreamClient;
  readonly #routed: RoutedFunctions;
  #host: FunctionHost | null = null;

  constructor(settings: NodeSettings) {
    const { functions, lambda } = settings;
    this.#settings = settings;
    this.#client = createUpstreamClient(settings.upstream);
    this.upstream = new RecordingUpstream(this.#client);
    // Around the recorder: calls of remote functions are recorded as what they are, not as HTTP requests.
    this.#routed = createFunctionInvoker({
      settings: lambda,
      upstream: this.#client,
      localNames: functions.map(({ name }) => name),
    });
    this.functions = new RecordingFunctions(this.#routed, functions);
  }

  async start(): Promise<void> {
    const { functions, lambda } = this.#settings;
    if (functions.length === 0) return;
    this.#host = await FunctionHost.start(functions, lambda);
    this.#routed.attachLocal(this.#host.connect());
  }

  async close(): Promise<void> {
    this.#routed.close();
    await this.#host?.close();
    await this.#client.close();
  }
}
