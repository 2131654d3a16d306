/** The Invoke operation of one function, as a request: all that its calls have in common is made once. */
import type { Credentials } from '../aws/credentials.js';
import { type FixedSigner, sha256, signedPath, signingTime } from '../aws/fixed-signature.js';
import type { HeaderBlock } from '../http/header-block.js';
import type { FunctionCall } from '../integrations/integration.js';
import type { Endpoint } from './endpoint.js';

const CONTENT_TYPE = 'application/json';

/** Sorted. The trace id changes on its way and is never signed. */
const SIGNED = names('');
const SIGNED_WITH_TOKEN = names('x-amz-security-token;');

function names(token: string): string {
  return (
    'content-type;host;x-amz-content-sha256;x-amz-date;x-amz-invocation-type;' +
    `${token}x-amzn-apigateway-api-id;x-amzn-lambda-integration-tag`
  );
}

export class InvokeRequest {
  /** Percent-encoded request target. */
  readonly path: string;
  readonly #signer: FixedSigner;
  /** Header lines. */
  readonly #head: string;
  /** The canonical request up to the first value that differs from call to call. */
  readonly #canonicalHead: string;

  constructor(endpoint: Endpoint, functionName: string, signer: FixedSigner) {
    const { host, basePath } = endpoint;
    this.path = `${basePath}/2015-03-31/functions/${encodeURIComponent(functionName)}/invocations`;
    this.#signer = signer;
    this.#head = `host: ${host}\r\ncontent-type: ${CONTENT_TYPE}\r\nx-amz-invocation-type: `;
    this.#canonicalHead = `POST\n${signedPath(this.path)}\n\ncontent-type:${CONTENT_TYPE}\nhost:${host}\nx-amz-content-sha256:`;
  }

  unsignedHeaders(call: FunctionCall): HeaderBlock {
    return (
      `${this.#head}${call.invocationType}\r\nx-amzn-apigateway-api-id: ${call.apiId}\r\n` +
      `x-amzn-lambda-integration-tag: ${call.requestId}\r\nx-amzn-trace-id: ${call.traceId}\r\n`
    );
  }

  /** @param epochMs Unix time in milliseconds: a signature holds for some minutes */
  signedHeaders(call: FunctionCall, credentials: Credentials, epochMs: number): HeaderBlock {
    const time = signingTime(epochMs);
    const payloadHash = sha256(call.payload);
    const { sessionToken } = credentials;
    const signed = sessionToken ? SIGNED_WITH_TOKEN : SIGNED;
    const token = sessionToken ? `x-amz-security-token:${sessionToken}\n` : '';
    const authorization = this.#signer.authorization(
      credentials,
      time,
      signed,
      `${this.#canonicalHead}${payloadHash}\nx-amz-date:${time.stamp}\nx-amz-invocation-type:${call.invocationType}\n${token}` +
        `x-amzn-apigateway-api-id:${call.apiId}\nx-amzn-lambda-integration-tag:${call.requestId}\n\n${signed}\n${payloadHash}`,
    );
    return (
      `${this.unsignedHeaders(call)}x-amz-content-sha256: ${payloadHash}\r\nx-amz-date: ${time.stamp}\r\n` +
      `${sessionToken ? `x-amz-security-token: ${sessionToken}\r\n` : ''}authorization: ${authorization}\r\n`
    );
  }
}
