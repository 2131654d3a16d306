import { download } from './bodies.js';

export const download10K = download('download-10k', '10 KB', 10_000);
