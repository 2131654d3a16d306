/** Monotonic milliseconds, one time line for all threads of the process (`performance.now()` starts anew in each). */
export function now(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1e3 + nanoseconds / 1e6;
}
