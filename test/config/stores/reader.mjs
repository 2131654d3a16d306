// Reads a Redis store once, prints what came of it, and closes it: node reader.mjs URL
import { openStore } from '../../../dist/config/stores/open.js';

const store = await openStore({ kind: 'redis', url: process.argv[2], namespace: 'test' });
const subscription = await store.subscribe({ event() {}, garbage() {}, connected() {}, disconnected() {} });
console.log(
  await store.position().then(
    () => 'read',
    (error) => error.message,
  ),
);
await subscription.end();
await store.close();
