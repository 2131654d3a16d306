// tsc does not copy plain JavaScript: the generated protobuf code goes beside the compiled codec.
import { cpSync } from 'node:fs';

cpSync('src/proto/generated', 'dist/proto/generated', { recursive: true });
