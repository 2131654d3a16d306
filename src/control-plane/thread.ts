/** The control plane's thread: requests come in as messages, the store is the node's own. */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { remoteStore } from '../config/stores/remote.js';
import { createFunctionInvoker } from '../functions/invoker.js';
import { logError } from '../telemetry/error-log.js';
import { AccessKeys } from './authentication/access-keys.js';
import { SecretBox } from './authentication/secret-box.js';
import { SignedRequests } from './authentication/signed-requests.js';
import { ControlPlane } from './control-plane.js';
import { ALL_OPERATIONS } from './operations/all.js';
import { testInvokeOperations } from './operations/test-invoke.js';
import type { ControlPlaneData, FromControlPlane, ToControlPlane } from './protocol.js';
import { ReadOnlyApis } from './read-only/read-only-apis.js';
import { createTestServices } from './test-invoke/services.js';
import { Workspace } from './workspace/workspace.js';

const {
  store: storePort,
  storeDescription,
  storeDurable,
  storeExternal,
  settings,
  local,
} = workerData as ControlPlaneData;
const main = parentPort as MessagePort;

const configKey = settings.configKey === undefined ? {} : { configKey: settings.configKey };
const readOnlyApis = new ReadOnlyApis({
  store: remoteStore({
    port: storePort,
    description: storeDescription,
    durable: storeDurable,
    external: storeExternal,
  }),
  local,
  ...configKey,
});
const { region, accountId } = settings.lambda;
// Without a master key there are no access keys to open, and a random one opens nothing.
const masterKey = settings.masterKey ?? crypto.getRandomValues(new Uint8Array(32));
const secretBox = new SecretBox(masterKey);
const workspace = new Workspace({
  store: readOnlyApis.store,
  settings: {
    region,
    accountId,
    upstreams: settings.upstreams,
    ...(settings.masterKey === undefined ? {} : { seal: (secret, owner) => secretBox.seal(secret, owner) }),
  },
  ...configKey,
});
const services = createTestServices(settings);
// Its port to the local functions comes when they run, and again when they run anew.
const functions = createFunctionInvoker({
  settings: settings.lambda,
  upstream: services.upstream,
  localNames: settings.functionNames,
});
const controlPlane = new ControlPlane({
  workspace,
  operations: [...ALL_OPERATIONS, ...testInvokeOperations({ ...services, functions })],
  authenticator: new SignedRequests({
    keys: new AccessKeys(workspace, secretBox),
    region,
    now: () => Date.now(),
  }),
  onDefect: (operation, error) =>
    logError(`control plane, ${operation}: ${(error as Error).stack ?? String(error)}`, operation),
});

const tell = (message: FromControlPlane): void => main.postMessage(message);
main.on('message', async (message: ToControlPlane) => {
  switch (message.type) {
    case 'request':
      tell({ type: 'answer', id: message.id, answer: await controlPlane.handle(message.request) });
      break;
    case 'local':
      readOnlyApis.setLocal(message.local);
      break;
    case 'functions':
      functions.attachLocal(message.port);
  }
});
tell({ type: 'ready' });
