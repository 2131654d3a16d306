import { upload } from './bodies.js';

export const upload1M = upload('upload-1m', '1 MB', 1_000_000);
