/** uWebSockets.js, loaded and set up for this program; the only import of it. */

import type { AppOptions, TemplatedApp, us_listen_socket } from 'uWebSockets.js';

// Read by native code when the module loads, so the thread must share the process's environment. Above every limit of ours, so that the acceptor answers 414 and 431 itself.
process.env.UWS_HTTP_MAX_HEADERS_SIZE ??= '65536';
const { default: module } = await import('uWebSockets.js');

/** What the module has but its declarations lack. */
interface Undeclared {
  _cfg(key: string): void;
  LIBUS_LISTEN_DEFAULT: number;
  LIBUS_LISTEN_EXCLUSIVE_PORT: number;
}

interface ListenWithOptions {
  listen(
    host: string,
    port: number,
    options: number,
    callback: (socket: us_listen_socket | false) => void,
  ): TemplatedApp;
}

export type App = Omit<TemplatedApp, 'listen'> & ListenWithOptions;

interface Apps {
  App(): App;
  /** @throws Error when the files cannot be used */
  SSLApp(options: AppOptions): App;
}

export const uWS = module as unknown as Omit<typeof module, keyof Apps> & Undeclared & Apps;

// Without this uWS adds a header with its own name to every answer.
uWS._cfg('silent');
