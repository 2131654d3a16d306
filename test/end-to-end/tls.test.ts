/** HTTPS for clients: which certificate whom is shown, and what a change of certificates disturbs. */
import { copyFileSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
// From dist/: the node starts threads, which need JavaScript.
import { startNode } from '../../dist/node/node.js';
import { itemsOf } from '../../src/config/items.js';
import type { Domain } from '../../src/model/snapshot.js';
import type { Node } from '../../src/node/node.js';
import { type Backend, startBackend } from '../support/backend.js';
import { nodeSettings } from '../support/node-settings.js';
import { servedConfiguration } from '../support/served-configuration.js';
import {
  certificatePath,
  connectTls,
  HttpsClient,
  shownCertificate,
  untilShown,
} from '../support/tls-client.js';
import { until } from '../support/until.js';
import { proxyDefinition } from './definitions.js';

let backend: Backend;
let node: Node;
let port: number;
let folder: string;
let revision = 1;
let clients: HttpsClient[] = [];

/** In the test's folder: what a node's administrator has put there. */
function file(name: string): string {
  return join(folder, name);
}

/** Puts a certificate and its key in place of those a domain names, as deploy scripts do. */
function install(place: string, certificate: string): void {
  for (const kind of ['key', 'crt']) {
    copyFileSync(certificatePath(`${certificate}.${kind}`), file('new'));
    renameSync(file('new'), file(`${place}.${kind}`));
  }
}

function domain(name: string, place: string): Domain {
  return { name, certificateFile: file(`${place}.crt`), privateKeyFile: file(`${place}.key`) };
}

async function serve(...domains: Domain[]): Promise<void> {
  revision++;
  await node.apply({ revision, items: new Map([...api().items, ...itemsOf(domains.map(item))]) });
}

const item = (one: Domain) => ({ kind: 'domain' as const, domain: one });

function api() {
  return servedConfiguration(
    [{ document: JSON.parse(proxyDefinition()), stageVariables: { backend: backend.authority } }],
    revision,
  );
}

function client(servername: string): HttpsClient {
  const made = new HttpsClient(port, servername);
  clients.push(made);
  return made;
}

beforeAll(async () => {
  backend = await startBackend(({ body }, response) => response.end(body.length > 0 ? body : 'hello'));
});

afterAll(() => backend.close());

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'propylon-test-'));
  install('default', 'default');
  install('shop', 'shop');
  const tls = { port: 0, certFile: file('default.crt'), keyFile: file('default.key') };
  node = await startNode(nodeSettings({ tls, acceptors: 2 }), api(), (error) => {
    throw error;
  });
  port = node.tlsPort ?? 0;
});

afterEach(async () => {
  for (const one of clients) one.close();
  clients = [];
  await node.stop(0);
  rmSync(folder, { recursive: true });
});

test('a server name gets its certificate, a wildcard those of one label, everybody else the default', async () => {
  install('wildcard', 'wildcard');
  await serve(domain('shop.example', 'shop'), domain('*.shop.example', 'wildcard'));
  const names = ['shop.example', 'a.shop.example', 'a.b.shop.example', 'other.example', undefined];
  const shown = await Promise.all(names.map((name) => shownCertificate(port, name)));
  expect(shown).toEqual(['shop', 'wildcard', 'default', 'default', 'default']);
  for (const name of ['shop.example', 'a.shop.example', 'other.example']) {
    expect((await client(name).send('GET', '/api/x')).body.toString()).toBe('hello');
  }
});

test('the chain is sent along, from a file of its own or from the certificate file', async () => {
  install('chained', 'chained');
  copyFileSync(certificatePath('intermediate.crt'), file('chain.crt'));
  await serve({ ...domain('chained.example', 'chained'), certificateChainFile: file('chain.crt') });
  // The client knows the root only.
  expect(await shownCertificate(port, 'chained.example')).toBe('chained');
});

test('domains come, change and go with the configuration', async () => {
  expect(await shownCertificate(port, 'shop.example')).toBe('default');
  await serve(domain('shop.example', 'shop'));
  expect(await shownCertificate(port, 'shop.example')).toBe('shop');
  install('renewed', 'shop-renewed');
  await serve(domain('shop.example', 'renewed'));
  expect(await shownCertificate(port, 'shop.example')).toBe('shop-renewed');
  await serve({ name: 'shop.example' });
  expect(await shownCertificate(port, 'shop.example')).toBe('default');
  await serve(domain('shop.example', 'shop'));
  expect(await shownCertificate(port, 'shop.example')).toBe('shop');
  await serve();
  expect(await shownCertificate(port, 'shop.example')).toBe('default');
});

test('files that change are served to new connections, and open ones go on', async () => {
  await serve(domain('shop.example', 'shop'));
  const [shop, other] = [client('shop.example'), client('other.example')];
  const paths = ['/api/before', '/api/after'] as const;
  for (const one of [shop, other]) expect((await one.send('GET', paths[0])).status).toBe(200);
  install('shop', 'shop-renewed');
  await untilShown(port, 'shop.example', 'shop-renewed');
  install('default', 'default-renewed');
  await untilShown(port, undefined, 'default-renewed');
  for (const one of [shop, other]) {
    expect((await one.send('GET', paths[1])).status).toBe(200);
    expect(one.connections).toBe(1);
  }
});

