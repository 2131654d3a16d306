/** The imported definitions behind the APIs of a node; the last good one of each file, however often files change. */
import { apiIdOf, buildSnapshot, type DeployedDefinition } from '../config/build-snapshot.js';
import { itemsOfSnapshot } from '../config/items.js';
import type { NodeSettings } from '../config/settings.js';
import type { LocalDefinitions } from '../control-plane/protocol.js';
import type { Definition, Snapshot } from '../model/snapshot.js';
import { findNotExecuted } from '../openapi/not-executed.js';
import type { Problem } from '../openapi/problem.js';
import { findUpstreamProblems } from '../openapi/upstream-checks.js';
import { loadDefinition } from './load-definition.js';

export class ApiDefinitions {
  readonly #settings: NodeSettings;
  readonly shownPath: (path: string) => string;
  readonly #definitions = new Map<string, Definition>();

  /** @param shownPath how problems name a file */
  constructor(settings: NodeSettings, shownPath: (path: string) => string) {
    this.#settings = settings;
    this.shownPath = shownPath;
  }

  /** Paths of all documents, each once. */
  get files(): string[] {
    return [...new Set(this.#settings.apis.map(({ definition }) => definition))];
  }

  /**
   * Reads a document anew; one with errors changes nothing.
   * @returns what is wrong with it, and as warnings what of it is not executed yet
   */
  load(file: string): Problem[] {
    const { region, accountId } = this.#settings.lambda;
    const { definition, problems, locate } = loadDefinition(file, this.shownPath(file), {
      region,
      accountId,
    });
    if (definition === undefined) return problems;
    const unusable = findUpstreamProblems(definition, locate, this.#settings.upstreams);
    if (unusable.length > 0) return [...problems, ...unusable];
    this.#definitions.set(file, definition);
    return [...problems, ...findNotExecuted(definition, locate)];
  }

  /** What the node is to serve: every API whose document was ever good, and the file it comes from. */
  deployed(): (DeployedDefinition & { file: string })[] {
    return this.#settings.apis.flatMap(({ definition: file, ...api }) => {
      const definition = this.#definitions.get(file);
      return definition === undefined ? [] : [{ ...api, definition, file }];
    });
  }

  /** @throws Error in one sentence when two APIs are in each other's way */
  snapshot(): Omit<Snapshot, 'revision'> {
    return buildSnapshot(this.deployed());
  }

  /** The same as items. @throws Error in one sentence when two APIs are in each other's way */
  local(): LocalDefinitions {
    const files = new Map<string, Set<string>>();
    for (const { id, definition, file } of this.deployed()) {
      const api = id ?? apiIdOf(definition.name);
      files.set(api, (files.get(api) ?? new Set()).add(this.shownPath(file)));
    }
    return {
      items: itemsOfSnapshot(this.snapshot()),
      files: Object.fromEntries([...files].map(([api, names]) => [api, [...names].join(', ')])),
    };
  }
}
