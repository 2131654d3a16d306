/**
 * What travels between a worker, the function host and its handler threads. Workers and the host exchange one message
 * per event-loop turn: an array of entries.
 */
import type { MessagePort } from 'node:worker_threads';
import type { FunctionSettings, LambdaSettings } from '../config/settings.js';

/** Bytes of an event or a result: Lambda's limit for synchronous calls. */
export const MAX_PAYLOAD_BYTES = 6_291_556;

/** Worker to host: call a function. `id` is the worker's own number for the call. */
export interface HostCall {
  id: number;
  /** Plain name. */
  name: string;
  payload: string | Uint8Array;
  requestId: string;
  traceId: string;
  /** Nobody waits for the result: the host answers as soon as it has taken the call. */
  asynchronous: boolean;
}

/** Worker to host: a number cancels the call of that id if it still waits; a running one goes on. */
export type HostRequest = HostCall | number;

export const Outcome = {
  /** The function's result, JSON text. */
  result: 0,
  /** Lambda's error object, JSON text. */
  functionError: 1,
  /** More calls wait than the function may have waiting; the payload is a sentence. */
  throttled: 2,
  /** The call cannot be made; the payload is a sentence. */
  refused: 3,
} as const;
export type OutcomeCode = (typeof Outcome)[keyof typeof Outcome];

/** Host to worker. */
export type HostAnswer = [id: number, outcome: OutcomeCode, payload: Uint8Array];

/** Main thread to host. */
export type HostCommand = { type: 'connect'; port: MessagePort } | { type: 'reload'; name: string };

/** Host to main thread. */
export type HostReport = 'ready';

export interface HostData {
  functions: FunctionSettings[];
  lambda: LambdaSettings;
}

/** What a handler thread knows from its start. */
export interface HandlerData {
  name: string;
  file: string;
  handler: string;
  timeoutMs: number;
  memoryMb: number;
  functionArn: string;
}

/** Host to handler thread: one invocation. */
export interface HandlerTask {
  /** The host's number for the call. */
  call: number;
  payload: string | Uint8Array;
  requestId: string;
  traceId: string;
}

export interface HandlerResult {
  outcome: OutcomeCode;
  payload: Uint8Array;
}

/** Handler thread to host, beside the result: one of the two numbers of calls. */
export interface HandlerReport {
  /** The module is loaded and the handler is about to be called: the function's own timeout starts. */
  started?: number;
  /** The module could not be loaded: `result` is the call's, and the thread is of no use any more. */
  unloadable?: number;
  result?: HandlerResult;
}

const UTF8 = new TextEncoder();

/** Bytes that own their whole buffer, so that cloning them clones nothing else. */
export function encodeText(text: string): Uint8Array {
  return UTF8.encode(text);
}
