/** Calls of functions behind a Lambda endpoint, AWS's own or another: the Invoke operation over HTTP. */

import { CredentialSource, type Credentials, fromDefaultChain, fromEnvironment } from '../aws/credentials.js';
import { createSigner, type Signer } from '../aws/signer.js';
import type { LambdaSettings } from '../config/settings.js';
import { now } from '../exchange/clock.js';
import { type HeaderBlock, headerValue } from '../http/header-block.js';
import type {
  FunctionCall,
  FunctionInvocation,
  FunctionInvoker,
  FunctionResult,
} from '../integrations/integration.js';
import type { UpstreamCall, UpstreamClient, UpstreamError, UpstreamHandler } from '../upstream/upstream.js';
import { type Endpoint, endpointOf } from './endpoint.js';

/** Bytes of an answer that are read: Lambda's 6 MB and some room for an endpoint that counts otherwise. */
const MAX_ANSWER_BYTES = 7_340_032;
/** Bytes of a refusal that are kept for the log. */
const MAX_REFUSAL_BYTES = 1024;

export class RemoteFunctions implements FunctionInvoker {
  readonly upstream: UpstreamClient;
  readonly #settings: LambdaSettings;
  readonly #credentials: CredentialSource;
  readonly #endpoints = new Map<string, Endpoint>();
  readonly #signers = new Map<string, Promise<Signer>>();

  /** @param load where credentials come from; by default the AWS chain, or the environment for a loopback endpoint */
  constructor(settings: LambdaSettings, upstream: UpstreamClient, load?: () => Promise<Credentials>) {
    this.upstream = upstream;
    this.#settings = settings;
    // An emulator on this machine needs no cloud identity, and the metadata service of a machine that has none answers
    // after seconds: it is never asked for one.
    const chain = endpointOf(settings, settings.region).loopback ? fromEnvironment : fromDefaultChain;
    this.#credentials = new CredentialSource(load ?? chain);
  }

  invoke(call: FunctionCall, done: (result: FunctionResult) => void): FunctionInvocation {
    return new RemoteCall(this, call, done);
  }

  endpoint(region: string): Endpoint {
    let endpoint = this.#endpoints.get(region);
    if (endpoint === undefined) {
      endpoint = endpointOf(this.#settings, region);
      this.#endpoints.set(region, endpoint);
    }
    return endpoint;
  }

  /** The request's headers, signed if there are credentials. @throws Error when AWS is called and there are none */
  async headers(
    call: FunctionCall,
    endpoint: Endpoint,
    path: string,
    body: Uint8Array,
  ): Promise<Record<string, string>> {
    const headers: Record<string, string> = {
      host: endpoint.host,
      'content-type': 'application/json',
      'x-amz-invocation-type': call.invocationType,
      'x-amzn-apigateway-api-id': call.apiId,
      'x-amzn-lambda-integration-tag': call.requestId,
      'x-amzn-trace-id': call.traceId,
    };
    let credentials: Credentials;
    try {
      credentials = await this.#credentials.get();
    } catch (error) {
      if (endpoint.custom) return headers;
      throw new Error(noCredentials(call, error));
    }
    const sign = await this.#signer(call.region);
    const { protocol, hostname } = endpoint;
    return sign({ method: 'POST', protocol, hostname, path, headers, body }, credentials);
  }

  #signer(region: string): Promise<Signer> {
    let signer = this.#signers.get(region);
    if (signer === undefined) {
      signer = createSigner(region, 'lambda');
      this.#signers.set(region, signer);
    }
    return signer;
  }
}

/** One Invoke under way: first its headers, then the exchange with the endpoint. One deadline spans both. */
class RemoteCall implements FunctionInvocation, UpstreamHandler {
  readonly #call: FunctionCall;
  readonly #done: (result: FunctionResult) => void;
  readonly #deadline: number;
  #timer: NodeJS.Timeout | undefined;
  #exchange: UpstreamCall | null = null;
  #over = false;
  #status = 0;
  #functionError = false;
  #chunks: Buffer[] = [];
  #length = 0;

