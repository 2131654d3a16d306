/** Runs once before all tests. */
import { tryToHaveAwsCli } from './aws-cli.js';
import { haveRedisServer } from './redis-server.js';

export default function setUp(): void {
  haveRedisServer();
  tryToHaveAwsCli();
}
