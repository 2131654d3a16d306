// fast-gateway with its default client, node:http with kept-alive connections. Arguments: port, backend port.
import gateway from 'fast-gateway';

const [port, upstream] = process.argv.slice(2).map(Number);
const server = gateway({ routes: [{ prefix: '', target: `http://127.0.0.1:${upstream}` }] });
const http = await server.start(port, '127.0.0.1');
http.keepAliveTimeout = 300_000;
