/** A backend that reads request bodies to their end: nginx's own answers do not wait for them. Arguments: port, file. */
import { readFileSync } from 'node:fs';
import { uWS } from '../../../src/acceptor/uws.js';

const [port, file] = process.argv.slice(2) as [string, string];
const body = readFileSync(file);
/** What a function answers whose answer has that body. */
const functionAnswer = Buffer.from(
  JSON.stringify({
    statusCode: 200,
    headers: { 'Content-Type': 'application/json' },
    body: body.toString(),
  }),
);
const FUNCTIONS = '/2015-03-31/';
const SLOW = '/slow/';
const SLOW_MS = 250;

const app = uWS.App();
app.any('/*', (res, req) => {
  const path = req.getUrl();
  const answer = path.startsWith(FUNCTIONS) ? functionAnswer : body;
  const slow = path.startsWith(SLOW);
  let gone = false;
  res.onAborted(() => {
    gone = true;
  });
  const end = (): void => {
    if (gone) return;
    res.cork(() => {
      res.writeHeader('Content-Type', 'application/json');
      res.end(answer);
    });
  };
  res.onData((_, last) => {
    if (!last) return;
    if (slow) setTimeout(end, SLOW_MS);
    else end();
  });
});
// Several addresses of this machine, for scenarios with several targets.
for (const last of [1, 2, 3]) {
  app.listen(`127.0.0.${last}`, Number(port), uWS.LIBUS_LISTEN_DEFAULT, (socket) => {
    if (socket !== false) return;
    process.stderr.write(`cannot listen on port ${port}\n`);
    process.exit(1);
  });
}
