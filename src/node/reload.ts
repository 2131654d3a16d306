/**
 * `--watch`: keeps a running node in step with its files. A changed definition is imported here and compiled by the
 * workers beside the running one; when anything is wrong with it, the reason is told and what runs goes on. A changed
 * function module gets new threads.
 */

import type { FunctionSettings } from '../config/settings.js';
import { formatProblem } from '../openapi/problem.js';
import type { ApiDefinitions } from './api-definitions.js';
import type { ConfigActor } from './config-actor.js';
import { watchFiles } from './watch.js';

export interface ReloadReport {
  /** One line: what was reloaded. */
  done(line: string): void;
  /** One line: why something was not. */
  failed(line: string): void;
}

/** A broken document can have hundreds of errors; `propylon validate` shows them all. */
const SHOWN_ERRORS = 5;

export class Reloader {
  readonly #definitions: ApiDefinitions;
  readonly #functions: readonly FunctionSettings[];
  readonly #report: ReloadReport;
  #config: ConfigActor | null = null;
  #changed = new Set<string>();
  #busy = false;

  /** Watches from now on, so that no change after the first reading is missed; see `attach`. */
  constructor(definitions: ApiDefinitions, functions: readonly FunctionSettings[], report: ReloadReport) {
    this.#definitions = definitions;
    this.#functions = functions;
    this.#report = report;
    watchFiles([...definitions.files, ...functions.map(({ file }) => file)], (files) => {
      for (const file of files) this.#changed.add(file);
      void this.#reload();
    });
  }

  /** The node runs: what changed meanwhile and what changes later is applied to it. */
  attach(config: ConfigActor): void {
    this.#config = config;
    void this.#reload();
  }

  /** One at a time; changes that come meanwhile make one more round. */
  async #reload(): Promise<void> {
    const config = this.#config;
    if (this.#busy || config === null) return;
    this.#busy = true;
    while (this.#changed.size > 0) {
      const files = this.#changed;
      this.#changed = new Set();
      this.#reloadFunctions(config, files);
      await this.#reloadDefinitions(config, files);
    }
    this.#busy = false;
  }

  #reloadFunctions({ node }: ConfigActor, files: ReadonlySet<string>): void {
    for (const { name, file } of this.#functions) {
      if (!files.has(file)) continue;
      try {
        node.reloadFunction(name);
        this.#report.done(`reloaded function ${name}`);
      } catch (error) {
        this.#report.failed(`function ${name} is not reloaded: ${(error as Error).message}`);
      }
    }
  }

  async #reloadDefinitions(config: ConfigActor, files: ReadonlySet<string>): Promise<void> {
    const good = this.#definitions.files.filter((file) => files.has(file) && this.#load(file));
    if (good.length === 0) return;
    const names = good.map((file) => this.#definitions.shownPath(file)).join(', ');
    try {
      await config.setLocal(this.#definitions.local());
      this.#report.done(`reloaded ${names}: revision ${config.node.revision}`);
    } catch (error) {
      this.#report.failed(
        `${names} cannot be served, the running definition stays: ${(error as Error).message}`,
      );
    }
  }

  #load(file: string): boolean {
    const errors = this.#definitions.load(file).filter(({ severity }) => severity === 'error');
    if (errors.length === 0) return true;
    for (const error of errors.slice(0, SHOWN_ERRORS)) this.#report.failed(formatProblem(error));
    const more = errors.length > SHOWN_ERRORS ? `, ${errors.length} errors in all` : '';
    this.#report.failed(
      `${this.#definitions.shownPath(file)} is not reloaded, the running definition stays${more}`,
    );
    return false;
  }
}
