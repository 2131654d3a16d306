/**
 * A client of one node that looks which push answers. It asks often while a push is on its way, so it is a bare socket:
 * what an HTTP client of Node.js takes for each look would be taken from the nodes under test.
 */
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { requestBytes } from '../../src/load/plan.js';
import { get } from '../load/requests.js';
import { PUSH_PATH, pathOf } from './configuration.js';

/** Between two looks; what is seen may be so much older. */
const LOOK_MS = 1;
/** A push that is not live by then will not be. */
const LIVE_MS = 5_000;
const ANSWER = /^HTTP\/1\.1 (\d{3}) [\s\S]*?\r\ncontent-length: (\d+)[\s\S]*?\r\n\r\n([\s\S]*)$/i;

export class Witness {
  readonly #port: number;
  #socket: Socket | null = null;

  constructor(port: number) {
    this.#port = port;
  }

  /** The push that answers for an API; one look at a time. @throws Error when the answer is none */
  async look(api: number): Promise<number> {
    const { status, body } = await this.#ask(pathOf(api, PUSH_PATH));
    if (status === '200' && /^\d+$/.test(body)) return Number(body);
    throw new Error(`API ${api} answers ${status} ${body.slice(0, 200)}`);
  }

  /**
   * Resolves when the push answers.
   * @param before the push that may answer until then
   * @throws Error when anything else answers, or the push does not come
   */
  async sees(api: number, push: number, before: number): Promise<void> {
    // A connection for each push: one that rested between two could be closed just when it is asked again.
    this.close();
    for (const deadline = performance.now() + LIVE_MS; ; await sleep(LOOK_MS)) {
      const answered = await this.look(api);
      if (answered === push) return;
      if (answered !== before) {
        throw new Error(`API ${api} answers push ${answered}, between push ${before} and push ${push}`);
      }
      if (performance.now() > deadline) {
        throw new Error(`push ${push} of API ${api} is not live ${LIVE_MS} ms after its commit`);
      }
    }
  }

  close(): void {
    this.#socket?.destroy();
    this.#socket = null;
  }

  #ask(path: string): Promise<{ status: string; body: string }> {
    const socket = this.#connected();
    socket.write(requestBytes({ ...get(path), authority: `127.0.0.1:${this.#port}` }));
    return new Promise((resolve, reject) => {
      let text = '';
      const settle = (then: () => void): void => {
        clearTimeout(late);
        socket.off('data', onData).off('close', onClose);
        then();
      };
      const fail = (reason: string): void => {
        settle(() => reject(new Error(`${path} on port ${this.#port}: ${reason}`)));
        socket.destroy();
      };
      const onData = (chunk: Buffer): void => {
        text += chunk.toString('latin1');
        const [, status, length, body] = ANSWER.exec(text) ?? [];
        if (status !== undefined && body !== undefined && body.length >= Number(length)) {
          settle(() => resolve({ status, body }));
        }
      };
      const onClose = (): void => fail(socket.errored?.message ?? 'the connection was closed');
      const late = setTimeout(() => fail(`no answer within ${LIVE_MS} ms`), LIVE_MS);
      socket.on('data', onData).on('close', onClose);
    });
  }

  #connected(): Socket {
    if (this.#socket !== null && !this.#socket.destroyed) return this.#socket;
    this.#socket = connect({ port: this.#port, host: '127.0.0.1', noDelay: true });
    // Told by `close`, which follows.
    return this.#socket.on('error', () => {});
  }
}
