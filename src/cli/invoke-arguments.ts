/** The request of `propylon invoke` as it was written on the command line. */
import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { isSafeHeader } from '../http/header-block.js';
import type { ClientRequest } from '../invoke/client-request.js';
import { HTTP_METHODS } from '../model/snapshot.js';
import { CommandError } from './output.js';

export interface RequestArguments {
  method: string;
  path: string;
  /** `Name: value`. */
  headers: readonly string[];
  /** `name=value`. */
  query: readonly string[];
  /** A text, `@FILE`, or `-` for standard input; undefined: none. */
  body: string | undefined;
}

type Header = readonly [name: string, value: string];

/**
 * @param maxBodyBytes a body is read to one byte more: enough for the gateway to refuse it
 * @throws CommandError, one line for each thing that is wrong
 */
export async function requestFrom(args: RequestArguments, maxBodyBytes: number): Promise<ClientRequest> {
  const problems = [...methodProblems(args.method), ...pathProblems(args.path)];
  const attempt = <T>(read: () => T): T | undefined => {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      problems.push(...error.lines);
      return undefined;
    }
  };
  const headers = args.headers.flatMap((text) => attempt(() => [readHeader(text)]) ?? []);
  const query = args.query.flatMap((text) => attempt(() => [readQuery(text)]) ?? []).join('&');
  if (problems.length > 0) throw new CommandError(...problems);
  const hasHost = headers.some(([name]) => name.toLowerCase() === 'host');
  return {
    method: args.method,
    target: query === '' ? args.path : `${args.path}${args.path.includes('?') ? '&' : '?'}${query}`,
    headers: hasHost ? headers : [['Host', 'localhost'], ...headers],
    body: await readBody(args.body, maxBodyBytes + 1),
  };
}

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

export function methodProblems(method: string): string[] {
  if (!TOKEN.test(method)) return [`the method must be one word such as GET, not "${method}"`];
  const upper = method.toUpperCase();
  const known: readonly string[] = HTTP_METHODS;
  if (method === upper || !known.includes(upper)) return [];
  return [`methods are written in upper case: ${upper}, not ${method}`];
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: refusing control characters is the point
const NOT_IN_TARGET = /[\x00-\x20\x7f#]/;

export function pathProblems(path: string): string[] {
  if (!path.startsWith('/')) return [`the path must begin with a slash, as in /pets, not "${path}"`];
  if (!NOT_IN_TARGET.test(path)) return [];
  return [`the path must have blanks, control characters and # percent-encoded, as in /a%20b, not "${path}"`];
}

/** They follow from the body, or belong to a connection that there is none of. */
const FRAMING = ['content-length', 'transfer-encoding', 'connection'];

export function readHeader(text: string): Header {
  const colon = text.indexOf(':');
  const name = text.slice(0, Math.max(colon, 0)).trim();
  const value = text.slice(colon + 1).trim();
  if (colon < 0 || !isSafeHeader(name, value)) {
    throw new CommandError(`--header must be written 'Name: value' on one line, not "${text}"`);
  }
  if (FRAMING.includes(name.toLowerCase())) {
    throw new CommandError(`--header ${name} cannot be set: the length of a request follows from --body`);
  }
  return [name, value];
}

function readQuery(text: string): string {
  const equals = text.indexOf('=');
  if (equals < 1) throw new CommandError(`--query must be written NAME=VALUE, not "${text}"`);
  return `${encodeURIComponent(text.slice(0, equals))}=${encodeURIComponent(text.slice(equals + 1))}`;
}

export async function readBody(text: string | undefined, atMost: number): Promise<Uint8Array | null> {
  if (text === undefined) return null;
  if (text === '-') return await readStart(process.stdin, atMost);
  if (!text.startsWith('@')) return Buffer.from(text, 'utf8');
  try {
    return await readStart(createReadStream(text.slice(1), { end: atMost - 1 }), atMost);
  } catch (error) {
    throw new CommandError(`--body ${text} cannot be read: ${reasonOf(error)}`);
  }
}

async function readStart(stream: Readable, atMost: number): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    size += chunk.length;
    if (size >= atMost) break;
  }
  return Buffer.concat(chunks);
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  ENOTDIR: 'there is no such file',
  EISDIR: 'it is a directory',
  EACCES: 'you may not read it',
};

function reasonOf(error: unknown): string {
  const { code = '', message } = error as NodeJS.ErrnoException;
  return REASONS[code] ?? message;
}
