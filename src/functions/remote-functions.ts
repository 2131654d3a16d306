/** Calls of functions behind a Lambda endpoint, AWS's own or another: the Invoke operation over HTTP. */

import { CredentialSource, type Credentials, fromDefaultChain, fromEnvironment } from '../aws/credentials.js';
import { FixedSigner } from '../aws/fixed-signature.js';
import type { LambdaSettings } from '../config/settings.js';
import { now } from '../exchange/clock.js';
import { type HeaderBlock, headerValue } from '../http/header-block.js';
import type {
  FunctionCall,
  FunctionInvocation,
  FunctionInvoker,
  FunctionResult,
} from '../integrations/integration.js';
import type {
  UpstreamCall,
  UpstreamClient,
  UpstreamError,
  UpstreamHandler,
  UpstreamRequest,
} from '../upstream/upstream.js';
import { type Endpoint, endpointOf } from './endpoint.js';
import { InvokeRequest } from './invoke-request.js';

/** Bytes of an answer that are read: Lambda's 6 MB and some room for an endpoint that counts otherwise. */
const MAX_ANSWER_BYTES = 7_340_032;
/** Bytes of a refusal that are kept for the log. */
const MAX_REFUSAL_BYTES = 1024;
/** What is made of a function's name is made anew once so many others of its region were called. */
const MAX_KNOWN_FUNCTIONS = 4096;

export class RemoteFunctions implements FunctionInvoker {
  readonly #upstream: UpstreamClient;
  readonly #settings: LambdaSettings;
  readonly #credentials: CredentialSource;
  readonly #regions = new Map<string, RegionalFunctions>();

  /** @param load where credentials come from; by default the AWS chain, or the environment for a loopback endpoint */
  constructor(settings: LambdaSettings, upstream: UpstreamClient, load?: () => Promise<Credentials>) {
    this.#upstream = upstream;
    this.#settings = settings;
    // An emulator on this machine needs no cloud identity, and the metadata service of a machine that has none answers
    // after seconds: it is never asked for one.
    const chain = endpointOf(settings, settings.region).loopback ? fromEnvironment : fromDefaultChain;
    this.#credentials = new CredentialSource(load ?? chain);
  }

  invoke(call: FunctionCall, done: (result: FunctionResult) => void): FunctionInvocation {
    const remote = new RemoteCall(call, done);
    const known = this.#credentials.known();
    if (known === undefined) this.#sendLater(remote);
    else this.#send(remote, known, call.timeoutMs);
    return remote;
  }

  /** One deadline spans the wait for credentials and the call. */
  #sendLater(remote: RemoteCall): void {
    const { timeoutMs } = remote.call;
    const deadline = now() + timeoutMs;
    remote.timer = setTimeout(() => remote.finish({ kind: 'timeout' }), timeoutMs);
    const proceed = (found: Credentials | Error): void => {
      clearTimeout(remote.timer);
      this.#send(remote, found, Math.max(1, Math.ceil(deadline - now())));
    };
    this.#credentials.get().then(proceed, proceed);
  }

  #send(remote: RemoteCall, credentials: Credentials | Error, timeoutMs: number): void {
    if (remote.over) return;
    const { call } = remote;
    let request: UpstreamRequest;
    try {
      request = this.#request(call, credentials, timeoutMs);
    } catch (error) {
      remote.finish({ kind: 'refused', message: (error as Error).message });
      return;
    }
    remote.exchange = this.#upstream.request(request, remote);
  }

  /** Signed if there are credentials. @throws Error when AWS is called and there are none */
  #request(call: FunctionCall, credentials: Credentials | Error, timeoutMs: number): UpstreamRequest {
    const functions = this.#functionsOf(call.region);
    const { endpoint } = functions;
    const request = functions.request(call.functionName);
    let headers: HeaderBlock;
    if (!(credentials instanceof Error)) headers = request.signedHeaders(call, credentials, Date.now());
    else if (endpoint.custom) headers = request.unsignedHeaders(call);
    else throw new Error(noCredentials(call, credentials));
    const { payload } = call;
    return {
      origin: endpoint.origin,
      method: 'POST',
      target: request.path,
      headers,
      body: payload,
      bodyLength: payload.length,
      timeoutMs,
    };
  }

  /** @throws Error when there is no such endpoint */
  #functionsOf(region: string): RegionalFunctions {
    let functions = this.#regions.get(region);
    if (functions === undefined) {
      functions = new RegionalFunctions(endpointOf(this.#settings, region), region);
      this.#regions.set(region, functions);
    }
    return functions;
  }
}

