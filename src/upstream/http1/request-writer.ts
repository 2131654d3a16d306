/** Requests on the wire. */
import type { Socket } from 'node:net';
import { STREAMED, type UpstreamRequest } from '../upstream.js';

/**
 * Head and body of up to this many characters leave as one string: copying so little costs less than a second buffer in
 * a gathered write, and 16 KiB is what node encodes on the stack and tries to send at once.
 */
const ONE_WRITE = 16_384;

const CRLF = Buffer.from('\r\n', 'latin1');

/** Writes a whole request, or the head of one whose body follows in parts. False when the socket's buffer is full. */
export function writeRequest(socket: Socket, request: UpstreamRequest): boolean {
  const head = `${request.method} ${request.target} HTTP/1.1\r\n${request.headers}`;
  const body = request.body;
  if (body === STREAMED) {
    const { bodyLength } = request;
    const framing =
      bodyLength < 0 ? 'Transfer-Encoding: chunked\r\n\r\n' : `Content-Length: ${bodyLength}\r\n\r\n`;
    return socket.write(head + framing, 'latin1');
  }
  if (body === null || body.length === 0) {
    return socket.write(
      head + (carriesBody(request.method) ? 'Content-Length: 0\r\n\r\n' : '\r\n'),
      'latin1',
    );
  }
  if (typeof body !== 'string') return writeWithBytes(socket, head, body);
  const length = Buffer.byteLength(body);
  // As many bytes as characters: plain ASCII, the same in latin1 as in UTF-8.
  if (length === body.length) {
    return socket.write(`${head}Content-Length: ${length}\r\n\r\n${body}`, 'latin1');
  }
  return writeWithBytes(socket, head, Buffer.from(body));
}

/** One part of a streamed body. False when the socket's buffer is full. */
export function writeBodyPart(socket: Socket, part: Uint8Array, chunked: boolean): boolean {
  if (!chunked) return socket.write(part);
  const size = `${part.length.toString(16)}\r\n`;
  if (part.length <= ONE_WRITE) return socket.write(`${size}${latin1(part)}\r\n`, 'latin1');
  socket.cork();
  socket.write(size, 'latin1');
  socket.write(part);
  const room = socket.write(CRLF);
  socket.uncork();
  return room;
}

/** The end of a streamed body in chunks. */
export function writeLastChunk(socket: Socket): void {
  socket.write('0\r\n\r\n', 'latin1');
}

function writeWithBytes(socket: Socket, head: string, body: Uint8Array): boolean {
  const whole = `${head}Content-Length: ${body.length}\r\n\r\n`;
  if (whole.length + body.length <= ONE_WRITE) return socket.write(whole + latin1(body), 'latin1');
  socket.cork();
  socket.write(whole, 'latin1');
  const room = socket.write(body);
  socket.uncork();
  return room;
}

function latin1(bytes: Uint8Array): string {
  const buffer = bytes instanceof Buffer ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  return buffer.toString('latin1');
}

/** Without a body these say so (RFC 9110 section 8.6). */
function carriesBody(method: string): boolean {
  return method === 'POST' || method === 'PUT' || method === 'PATCH';
}
