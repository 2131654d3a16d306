import { download } from './bodies.js';

export const download1K = download('download-1k', '1 KB', 1_000);
