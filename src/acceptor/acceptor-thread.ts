/**
 * The acceptor actor: a thread of its own that owns client sockets and knows no routes. Nothing outside this
 * folder imports uWebSockets.js.
 */

import type { us_listen_socket } from 'uWebSockets.js';
import { parentPort, workerData } from 'node:worker_threads';
import { GATEWAY_RESPONSES } from '../exchange/gateway-response.js';
import { Counters } from '../telemetry/counters.js';
import { AcceptorState, type OwnAnswerReason } from './acceptor-state.js';
import { ClientRequest } from './client-request.js';
import type {
  AcceptorOptions,
  CertificateChange,
  FromAcceptor,
  RefusedRequest,
  ToAcceptor,
} from './protocol.js';
import { remoteAddress } from './remote-address.js';
import { RequestHead } from './request-head.js';
import { type RequestHandler, TlsListener } from './tls-listener.js';
import { uWS } from './uws.js';
import { WorkerLink } from './worker-link.js';

if (parentPort === null) throw new Error('acceptor-thread.js is started by the node, not by itself');
const main = parentPort;
const options = workerData as AcceptorOptions;

const tell = (message: FromAcceptor): void => main.postMessage(message);

const counters = new Counters(options.counters);
let refused: RefusedRequest[] = [];
const MAX_REFUSED_PER_TURN = 1000;

function onOwnAnswer(reason: OwnAnswerReason, request: RefusedRequest): void {
  counters.record(0, request.status, 0, -1, request.bytesSent);
  if (reason === 'shed') counters.shed();
  else if (reason !== 'no_worker' && reason !== 'worker_died') counters.refused(reason);
  if (!options.logRefused) return;
  // Told once per turn, so that a flood of refusals costs one message; what is more than a turn's worth is dropped.
  if (refused.length === 0) setImmediate(tellRefused);
  if (refused.length < MAX_REFUSED_PER_TURN) refused.push(request);
}

function tellRefused(): void {
  tell({ type: 'refused', requests: refused });
  refused = [];
}

const state = new AcceptorState(options.limits, new Int32Array(options.inFlight), counters, onOwnAnswer);
const app = uWS.App();
const tls =
  options.tlsPort === undefined
    ? null
    : new TlsListener(options.host, options.tlsPort, handlerWith(new RequestHead(options.limits, true)));
let listenSocket: us_listen_socket | null = null;
let stopped = false;

app.any('/*', handlerWith(new RequestHead(options.limits, false)));

function handlerWith(head: RequestHead): RequestHandler {
  return (res, req) => {
    const refusal = head.read(req);
    const shed = state.full;
    const request = new ClientRequest(state, res, head, state.sourceIp ? remoteAddress(res) : '');
    if (refusal !== undefined) request.refuse(refusal.response, refusal.reason, true);
    else if (shed) request.refuse(GATEWAY_RESPONSES.SERVICE_UNAVAILABLE, 'shed');
    else if (head.bodyLength > options.limits.maxBodyBytes)
      request.refuse(GATEWAY_RESPONSES.REQUEST_TOO_LARGE, 'body_too_large');
    else request.accept(head);
  };
}

function onWorkerDeath(link: WorkerLink): void {
  state.links = state.links.filter((other) => other !== link);
  for (const request of link.requests.values()) request.workerDied();
}

function listen(port: number): void {
  const flags = options.exclusive ? uWS.LIBUS_LISTEN_EXCLUSIVE_PORT : uWS.LIBUS_LISTEN_DEFAULT;
  app.listen(options.host, port, flags, (socket) => {
    if (socket !== false) listenSocket = socket;
    if (socket === false || tls?.listen() === false) {
      tell({ type: 'listen-failed' });
      return;
    }
    tell({ type: 'listening', port: uWS.us_socket_local_port(socket) });
  });
}

function drain(): void {
  state.draining = true;
  if (listenSocket !== null) uWS.us_listen_socket_close(listenSocket);
  listenSocket = null;
  tls?.stopListening();
  // Answers still in a batch or a socket buffer get the rest of this turn.
  state.whenIdle(() => setImmediate(() => tell({ type: 'drained' })));
}

async function loadCertificates(change: CertificateChange): Promise<void> {
  let error: string | null = null;
  try {
    await tls?.load(change);
  } catch (reason) {
    error = (reason as Error).message;
  }
  tell({ type: 'certificates-loaded', error });
}

main.on('message', (message: ToAcceptor) => {
  switch (message.type) {
    case 'attach':
      // A worker may become ready while the node stops: its port would keep this thread alive for ever.
      if (stopped) message.port.close();
      else state.links.push(new WorkerLink(message.port, onWorkerDeath));
      break;
    case 'source-ip':
      state.sourceIp = message.needed;
      break;
    case 'certificates':
      void loadCertificates(message.change);
      break;
    case 'listen':
      listen(message.port);
      break;
    case 'drain':
      drain();
      break;
    case 'stop':
      stopped = true;
      app.close();
      tls?.close();
      for (const link of state.links) link.close();
      main.close();
      break;
  }
});
