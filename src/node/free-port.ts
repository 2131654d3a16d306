import { createServer } from 'node:net';

/**
 * Makes sure nobody listens on a port, and picks one for 0. uWebSockets.js only says "false" when it cannot listen, and
 * shares a port with another process that shares it too; this says why.
 * @param flag the setting that names another port
 * @throws Error in one sentence with what to do
 */
export function freePort(host: string, port: number, flag: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(new Error(explain(error, host, port, flag))),
    );
    server.listen({ host, port, exclusive: true }, () => {
      const address = server.address();
      const free = address !== null && typeof address === 'object' ? address.port : port;
      server.close(() => resolve(free));
    });
  });
}

function explain(error: NodeJS.ErrnoException, host: string, port: number, flag: string): string {
  switch (error.code) {
    case 'EADDRINUSE':
      return `port ${port} on ${host} is in use; choose another with ${flag}`;
    case 'EACCES':
      return `port ${port} on ${host} needs more rights; choose a port above 1023 with ${flag}`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return `${host} is no address of this machine; choose another with --host`;
    default:
      return `cannot listen on ${host} port ${port}: ${error.message}`;
  }
}
