/** The answer of one request, for people and for programs. */
import { statusLine } from '../http/status.js';
import type { CollectedAnswer } from '../invoke/collecting-sink.js';
import { type Content, contentOf, type Field, fieldsOf } from '../invoke/content.js';
import { printable } from '../telemetry/printable.js';

export function answerText({ status, headers, body }: CollectedAnswer): string {
  const content = contentOf(body);
  const lines = [`HTTP/1.1 ${statusLine(status)}`, ...fieldLines(fieldsOf(headers))];
  if (content !== null) lines.push('', ...contentLines(content));
  return `${lines.join('\n')}\n`;
}

export function answerJson({ status, headers, body, end }: CollectedAnswer): object {
  return { status, headers: fieldsOf(headers), body: contentOf(body), complete: end === 'complete' };
}

export function fieldLines(fields: readonly Field[]): string[] {
  return fields.map(({ name, value }) => printable(`${name}: ${value}`));
}

/** What a backend sends must not steer a terminal: line ends and tabs aside, control characters are shown. */
export function contentLines({ text, bytes }: Content): string[] {
  if (text === undefined) return [`(${bytes} bytes that are not UTF-8 text: --json has them in base64)`];
  const lines = text.split(/\r?\n/);
  if (lines.at(-1) === '') lines.pop();
  return lines.map((line) => line.split('\t').map(printable).join('\t'));
}
