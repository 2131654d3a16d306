// A backend that shows what reached it.
import { createServer } from 'node:http';

/** @returns {Promise<import('node:http').Server>} */
export function startBackend(port = 0, host = '127.0.0.1') {
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8');
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      response.setHeader('Content-Type', 'application/json');
      const { method, url, headers } = request;
      response.end(`${JSON.stringify({ method, url, headers, body }, null, 2)}\n`);
    });
  });
  return new Promise((resolve) => server.listen(port, host, () => resolve(server)));
}
