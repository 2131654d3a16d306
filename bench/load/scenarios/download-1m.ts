import { download } from './bodies.js';

export const download1M = download('download-1m', '1 MB', 1_000_000);
