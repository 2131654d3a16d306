/** The end of a serving process: a signal, a second one, or a node that cannot go on. */
import { formatDuration } from '../model/duration.js';

import { flushErrorLog } from '../telemetry/error-log.js';
import { complain } from './output.js';

/** What a shell reports for a process that an interrupt ended. */
const INTERRUPTED = 130;

/** A node, and what belongs to it: see `Node.stop`. */
interface Stoppable {
  stop(graceMs: number): Promise<boolean>;
}

/** What a broken node may take to close what is left of it. */
const LAST_CLOSE_MS = 2_000;

/**
 * Listens for SIGTERM and SIGINT from its making on: as process 1 of a container, a process without listeners could not
 * be stopped while it starts.
 */
export class Shutdown {
  #node: Stoppable | null = null;
  #graceMs = 0;
  #stopping = false;

  constructor() {
    process.on('SIGTERM', () => this.#signal());
    process.on('SIGINT', () => this.#signal());
  }

  /** From now on a signal lets requests in flight finish, for at most `graceMs`. */
  watchOver(node: Stoppable, graceMs: number): void {
    this.#node = node;
    this.#graceMs = graceMs;
  }

  /** The node lost a part it cannot do without: whoever supervises the process must start it again. */
  fatal(error: Error): void {
    complain(error.message);
    this.#stopping = true;
    const closed = this.#node?.stop(0).catch(() => {});
    const tooLong = new Promise((resolve) => setTimeout(resolve, LAST_CLOSE_MS));
    void Promise.race([closed, tooLong]).then(() => this.#exit(1));
  }

  #signal(): void {
    if (this.#stopping || this.#node === null) interrupt();
    this.#stopping = true;
    void this.#stop(this.#node);
  }

  async #stop(node: Stoppable): Promise<void> {
    const grace = formatDuration(this.#graceMs);
    complain(`stopping: requests in flight have ${grace} to finish; a second signal ends them at once`);
    try {
      const complete = await node.stop(this.#graceMs);
      if (!complete) complain(`requests were cut off: they took longer than ${grace} (--grace)`);
      await this.#exit(0);
    } catch (error) {
      complain(`the shutdown failed: ${(error as Error).message}`);
      await this.#exit(1);
    }
  }

  async #exit(code: number): Promise<void> {
    await flushErrorLog();
    process.exit(code);
  }
}

/**
 * Ends the process as an interrupt without a listener does. `process.exit` would first tear the threads down, and a
 * thread whose sockets uWebSockets.js still holds open aborts the process with a stack trace. It is left for process 1 of
 * a container, which the kernel does not let signal itself.
 */
function interrupt(): never {
  process.removeAllListeners('SIGINT');
  process.kill(process.pid, 'SIGINT');
  process.exit(INTERRUPTED);
}
