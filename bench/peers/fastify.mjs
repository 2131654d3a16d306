// @fastify/http-proxy with its default client, undici. Arguments: port, backend port, connections.
import fastifyProxy from '@fastify/http-proxy';
import Fastify from 'fastify';

const [port, upstream, connections] = process.argv.slice(2).map(Number);
const fastify = Fastify({ logger: false, keepAliveTimeout: 300_000 });
await fastify.register(fastifyProxy, {
  upstream: `http://127.0.0.1:${upstream}`,
  undici: { connections, pipelining: 1 },
});
await fastify.listen({ port, host: '127.0.0.1' });
