import { upload } from './bodies.js';

export const upload10K = upload('upload-10k', '10 KB', 10_000);
