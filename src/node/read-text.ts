/** Text files that a user names: read whole, within bounds, or refused with a reason. */
import { readFileSync, statSync } from 'node:fs';
import { printable } from '../telemetry/printable.js';

/** Why a file cannot be read, as the end of a sentence: `it is a directory`. */
export class UnreadableFile extends Error {}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  ENOTDIR: 'there is no such file',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  ERR_ENCODING_INVALID_ENCODED_DATA: 'it is not UTF-8 text',
};

/**
 * @param maxBytes a mistaken path to an image or a log of gigabytes must not be read into memory
 * @throws UnreadableFile
 */
export function readText(path: string, maxBytes: number): string {
  try {
    const stats = statSync(path);
    if (stats.isDirectory()) throw new UnreadableFile('it is a directory');
    // A pipe is what a shell's process substitution gives: <(command).
    if (!stats.isFile() && !stats.isFIFO()) throw new UnreadableFile('it is not a file');
    if (stats.size > maxBytes) throw new UnreadableFile(`it is larger than ${maxBytes} bytes`);
    const bytes = readFileSync(path);
    if (bytes.includes(0)) throw new UnreadableFile('it is a binary file');
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    if (error instanceof UnreadableFile) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    throw new UnreadableFile(REASONS[code ?? ''] ?? printable(message), { cause: error });
  }
}
