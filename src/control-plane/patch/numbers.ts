/** Numbers that clients write as text: values of patch operations, `limit` of lists. */

const DECIMAL = /^-?\d+(?:\.\d+)?$/;

/** NaN for what is no decimal number: `0x10`, `1e3`, ` 1`, an empty or missing text. */
export function decimal(text: string | null | undefined): number {
  return DECIMAL.test(text ?? '') ? Number(text) : Number.NaN;
}
