/** Runs once before all tests. */
import { haveRedisServer } from './redis-server.js';

export default function setUp(): void {
  haveRedisServer();
}
