/** CloudFormation and SAM templates are refused: the API document in them refers to resources only a stack knows. */
import type { Cursor } from './cursor.js';

/** What says that `root` is a template, and where its API document stands; undefined when it is none. */
export function findTemplate(root: Cursor): { at: Cursor; message: string } | undefined {
  const isTemplate =
    root.get('AWSTemplateFormatVersion') !== undefined || root.get('Resources')?.node.kind === 'map';
  if (!isTemplate || root.get('openapi') !== undefined || root.get('swagger') !== undefined) return undefined;
  const at = findDocument(root);
  if (at === undefined) {
    const message =
      'This is a CloudFormation template without an API document in it: name the OpenAPI document instead.';
    return { at: root, message };
  }
  const message = `This is a CloudFormation template: copy the API document at ${at.pointer} into a file of its own and name that.`;
  return { at, message };
}

function findDocument(root: Cursor): Cursor | undefined {
  for (const resource of root.get('Resources')?.members() ?? []) {
    const properties = resource.get('Properties');
    for (const key of ['Body', 'DefinitionBody']) {
      const body = properties?.get(key);
      if (body?.get('openapi') !== undefined || body?.get('swagger') !== undefined) return body;
    }
  }
  return undefined;
}
