/** Looks settings up through the sources in their order, and collects what is wrong with them instead of stopping at the first. */
import { resolve } from 'node:path';
import type { ConfigFile } from './config-file.js';
import type { Source } from './environment.js';
import { type Layer, SETTINGS, type SettingKey, type SettingValue, type Written } from './setting-table.js';
import { InvalidValue, type Parser } from './setting-values.js';

type PathKey = 'tlsCert' | 'tlsKey' | 'accessLogFile' | 'redisCa' | 'redisCert' | 'redisKey' | 'dataDir';

export interface Sources {
  flags: Source;
  environment: Source;
  file: ConfigFile | undefined;
  /** Folder that relative paths of flags and environment are relative to. */
  cwd: string;
  /** The same for the file: its own folder. */
  fileFolder: string;
}

export class SettingReader {
  readonly sources: Sources;
  readonly problems: string[] = [];
  readonly warnings: string[] = [];
  readonly #outside: readonly Layer[];
  readonly #all: readonly Layer[];
  /** Of every text that was parsed, so that a wrong one is told once however often it is asked for. */
  readonly #parsed = new Map<Written, unknown>();

  constructor(sources: Sources) {
    this.sources = sources;
    this.#outside = [sources.flags.layer, sources.environment.layer];
    this.#all = sources.file === undefined ? this.#outside : [...this.#outside, sources.file.layer];
    this.problems.push(...(sources.file?.problems ?? []));
  }

  /** Undefined when no source has it, or when what it has is wrong: then it is among the problems. */
  get<K extends SettingKey>(key: K): SettingValue<K> | undefined {
    return this.#parseSetting(key, this.find(key));
  }

  /** The same without the file: flags and environment apply to all entries of its lists. */
  getOutsideFile<K extends SettingKey>(key: K): SettingValue<K> | undefined {
    return this.#parseSetting(key, this.#first(key, this.#outside));
  }

  /** A setting that is a path, absolute: one in the file is relative to it, any other to the working directory. */
  path(key: PathKey): string | undefined {
    const text = this.get(key);
    return text === undefined ? undefined : this.resolve(key, text);
  }

  /** @param text a path that is, or is part of, what was written for `key` */
  resolve(key: SettingKey, text: string): string {
    const { file, fileFolder, cwd } = this.sources;
    const inFile = file !== undefined && file.layer.get(key) === this.find(key);
    return resolve(inFile ? fileFolder : cwd, text);
  }

  find(key: SettingKey): Written | undefined {
    return this.#first(key, this.#all);
  }

  parse<T>(written: Written, parser: Parser<T>): T | undefined {
    if (!this.#parsed.has(written)) this.#parsed.set(written, this.#tryParse(written, parser));
    return this.#parsed.get(written) as T | undefined;
  }

  #parseSetting<K extends SettingKey>(key: K, written: Written | undefined): SettingValue<K> | undefined {
    const parser = SETTINGS[key].parse as Parser<SettingValue<K>>;
    return written && this.parse(written, parser);
  }

  #first(key: SettingKey, layers: readonly Layer[]): Written | undefined {
    return layers.find((layer) => layer.has(key))?.get(key);
  }

  #tryParse<T>(written: Written, parser: Parser<T>): T | undefined {
    try {
      return parser(written.text);
    } catch (error) {
      if (!(error instanceof InvalidValue)) throw error;
      this.problems.push(`${written.where} ${error.message}`);
      return undefined;
    }
  }
}
