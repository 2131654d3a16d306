/** A TCP proxy in front of a server that can swallow an answer: the connection ends when the server has answered. */
import { connect, createServer, type Socket } from 'node:net';

export interface CuttingProxy {
  readonly port: number;
  /** Cuts the connection that next carries `text` to the server, once the server has answered to it. */
  cutAfter(text: string): void;
  /** How many answers were swallowed. */
  readonly cuts: number;
  close(): Promise<void>;
}

export async function startCuttingProxy(serverPort: number): Promise<CuttingProxy> {
  const sockets = new Set<Socket>();
  let trigger: string | undefined;
  let cuts = 0;
  const server = createServer((client) => {
    const upstream = connect(serverPort, '127.0.0.1');
    let swallow = false;
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        sockets.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    client.on('data', (data) => {
      if (trigger !== undefined && data.includes(trigger)) {
        trigger = undefined;
        swallow = true;
      }
      upstream.write(data);
    });
    upstream.on('data', (data) => {
      if (!swallow) {
        client.write(data);
        return;
      }
      cuts++;
      client.destroy();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    cutAfter(text) {
      trigger = text;
    },
    get cuts() {
      return cuts;
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
