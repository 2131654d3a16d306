/** One load thread: prepares, waits for the word, runs, tells. */
import { parentPort, workerData } from 'node:worker_threads';
import { LoadEngine } from './engine.js';
import type { FromLoadThread, LoadThreadData, ToLoadThread } from './protocol.js';

if (parentPort === null) throw new Error('load-thread.js is started by run-load.js, not by itself');
const main = parentPort;
const { plan, share } = workerData as LoadThreadData;
const tell = (message: FromLoadThread): void => main.postMessage(message);

const engine = new LoadEngine(plan, share, (interval) => tell({ type: 'interval', interval }));
main.on('message', (message: ToLoadThread) => {
  if (message.type === 'stop') engine.stop();
  else
    void engine.run().then((tally) => {
      tell({ type: 'done', tally });
      main.close();
    });
});
tell({ type: 'prepared', ...(await engine.prepare()) });