test('requests under way outlive any number of changes, on their connections and on the port without TLS', async () => {
  await serve(domain('shop.example', 'shop'));
  let running = true;
  const statuses = new Set<unknown>();
  const busy = [client('shop.example'), client('other.example'), client('shop.example')];
  const overTls = busy.map(async (one) => {
    while (running) statuses.add((await one.send('GET', '/api/x')).status);
  });
  const plain = (async () => {
    while (running) statuses.add((await fetch(`http://127.0.0.1:${node.port}/api/x`)).status);
  })();
  await until(() => busy.every(({ connections }) => connections > 0));
  for (let i = 0; i < 10; i++) {
    await serve(...(i % 2 === 0 ? [] : [domain('shop.example', 'shop'), domain('more.example', 'default')]));
  }
  running = false;
  await Promise.all([...overTls, plain]);
  expect([...statuses]).toEqual([200]);
  expect(busy.map(({ connections }) => connections)).toEqual([1, 1, 1]);
});

test('a broken certificate costs its own domain the certificate, until it is repaired', async () => {
  writeFileSync(file('broken.crt'), 'no certificate');
  await serve(
    domain('shop.example', 'shop'),
    domain('broken.example', 'broken'),
    domain('missing.example', 'missing'),
    { ...domain('mixed.example', 'shop'), privateKeyFile: file('default.key') },
    domain('no host name', 'shop'),
    domain('', 'shop'),
    domain('a.b.c.d.e.f.g.h.i.j.example', 'shop'),
  );
  const names = ['shop.example', 'broken.example', 'missing.example', 'mixed.example', undefined];
  const shown = await Promise.all(names.map((name) => shownCertificate(port, name)));
  expect(shown).toEqual(['shop', 'default', 'default', 'default', 'default']);
  install('missing', 'wildcard');
  await untilShown(port, 'missing.example', 'wildcard');
});

test('a good certificate stays in use when its files break, also beside another change', async () => {
  await serve(domain('shop.example', 'shop'));
  writeFileSync(file('shop.crt'), 'half a certifi');
  writeFileSync(file('default.key'), '');
  install('more', 'wildcard');
  await serve(domain('shop.example', 'shop'), domain('more.example', 'more'));
  await untilShown(port, 'more.example', 'wildcard');
  await serve(domain('shop.example', 'shop'));
  const shown = await Promise.all(['shop.example', undefined].map((name) => shownCertificate(port, name)));
  expect(shown).toEqual(['shop', 'default']);
});

test('bodies cross both ways, streamed or whole, on a connection that is kept', async () => {
  const one = client('other.example');
  for (const size of [1, 10_000, 100_000, 3_000_000]) {
    const body = Buffer.alloc(size, 'propylon');
    const answer = await one.send('POST', '/api/echo', body);
    expect(answer.status).toBe(200);
    expect(answer.body.equals(body)).toBe(true);
  }
  expect(one.connections).toBe(1);
});

test('clients speak TLS 1.2 at least', async () => {
  const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const;
  await expect(connectTls(port, 'shop.example', old)).rejects.toThrow();
  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
    const socket = await connectTls(port, 'shop.example', { maxVersion });
    expect(socket.getProtocol()).toBe(maxVersion);
    socket.destroy();
  }
});

test('bytes that are no handshake end their own connection only', async () => {
  const hello = await clientHello();
  const junk = [
    'GET / HTTP/1.1\r\nHost: x\r\n\r\n',
    Buffer.alloc(20_000),
    Buffer.concat([Buffer.from([0x16, 3, 1, 0xff, 0xff]), Buffer.alloc(70_000, 1)]),
    Buffer.concat([hello, Buffer.alloc(1_000, 7)]),
    hello.subarray(0, hello.length - 1),
    ...Array.from({ length: 40 }, (_, i) => changed(hello, i * 7)),
  ];
  for (const bytes of junk) {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => {});
    await new Promise<void>((resolve) => {
      socket.on('close', () => resolve());
      socket.resume();
      socket.end(bytes);
    });
  }
  expect((await client('other.example').send('GET', '/api/x')).status).toBe(200);
});

/** What a client sends first. */
function clientHello(): Promise<Buffer> {
  return new Promise((resolve) => {
    const server = createServer((socket) =>
      socket.once('data', (data) => {
        socket.destroy();
        server.close(() => resolve(data));
      }),
    ).listen(0, '127.0.0.1', () => {
      const address = server.address();
      connectTls(typeof address === 'object' ? (address?.port ?? 0) : 0, 'shop.example').catch(() => {});
    });
  });
}

function changed(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at % copy.length] = 255 - (copy[at % copy.length] ?? 0);
  return copy;
}
