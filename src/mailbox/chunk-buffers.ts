/**
 * The buffers in which chunks of streamed answers travel: filled by a worker, transferred to an acceptor, and sent back
 * once the client has taken the bytes. Without the way back, every 64 KiB of a download would be garbage in two heaps,
 * tens of megabytes of it before either collector wakes up.
 */
export const CHUNK_BYTES = 65_536;

/** Kept for reuse, 16 MiB; what is more than that is left to the garbage collector. */
const MAX_KEPT = 256;

export class ChunkBuffers {
  readonly #free: ArrayBuffer[] = [];

  /** A copy of `chunk` (at most `CHUNK_BYTES`) in a buffer of its own, which may be transferred. */
  copy(chunk: Uint8Array): Uint8Array {
    const buffer = this.#free.pop() ?? new ArrayBuffer(CHUNK_BYTES);
    const copy = new Uint8Array(buffer, 0, chunk.length);
    copy.set(chunk);
    return copy;
  }

  giveBack(buffer: ArrayBuffer): void {
    if (buffer.byteLength === CHUNK_BYTES && this.#free.length < MAX_KEPT) this.#free.push(buffer);
  }
}
