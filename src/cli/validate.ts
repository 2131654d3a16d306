/** `propylon validate`: everything there is to say about definitions. */
import { loadDefinition } from '../node/load-definition.js';
import { findNotExecuted } from '../openapi/not-executed.js';
import type { Problem } from '../openapi/problem.js';
import { count, problemLine } from './output.js';

export interface ValidateOptions {
  /** Warnings fail too. */
  strict: boolean;
  json: boolean;
}

interface FileReport {
  file: string;
  /** The definition can be served. */
  valid: boolean;
  methods: number;
  problems: Problem[];
  /** What is in the definition and kept, but not acted upon by this version. */
  notExecuted: Problem[];
}

/** @returns the exit code: 1 when a definition has errors, or warnings with `strict` */
export function validate(files: readonly string[], options: ValidateOptions): number {
  const reports = files.map(examine);
  process.stdout.write(options.json ? asJson(reports) : reports.map(asText).join(''));
  return reports.some((report) => fails(report, options.strict)) ? 1 : 0;
}

function examine(file: string): FileReport {
  const { definition, problems, locate } = loadDefinition(file, file);
  return {
    file,
    valid: definition !== undefined,
    methods: definition?.resources.reduce((sum, { methods }) => sum + methods.length, 0) ?? 0,
    problems,
    notExecuted: definition === undefined ? [] : findNotExecuted(definition, locate),
  };
}

/** What is not executed yet is a fact about this version, not about the definition: it never fails. */
function fails({ valid, problems }: FileReport, strict: boolean): boolean {
  return !valid || (strict && problems.length > 0);
}

function asText({ file, valid, methods, problems, notExecuted }: FileReport): string {
  const lines = [...problems, ...notExecuted].map(problemLine).join('');
  const errors = problems.filter(({ severity }) => severity === 'error').length;
  const found = [
    ...(valid ? [count(methods, 'method')] : [count(errors, 'error')]),
    count(problems.length - errors, 'warning'),
    ...(notExecuted.length > 0 ? [`${count(notExecuted.length, 'part')} not executed yet`] : []),
  ];
  return `${lines}${file}: ${valid ? 'valid' : 'not valid'}, ${found.join(', ')}\n`;
}

function asJson(reports: readonly FileReport[]): string {
  return `${JSON.stringify({ files: reports }, null, 2)}\n`;
}
