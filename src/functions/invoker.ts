/** Calls a function where it is: in this process if it is one of the local functions, else behind a Lambda endpoint. */
import type { MessagePort } from 'node:worker_threads';
import type { LambdaSettings } from '../config/settings.js';
import type {
  FunctionCall,
  FunctionInvocation,
  FunctionInvoker,
  FunctionResult,
} from '../integrations/integration.js';
import type { UpstreamClient } from '../upstream/upstream.js';
import { plainFunctionName } from './function-name.js';
import { LocalFunctions } from './local-functions.js';
import { RemoteFunctions } from './remote-functions.js';

export interface FunctionInvokerOptions {
  settings: LambdaSettings;
  upstream: UpstreamClient;
  /** From `FunctionHost.connect`; absent: no local functions. */
  localPort?: MessagePort;
  /** Plain names of the local functions. */
  localNames: readonly string[];
}

/** @throws Error when the configured Lambda endpoint is no URL */
export function createFunctionInvoker(options: FunctionInvokerOptions): RoutedFunctions {
  return new RoutedFunctions(options);
}

export class RoutedFunctions implements FunctionInvoker {
  readonly #remote: RemoteFunctions;
  readonly #localNames: ReadonlySet<string>;
  #local: LocalFunctions | null = null;

  constructor(options: FunctionInvokerOptions) {
    this.#remote = new RemoteFunctions(options.settings, options.upstream);
    this.#localNames = new Set(options.localNames);
    if (options.localPort !== undefined) this.attachLocal(options.localPort);
  }

  invoke(call: FunctionCall, done: (result: FunctionResult) => void): FunctionInvocation {
    if (this.#local !== null && this.#localNames.has(plainFunctionName(call.functionName))) {
      return this.#local.invoke(call, done);
    }
    return this.#remote.invoke(call, done);
  }

  /** The port to a new function host, after the old one died. */
  attachLocal(port: MessagePort): void {
    if (this.#local === null) this.#local = new LocalFunctions(port);
    else this.#local.attach(port);
  }

  /** Lets go of the port to the function host. */
  close(): void {
    this.#local?.close();
  }
}
