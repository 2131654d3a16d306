// The demo backend as a program of its own: node backend-server.mjs PORT
import { startBackend } from './backend.mjs';

const server = await startBackend(Number(process.argv[2] ?? 9000), '0.0.0.0');
process.on('SIGTERM', () => server.close(() => process.exit(0)));
