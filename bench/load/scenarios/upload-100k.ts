import { upload } from './bodies.js';

export const upload100K = upload('upload-100k', '100 KB', 100_000);