  constructor(owner: RemoteFunctions, call: FunctionCall, done: (result: FunctionResult) => void) {
    this.#call = call;
    this.#done = done;
    this.#deadline = now() + call.timeoutMs;
    this.#timer = setTimeout(() => this.#finish({ kind: 'timeout' }), call.timeoutMs);
    this.#send(owner).catch((error: Error) => this.#finish({ kind: 'refused', message: error.message }));
  }

  cancel(): void {
    this.#end();
    this.#exchange?.cancel();
  }

  async #send(owner: RemoteFunctions): Promise<void> {
    const call = this.#call;
    const endpoint = owner.endpoint(call.region);
    const path = `${endpoint.basePath}/2015-03-31/functions/${encodeURIComponent(call.functionName)}/invocations`;
    const body = typeof call.payload === 'string' ? Buffer.from(call.payload) : call.payload;
    const headers = await owner.headers(call, endpoint, path, body);
    if (this.#over) return;
    // From here on the upstream client keeps the deadline.
    clearTimeout(this.#timer);
    this.#exchange = owner.upstream.request(
      {
        origin: endpoint.origin,
        method: 'POST',
        target: path,
        headers: blockOf(headers),
        body,
        bodyLength: body.length,
        timeoutMs: Math.max(1, Math.ceil(this.#deadline - now())),
      },
      this,
    );
  }

  onHead(status: number, headers: HeaderBlock): void {
    this.#status = status;
    this.#functionError = headerValue(headers, 'x-amz-function-error') !== undefined;
  }

  onData(chunk: Uint8Array): void {
    if (this.#over) return;
    this.#length += chunk.length;
    if (this.#length > MAX_ANSWER_BYTES) {
      this.#exchange?.cancel();
      this.#finish({ kind: 'unavailable', message: `the answer is longer than ${MAX_ANSWER_BYTES} bytes` });
      return;
    }
    this.#chunks.push(Buffer.from(chunk));
  }

  onEnd(): void {
    const payload = Buffer.concat(this.#chunks, this.#length);
    const status = this.#status;
    if (status >= 200 && status < 300) {
      this.#finish({ kind: 'payload', payload, functionError: this.#functionError });
      return;
    }
    const message = `${this.#call.functionName}: Lambda answered ${status} ${printable(payload)}`;
    const refused = status >= 400 && status < 500 && status !== 429;
    this.#finish({ kind: refused ? 'refused' : 'unavailable', message });
  }

  onError(error: UpstreamError): void {
    switch (error.kind) {
      case 'timeout':
        this.#finish({ kind: 'timeout' });
        return;
      case 'address':
      case 'network':
        this.#finish({ kind: 'unreachable', message: error.message });
        return;
      case 'protocol':
      case 'overload':
        this.#finish({ kind: 'unavailable', message: error.message });
    }
  }

  onDrain(): void {}

  #finish(result: FunctionResult): void {
    if (this.#over) return;
    this.#end();
    this.#done(result);
  }

  #end(): void {
    this.#over = true;
    clearTimeout(this.#timer);
    this.#chunks = [];
  }
}

function blockOf(headers: Record<string, string>): HeaderBlock {
  let block = '';
  for (const name of Object.keys(headers)) block += `${name}: ${headers[name]}\r\n`;
  return block;
}

/** The start of an error body, on one line. */
function printable(body: Buffer): string {
  return body.toString('utf8', 0, MAX_REFUSAL_BYTES).replace(/\p{Cc}+/gu, ' ');
}

function noCredentials(call: FunctionCall, error: unknown): string {
  const why = error instanceof Error ? error.message : String(error);
  return (
    `there are no AWS credentials to call ${call.functionName} in ${call.region} (${why}). Pass --function NAME=FILE ` +
    'to run the function here, --lambda-endpoint URL to call another endpoint, or provide AWS credentials'
  );
}
