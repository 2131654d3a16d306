import type { MessagePort, TransferListItem } from 'node:worker_threads';
import { turnTime } from '../exchange/clock.js';
import type { Batch } from './envelopes.js';

/** Bytes from this size on change hands by transfer; below it a copy is cheaper than detaching a buffer. */
export const TRANSFER_BYTES = 4096;

/**
 * The sending half of a mailbox: collects envelopes and posts them as one batch per event-loop turn. `setImmediate`
 * runs right after the poll phase in which the sockets called back, so a batch holds all that one turn produced and
 * waits for nothing.
 */
export class Outbox {
  readonly #port: MessagePort;
  #batch: Batch = [];
  #transfers: TransferListItem[] = [];
  #scheduled = false;
  readonly #flush = (): void => this.flush();

  constructor(port: MessagePort) {
    this.#port = port;
  }

  /** The batch to push one envelope's code and operands on; it leaves at the end of this turn. */
  open(): Batch {
    if (!this.#scheduled) {
      this.#scheduled = true;
      this.#batch.push(turnTime());
      setImmediate(this.#flush);
    }
    return this.#batch;
  }

  /** Hands over a byte operand's memory instead of copying it; the array must own its whole buffer. */
  transfer(bytes: Uint8Array): void {
    if (bytes.buffer.byteLength >= TRANSFER_BYTES) this.#transfers.push(bytes.buffer as ArrayBuffer);
  }

  flush(): void {
    if (!this.#scheduled) return;
    this.#scheduled = false;
    const batch = this.#batch;
    this.#batch = [];
    if (this.#transfers.length === 0) {
      this.#port.postMessage(batch);
      return;
    }
    const transfers = this.#transfers;
    this.#transfers = [];
    this.#port.postMessage(batch, transfers);
  }
}
