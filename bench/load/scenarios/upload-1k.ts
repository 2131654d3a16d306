import { upload } from './bodies.js';

export const upload1K = upload('upload-1k', '1 KB', 1_000);