/** The functions of one region, as they are called. */
class RegionalFunctions {
  readonly endpoint: Endpoint;
  readonly #signer: FixedSigner;
  readonly #requests = new Map<string, InvokeRequest>();

  constructor(endpoint: Endpoint, region: string) {
    this.endpoint = endpoint;
    this.#signer = new FixedSigner(region, 'lambda');
  }

  request(functionName: string): InvokeRequest {
    let request = this.#requests.get(functionName);
    if (request === undefined) {
      if (this.#requests.size >= MAX_KNOWN_FUNCTIONS) this.#requests.clear();
      request = new InvokeRequest(this.endpoint, functionName, this.#signer);
      this.#requests.set(functionName, request);
    }
    return request;
  }
}

/** One Invoke under way. */
class RemoteCall implements FunctionInvocation, UpstreamHandler {
  readonly call: FunctionCall;
  /** Null before the request is sent. */
  exchange: UpstreamCall | null = null;
  /** While credentials are waited for; after that the upstream client keeps the time. */
  timer: NodeJS.Timeout | undefined;
  /** It has its result, or nobody waits for one. */
  over = false;
  readonly #done: (result: FunctionResult) => void;
  #status = 0;
  #functionError = false;
  /** Of the answer; null before the first. */
  #chunks: Buffer[] | null = null;
  #length = 0;

  constructor(call: FunctionCall, done: (result: FunctionResult) => void) {
    this.call = call;
    this.#done = done;
  }

  cancel(): void {
    this.#end();
    this.exchange?.cancel();
  }

  onHead(status: number, headers: HeaderBlock): void {
    this.#status = status;
    this.#functionError = headerValue(headers, 'x-amz-function-error') !== undefined;
  }

  onData(chunk: Uint8Array): void {
    if (this.over) return;
    this.#length += chunk.length;
    if (this.#length > MAX_ANSWER_BYTES) {
      this.exchange?.cancel();
      this.finish({ kind: 'unavailable', message: `the answer is longer than ${MAX_ANSWER_BYTES} bytes` });
      return;
    }
    const copy = Buffer.from(chunk);
    if (this.#chunks === null) this.#chunks = [copy];
    else this.#chunks.push(copy);
  }

  onEnd(): void {
    const chunks = this.#chunks ?? [];
    const payload = (chunks.length === 1 ? chunks[0] : undefined) ?? Buffer.concat(chunks, this.#length);
    const status = this.#status;
    if (status >= 200 && status < 300) {
      this.finish({ kind: 'payload', payload, functionError: this.#functionError });
      return;
    }
    const message = `${this.call.functionName}: Lambda answered ${status} ${printable(payload)}`;
    const refused = status >= 400 && status < 500 && status !== 429;
    this.finish({ kind: refused ? 'refused' : 'unavailable', message });
  }

  onError(error: UpstreamError): void {
    switch (error.kind) {
      case 'timeout':
        this.finish({ kind: 'timeout' });
        return;
      case 'address':
      case 'network':
        this.finish({ kind: 'unreachable', message: error.message });
        return;
      case 'protocol':
      case 'overload':
        this.finish({ kind: 'unavailable', message: error.message });
    }
  }

  onDrain(): void {}

  finish(result: FunctionResult): void {
    if (this.over) return;
    this.#end();
    this.#done(result);
  }

  #end(): void {
    this.over = true;
    if (this.timer !== undefined) clearTimeout(this.timer);
    this.#chunks = null;
  }
}

/** The start of an error body, on one line. */
function printable(body: Buffer): string {
  return body.toString('utf8', 0, MAX_REFUSAL_BYTES).replace(/\p{Cc}+/gu, ' ');
}

function noCredentials(call: FunctionCall, error: Error): string {
  return (
    `there are no AWS credentials to call ${call.functionName} in ${call.region} (${error.message}). Pass --function NAME=FILE ` +
    'to run the function here, --lambda-endpoint URL to call another endpoint, or provide AWS credentials'
  );
}
