/** The control plane without sockets: operations over a workspace on the memory store. */

import type { ConfigStore } from '../../src/config/store.js';
import { MemoryStore } from '../../src/config/stores/memory-store.js';
import { ControlPlane } from '../../src/control-plane/control-plane.js';
import type { Operation } from '../../src/control-plane/operation.js';
import { INTEGRATION_RESPONSE_OPERATIONS } from '../../src/control-plane/operations/integration-responses.js';
import { INTEGRATION_OPERATIONS } from '../../src/control-plane/operations/integrations.js';
import { METHOD_RESPONSE_OPERATIONS } from '../../src/control-plane/operations/method-responses.js';
import { METHOD_OPERATIONS } from '../../src/control-plane/operations/methods.js';
import { RESOURCE_OPERATIONS } from '../../src/control-plane/operations/resources.js';
import { REST_API_OPERATIONS } from '../../src/control-plane/operations/rest-apis.js';
import { Workspace } from '../../src/control-plane/workspace/workspace.js';

export const CORE_OPERATIONS: readonly Operation[] = [
  ...REST_API_OPERATIONS,
  ...RESOURCE_OPERATIONS,
  ...METHOD_OPERATIONS,
  ...METHOD_RESPONSE_OPERATIONS,
  ...INTEGRATION_OPERATIONS,
  ...INTEGRATION_RESPONSE_OPERATIONS,
];

export const ACCOUNT = '123456789012';

export interface Called {
  status: number;
  headers: Record<string, string>;
  // Answers are looked into member by member; their shapes are what the tests are about.
  // biome-ignore lint/suspicious/noExplicitAny: see above
  json: any;
  text: string;
}

export class TestControlPlane {
  readonly store: ConfigStore;
  readonly #controlPlane: ControlPlane;

  constructor(operations: readonly Operation[], store: ConfigStore = new MemoryStore()) {
    this.store = store;
    this.#controlPlane = new ControlPlane({
      workspace: new Workspace({ store, settings: { region: 'eu-central-1', accountId: ACCOUNT } }),
      operations,
      authenticator: { identify: async () => ({ name: 'tester', mayWrite: true }) },
      onDefect(operation, error) {
        throw new Error(`${operation} has a defect`, { cause: error });
      },
    });
  }

  /** @param body an object is sent as JSON, text as it is */
  async call(
    method: string,
    target: string,
    body?: object | string,
    headers: Record<string, string> = { accept: 'application/json' },
  ): Promise<Called> {
    const text = body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body);
    const answer = await this.#controlPlane.handle({
      method,
      target,
      headers,
      body: Buffer.from(text),
      loopback: true,
    });
    const answered = Buffer.from(answer.body).toString();
    const isJson = answered.startsWith('{') || answered.startsWith('[');
    return {
      status: answer.status,
      headers: answer.headers,
      json: isJson ? JSON.parse(answered) : undefined,
      text: answered,
    };
  }

  /** The answer's body of a call that has to work. */
  async ok(method: string, target: string, body?: object | string): Promise<Called['json']> {
    const { status, json, text } = await this.call(method, target, body);
    if (status >= 300) throw new Error(`${method} ${target} answered ${status}: ${text}`);
    return json;
  }

  /** `[status, error type, message]` of a call that has to fail. */
  async error(method: string, target: string, body?: object | string): Promise<[number, string, string]> {
    const { status, headers, json, text } = await this.call(method, target, body);
    if (status < 400) throw new Error(`${method} ${target} answered ${status}: ${text}`);
    return [status, headers['x-amzn-ErrorType'] ?? '', json.message];
  }

  patch(target: string, ...patchOperations: object[]): Promise<Called['json']> {
    return this.ok('PATCH', target, { patchOperations });
  }

  patchError(target: string, ...patchOperations: object[]): Promise<[number, string, string]> {
    return this.error('PATCH', target, { patchOperations });
  }
}

export function newControlPlane(operations: readonly Operation[] = CORE_OPERATIONS): TestControlPlane {
  return new TestControlPlane(operations);
}
