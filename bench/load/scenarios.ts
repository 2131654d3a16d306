/** All scenarios, in the order of the report. */
import type { Scenario } from './scenario.js';
import { browser } from './scenarios/browser.js';
import { deadUpstream } from './scenarios/dead-upstream.js';
import { download1K } from './scenarios/download-1k.js';
import { download1M } from './scenarios/download-1m.js';
import { download10K } from './scenarios/download-10k.js';
import { download100K } from './scenarios/download-100k.js';
import { localFunction } from './scenarios/function.js';
import { idle } from './scenarios/idle.js';
import { lambda } from './scenarios/lambda.js';
import { manyRoutes } from './scenarios/many-routes.js';
import { mock } from './scenarios/mock.js';
import { postJson } from './scenarios/post-json.js';
import { pushes } from './scenarios/pushes.js';
import { slowUpstream } from './scenarios/slow-upstream.js';
import { small } from './scenarios/small.js';
import { templates } from './scenarios/templates.js';
import { tls } from './scenarios/tls.js';
import { upload1K } from './scenarios/upload-1k.js';
import { upload1M } from './scenarios/upload-1m.js';
import { upload10K } from './scenarios/upload-10k.js';
import { upload100K } from './scenarios/upload-100k.js';

export const SCENARIOS: readonly Scenario[] = [
  small,
  browser,
  postJson,
  download1K,
  download10K,
  download100K,
  download1M,
  upload1K,
  upload10K,
  upload100K,
  upload1M,
  lambda,
  localFunction,
  mock,
  templates,
  manyRoutes,
  tls,
  idle,
  pushes,
  slowUpstream,
  deadUpstream,
];
