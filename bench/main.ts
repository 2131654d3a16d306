/** `npm run bench`: see README.md. */
import { runLoad } from './load/run.js';
import { runMicro } from './micro/run.js';
import { type BenchOptions, parseOptions, USAGE } from './options.js';

let options: BenchOptions | 'help' | undefined;
try {
  options = parseOptions(process.argv.slice(2));
  if (options === 'help') process.stdout.write(USAGE);
  else process.exitCode = await (options.kind === 'micro' ? runMicro(options) : runLoad(options));
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n${options === undefined ? `\n${USAGE}` : ''}`);
  process.exitCode = 2;
}
