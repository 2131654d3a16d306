// The backend where nginx is not installed. Arguments: port, body.
import { createServer } from 'node:http';

const [port, body] = process.argv.slice(2);
const headers = { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) };
const server = createServer((_request, response) => response.writeHead(200, headers).end(body));
server.keepAliveTimeout = 300_000;
server.listen(Number(port), '127.0.0.1');
