/**
 * The worker actor: one Piscina task that lasts as long as its thread. It owns route tables, plans and upstream
 * connections, and shares nothing with other threads but its counters.
 */
import { AwsAccess } from '../aws/access.js';
import { ItemError } from '../config/items.js';
import { releaseDecoded } from '../content-encoding/decoded-bytes.js';
import type { Exchange } from '../exchange/exchange.js';
import { answerGatewayResponse, GATEWAY_RESPONSES } from '../exchange/gateway-response.js';
import { createFunctionInvoker } from '../functions/invoker.js';
import type { IntegrationServices } from '../integrations/integration.js';
import { Counters } from '../telemetry/counters.js';
import { flushErrorLog, logError } from '../telemetry/error-log.js';
import { Upstreams } from '../upstream/balancing/upstreams.js';
import { createUpstreamClient } from '../upstream/client.js';
import { WorkerConfiguration } from './configuration.js';
import { MailboxSink } from './mailbox-sink.js';
import type { ConfigurationMessage, FromWorker, ToWorker, WorkerTask } from './protocol.js';
import { RequestLog } from './request-log.js';

/** Resolves when the node stops. @throws Error when the first configuration cannot be served */
export default async function work(task: WorkerTask): Promise<void> {
  const { control, settings } = task;
  const tell = (message: FromWorker): void => control.postMessage(message);
  const upstream = createUpstreamClient(settings.upstream);
  const upstreams = new Upstreams({
    named: settings.upstreams,
    client: upstream,
    checkClient: createUpstreamClient({ ...settings.upstream, connections: 1, maxPending: 1 }),
    counts: task.targetCounts,
  });
  const functions = createFunctionInvoker({
    settings: settings.lambda,
    upstream,
    ...(task.functions === undefined ? {} : { localPort: task.functions }),
    localNames: task.functionNames,
  });
  const services: IntegrationServices = {
    upstream,
    upstreams,
    functions,
    aws: new AwsAccess(settings.aws),
    listener: settings.listener,
  };
  const counters = new Counters(task.counters);
  const log = new RequestLog(counters, settings.accessLog, (lines, count) =>
    tell({ type: 'access-log', lines, count }),
  );

  const configuration = new WorkerConfiguration(services, settings.gateway);
  const { gateway } = configuration;

  /** Null: it is prepared; else why it cannot be. */
  const prepare = async (message: ConfigurationMessage): Promise<Error | null> => {
    const { generation } = message;
    try {
      const { facts } = await configuration.prepare(message);
      tell({ type: 'prepared', generation, facts });
      return null;
    } catch (error) {
      if (error instanceof ItemError)
        tell({ type: 'refused', generation, reason: error.reason, item: error.key });
      else tell({ type: 'refused', generation, reason: (error as Error).message });
      return error as Error;
    }
  };
  const commit = (generation: number): void => {
    configuration.commit(generation);
    tell({ type: 'applied', generation: configuration.generation });
  };

  const refusal = await prepare(task.configuration);
  if (refusal !== null) throw refusal;
  commit(task.configuration.generation);

  const handlers = {
    readsIds: log.on,
    handle(exchange: Exchange): void {
      try {
        gateway.handle(exchange);
      } catch (error) {
        // A defect of ours must cost one request, not the worker.
        answerGatewayResponse(
          exchange,
          GATEWAY_RESPONSES.API_CONFIGURATION_ERROR,
          `Execution failed: ${(error as Error).stack ?? String(error)}`,
        );
      }
    },
    underWay(exchange: Exchange): void {
      log.underWay(exchange);
    },
    ended(exchange: Exchange, endedAt: number): void {
      if (exchange.decodedBytes > 0) releaseDecoded(exchange);
      log.ended(exchange, endedAt);
    },
  };
  const mailboxes = task.mailboxes.map((port) => new MailboxSink(port, handlers));

  await new Promise<void>((resolve) => {
    control.on('message', (message: ToWorker) => {
      switch (message.type) {
        case 'prepare':
          void prepare(message.configuration);
          break;
        case 'commit':
          commit(message.generation);
          break;
        case 'functions':
          functions.attachLocal(message.port);
          break;
        case 'stop':
          resolve();
          break;
      }
    });
  });
  // The acceptors are gone; a call still under way would keep its connection, and so this thread, until its time-out.
  for (const mailbox of mailboxes) mailbox.cancelAll();
  log.flush();
  for (const port of task.mailboxes) port.close();
  functions.close();
  await upstreams.close();
  await upstream.close().catch((error: Error) => logError(`closing upstream connections: ${error.message}`));
  await flushErrorLog();
  control.close();
}
