import { download } from './bodies.js';

export const download100K = download('download-100k', '100 KB', 100_000, true);
