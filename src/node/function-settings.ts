/** Local functions: from `--function`, the environment and the file's `functions`; of each name the nearest counts. */
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { DEFAULT_FUNCTION, type FunctionSettings } from '../config/settings.js';
import { printable } from '../telemetry/printable.js';
import type { FileFunction } from './config-file.js';
import type { SettingReader } from './setting-reader.js';
import type { Written } from './setting-table.js';
import {
  duration,
  environmentName,
  exportName,
  functionName,
  integer,
  namedValue,
} from './setting-values.js';

/** What Lambda allows. */
const timeout = duration(1, 15 * 60_000);
/** Megabytes; below the least a thread cannot start. */
const memory = integer(16, 65_536);
const concurrency = integer(1, 1_000);

export function readFunctions(reader: SettingReader): FunctionSettings[] {
  const { flags, environment, file } = reader.sources;
  const functions = new Map<string, FunctionSettings>();
  for (const written of file?.functions ?? []) add(functions, fileFunction(reader, written));
  for (const list of [environment.functions, flags.functions]) {
    const own = new Map<string, FunctionSettings>();
    for (const written of list) {
      const settings = argumentFunction(reader, written);
      if (settings !== undefined && own.has(settings.name)) {
        reader.problems.push(`${written.where} ${settings.name} is given twice`);
      }
      add(own, settings);
    }
    for (const settings of own.values()) add(functions, settings);
  }
  return [...functions.values()];
}

function add(functions: Map<string, FunctionSettings>, settings: FunctionSettings | undefined): void {
  if (settings !== undefined) functions.set(settings.name, settings);
}

/** `NAME=FILE` or `NAME=FILE#EXPORT`. */
function argumentFunction(reader: SettingReader, written: Written): FunctionSettings | undefined {
  const pair = reader.parse(written, namedValue);
  if (pair === undefined) return undefined;
  const where = `${written.where} ${printable(pair.name)}`;
  return build(
    reader,
    {
      name: { text: pair.name, where: written.where },
      file: { text: pair.value, where },
      environment: new Map(),
    },
    reader.sources.cwd,
  );
}

function fileFunction(reader: SettingReader, written: FileFunction): FunctionSettings | undefined {
  return build(reader, written, reader.sources.fileFolder);
}

function build(reader: SettingReader, written: FileFunction, folder: string): FunctionSettings | undefined {
  const name = reader.parse(written.name, functionName);
  const { file, handler } = moduleOf(reader, written, folder);
  const environment = new Map<string, string>();
  for (const [key, value] of written.environment) {
    const parsed = reader.parse({ text: key, where: value.where }, environmentName);
    if (parsed !== undefined) environment.set(parsed, value.text);
  }
  const settings = {
    handler: handler ?? DEFAULT_FUNCTION.handler,
    timeoutMs:
      reader.getOutsideFile('functionTimeout') ??
      (written.timeout && reader.parse(written.timeout, timeout)) ??
      DEFAULT_FUNCTION.timeoutMs,
    memoryMb: (written.memory && reader.parse(written.memory, memory)) ?? DEFAULT_FUNCTION.memoryMb,
    concurrency:
      (written.concurrency && reader.parse(written.concurrency, concurrency)) ?? DEFAULT_FUNCTION.concurrency,
    environment: Object.fromEntries(environment),
  };
  return name === undefined || file === undefined ? undefined : { name, file, ...settings };
}

/** The export may stand behind the file, unless a file has that very name. */
function moduleOf(
  reader: SettingReader,
  written: FileFunction,
  folder: string,
): { file?: string; handler?: string } {
  const text = written.file.text;
  const hash = isFile(resolve(folder, text)) ? -1 : text.lastIndexOf('#');
  const file = resolve(folder, hash < 0 ? text : text.slice(0, hash));
  const behind = hash < 0 ? undefined : { text: text.slice(hash + 1), where: written.file.where };
  if (behind !== undefined && written.handler !== undefined) {
    reader.problems.push(`${written.handler.where} is given twice: it also stands behind the # of the file`);
  }
  const named = behind ?? written.handler;
  const handler = named && reader.parse(named, exportName);
  if (!isFile(file)) {
    reader.problems.push(
      `${written.file.where} must be a JavaScript module: there is no file ${printable(file)}`,
    );
    return {};
  }
  return { file, ...(handler === undefined ? {} : { handler }) };
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}
