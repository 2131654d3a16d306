/** Exports of what people really wrote: what an export says, an import understands. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Definition } from '../../src/model/snapshot.js';
import { exportDefinition } from '../../src/openapi/export/export.js';
import { renderExport } from '../../src/openapi/export/render.js';
import { importDefinition } from '../../src/openapi/import.js';
import { definitionOf } from './documents.js';
import { FORMATS, inFormat, TARGET } from './export-fixed-point.js';

const CORPUS = join(import.meta.dirname, '../corpus');

/** Placeholders of deployment tools with values, so that as many files as possible load. */
const VARIABLES: Record<string, Record<string, string>> = {
  'airnode-oev-gateway.openapi.yaml': { path_key: 'oev', region: 'r', proxy_lambda: 'l', role: 'r' },
  'patterns-stepfunctions-crud.openapi-cfn.yaml': { StateMachine: 'arn:sm', 'ApiRole.Arn': 'arn:role' },
};

const LOADED: [string, Definition][] = readdirSync(CORPUS)
  .filter((file) => file !== 'INDEX.md')
  .flatMap((file) => {
    const variables = VARIABLES[file] ?? {};
    const { definition } = importDefinition(readFileSync(join(CORPUS, file), 'utf8'), file, { variables });
    return definition === undefined ? [] : [[file, definition]];
  });

test('nearly all files load', () => {
  expect(LOADED.length).toBeGreaterThanOrEqual(29);
});

for (const { format, syntax } of FORMATS) {
  test.each(LOADED)(
    `export to ${format} in ${syntax} and import is a fixed point: %s`,
    (file, definition) => {
      const target = { ...TARGET, format };
      const text = renderExport(exportDefinition(definition, target), syntax);
      const imported = definitionOf(importDefinition(text, file));
      expect(imported).toEqual(inFormat(definition, format));
      expect(renderExport(exportDefinition(imported, target), syntax)).toBe(text);
    },
  );
}
