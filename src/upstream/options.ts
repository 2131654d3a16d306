/** What both adapters share: what they are given beside their settings, and what they do about it. */
import type { lookup } from 'node:dns';
import { UpstreamError } from './upstream.js';

export interface UpstreamClientOptions {
  /** Told what a handler threw (the exchange is given up, the client goes on); the default is a process warning. */
  onFault?: (error: unknown) => void;
  /** Authorities to trust in place of Node's own, PEM. */
  ca?: readonly string[];
  /** Asked for the addresses of names; the default is the system. */
  lookup?: typeof lookup;
}

/**
 * A peer that says `Keep-Alive: timeout=5` counts from when it sent its response, and must not close while our next
 * request is under way: connections are given up this much earlier, which is more than a round trip.
 */
export const KEEP_ALIVE_MARGIN_MS = 500;

/** 1xx responses before the final one: a few early hints pass, an endless row does not. */
export const MAX_INFORMATIONAL = 8;

/**
 * What is sent a second time without asking when a kept connection closes before the first byte of an answer: nearly
 * always it was closed before the request came, and if not, asking again changes nothing (RFC 9110 section 9.2.1).
 */
export const SAFE: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/** What an upstream's `retry` may repeat though a backend may have seen it (RFC 9110 section 9.2.2). */
export const IDEMPOTENT: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']);

/** The default `onFault`. */
export function warnOfFault(error: unknown): void {
  const warning = error instanceof Error ? error : new Error(String(error));
  process.emitWarning(
    `An upstream handler threw: ${warning.stack ?? warning.message}`,
    'UpstreamHandlerWarning',
  );
}

/** What a call ends in whose handler threw: its exchange must not stay unanswered. */
export function handlerFault(error: unknown): UpstreamError {
  return new UpstreamError('network', 'The exchange was given up because its handler threw.', {
    cause: error,
  });
}
