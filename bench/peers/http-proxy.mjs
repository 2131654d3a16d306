// http-proxy with kept-alive backend connections, which are not its default. Arguments: port, backend port, connections.
import { Agent, createServer } from 'node:http';
import httpProxy from 'http-proxy';

const [port, upstream, connections] = process.argv.slice(2).map(Number);
const proxy = httpProxy.createProxyServer({
  target: { host: '127.0.0.1', port: upstream },
  agent: new Agent({ keepAlive: true, maxSockets: connections, maxFreeSockets: connections }),
});
proxy.on('error', (_error, _request, response) => {
  if (!response.headersSent) response.writeHead(502);
  response.end();
});
const server = createServer((request, response) => proxy.web(request, response));
server.keepAliveTimeout = 300_000;
server.listen(port, '127.0.0.1');
