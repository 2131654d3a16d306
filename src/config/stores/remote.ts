/**
 * A store in another thread: the control plane works on the node's own store, so that a process has one connection, one
 * lock and one view. Every call is a message there and one back.
 */
import type { MessagePort } from 'node:worker_threads';
import { type ConfigStore, ConflictError, StoreUnavailableError } from '../store.js';

/** What is called by name. `now` is answered by the near side, from the offset between the clocks. */
const METHODS = [
  'position',
  'read',
  'head',
  'readSince',
  'history',
  'commit',
  'restore',
  'document',
  'documentVersion',
  'documents',
  'report',
  'leave',
  'nodes',
] as const;

type Method = (typeof METHODS)[number];

interface Call {
  id: number;
  method: Method;
  parameters: unknown[];
}

type FromStore =
  | { id: number; result: unknown }
  | { id: number; failure: Failure }
  /** The store's clock minus this machine's, milliseconds. */
  | { clockOffset: number };

type Failure =
  | {
      kind: 'conflict';
      expected: ConflictError['expected'];
      actual: ConflictError['actual'];
      aggregate?: string;
    }
  | { kind: 'unavailable' | 'other'; message: string };

/** How often the far side's clock is asked for. */
const CLOCK_MS = 1_000;

/** Answers the calls of a `RemoteStore` at the other end of the port. The returned function ends it. */
export function serveStore(store: ConfigStore, port: MessagePort): () => void {
  const tellClock = (): void =>
    port.postMessage({ clockOffset: store.now() - Date.now() } satisfies FromStore);
  port.on('message', async ({ id, method, parameters }: Call) => {
    let answer: FromStore;
    try {
      const call = store[method] as (...given: unknown[]) => Promise<unknown>;
      answer = { id, result: await call.apply(store, parameters) };
    } catch (error) {
      answer = { id, failure: failureOf(error) };
    }
    port.postMessage(answer);
  });
  tellClock();
  const timer = setInterval(tellClock, CLOCK_MS);
  timer.unref();
  return () => {
    clearInterval(timer);
    port.close();
  };
}

function failureOf(error: unknown): Failure {
  if (error instanceof ConflictError) {
    const { expected, actual, aggregate } = error;
    return { kind: 'conflict', expected, actual, ...(aggregate === undefined ? {} : { aggregate }) };
  }
  const { message } = error as Error;
  return { kind: error instanceof StoreUnavailableError ? 'unavailable' : 'other', message };
}

function errorOf(failure: Failure): Error {
  if (failure.kind === 'conflict')
    return new ConflictError(failure.expected, failure.actual, failure.aggregate);
  return failure.kind === 'unavailable'
    ? new StoreUnavailableError(failure.message)
    : new Error(failure.message);
}

interface Waiting {
  resolve(result: unknown): void;
  reject(error: Error): void;
}

export interface RemoteStoreOptions {
  port: MessagePort;
  description: string;
  durable: boolean;
  external: boolean;
}

/** Everything a store does but subscribing: the control plane asks, it does not follow. */
export type CallableStore = Omit<ConfigStore, 'subscribe'>;

export function remoteStore({ port, description, durable, external }: RemoteStoreOptions): CallableStore {
  const waiting = new Map<number, Waiting>();
  let clockOffset = 0;
  let lastId = 0;
  port.on('message', (message: FromStore) => {
    if ('clockOffset' in message) {
      clockOffset = message.clockOffset;
      return;
    }
    const { id } = message;
    const call = waiting.get(id);
    waiting.delete(id);
    if ('failure' in message) call?.reject(errorOf(message.failure));
    else call?.resolve(message.result);
  });
  port.on('close', () => {
    for (const { reject } of waiting.values()) reject(new StoreUnavailableError('the node is stopping'));
    waiting.clear();
  });
  const calls = Object.fromEntries(
    METHODS.map((method) => [
      method,
      (...parameters: unknown[]) =>
        new Promise((resolve, reject) => {
          const id = ++lastId;
          waiting.set(id, { resolve, reject });
          port.postMessage({ id, method, parameters } satisfies Call);
        }),
    ]),
  ) as unknown as Pick<ConfigStore, Method>;
  return {
    ...calls,
    description,
    durable,
    external,
    now: () => Date.now() + clockOffset,
    close: async () => port.close(),
  };
}
