/** Calls that wait for a connection, first come first served; leaving from the middle is O(1). */
import type { Http1Call } from './call.js';

export class WaitingList {
  size = 0;
  #first: Http1Call | null = null;
  #last: Http1Call | null = null;

  append(call: Http1Call): void {
    const last = this.#last;
    if (last === null) this.#first = call;
    else last.waitingAfter = call;
    call.waitingBefore = last;
    call.waiting = true;
    this.#last = call;
    this.size++;
  }

  remove(call: Http1Call): void {
    if (!call.waiting) return;
    const { waitingBefore: before, waitingAfter: after } = call;
    if (before === null) this.#first = after;
    else before.waitingAfter = after;
    if (after === null) this.#last = before;
    else after.waitingBefore = before;
    call.waitingBefore = null;
    call.waitingAfter = null;
    call.waiting = false;
    this.size--;
  }

  shift(): Http1Call | null {
    const first = this.#first;
    if (first !== null) this.remove(first);
    return first;
  }
}
