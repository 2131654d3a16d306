import type { Model } from '../../src/model/snapshot.js';
import { BodyValidator } from '../../src/validation/body-validator.js';
import { SchemaCompiler } from '../../src/validation/compiler.js';
import { Schemas } from '../../src/validation/schema.js';

export function model(name: string, schema: unknown): Model {
  const text = typeof schema === 'string' ? schema : JSON.stringify(schema);
  return { name, contentType: 'application/json', schema: text };
}

export function reference(name: string, rest = ''): { $ref: string } {
  return { $ref: `https://apigateway.amazonaws.com/restapis/abc123/models/${name}${rest}` };
}

/** A validator for the first of these models. */
export function validatorOf(schema: unknown, others: Readonly<Record<string, unknown>> = {}): BodyValidator {
  const models = Object.entries({ Subject: schema, ...others }).map(([name, one]) => model(name, one));
  const reached = new Schemas(models).reach('Subject');
  return new BodyValidator(reached, new SchemaCompiler().compile(reached));
}

export function body(value: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(value));
}

/** Undefined: valid. */
export function detailOf(schema: unknown, value: unknown, others?: Readonly<Record<string, unknown>>) {
  return validatorOf(schema, others).reject(body(value))?.detail;
}
