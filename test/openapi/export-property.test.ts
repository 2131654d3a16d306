import fc from 'fast-check';
import { expect, test } from 'vitest';
import { exportDefinition } from '../../src/openapi/export/export.js';
import { renderExport } from '../../src/openapi/export/render.js';
import { importDefinition } from '../../src/openapi/import.js';
import { definitions } from './definitions.js';
import { definitionOf } from './documents.js';
import { FORMATS, inFormat, TARGET } from './export-fixed-point.js';

test.each(FORMATS)(
  'export to $format in $syntax and import of any definition is a fixed point',
  ({ format, syntax }) => {
    const target = { ...TARGET, format };
    fc.assert(
      fc.property(definitions, (definition) => {
        const text = renderExport(exportDefinition(definition, target), syntax);
        const imported = definitionOf(importDefinition(text, 'x'));
        expect(imported).toEqual(inFormat(definition, format));
        expect(renderExport(exportDefinition(imported, target), syntax)).toBe(text);
      }),
      { numRuns: 40 },
    );
  },
);
