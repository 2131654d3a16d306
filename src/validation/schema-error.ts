/** What is wrong with a model's schema. */
export class SchemaError extends Error {
  readonly model: string;
  /** JSON pointer (RFC 6901) into the model's schema. */
  readonly pointer: string;

  /** @param message one sentence: what is wrong and what to do */
  constructor(model: string, pointer: string, message: string) {
    super(message);
    this.name = 'SchemaError';
    this.model = model;
    this.pointer = pointer;
  }
}
