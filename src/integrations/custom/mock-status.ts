/**
 * Reads `statusCode` out of a MOCK's rendered request template (reference 02 section 5): a lenient object whose members
 * may have quoted or bare names and values, stray commas, and nested objects and lists that nobody looks at. Strings in
 * quotes end with the quote they began with; bare texts end where the place they stand in ends.
 */

/** Deeper templates are refused: the reader recurses. */
const MAX_DEPTH = 128;

/**
 * Characters of a text that is read: what a template may have (reference 03). A passed-through body can be longer, and
 * is no status anybody meant.
 */
const MAX_LENGTH = 300 * 1024;

const BLANK = /\s/;
const INTEGER = /^-?\d{1,15}$/;

/** The integer, or undefined when the text is no such object or the member is no integer literal. */
export function readMockStatus(text: string): number | undefined {
  if (text.length > MAX_LENGTH) return undefined;
  try {
    return new LenientReader(text).statusCode();
  } catch (error) {
    if (error instanceof Malformed) return undefined;
    throw error;
  }
}

class Malformed extends Error {}

class LenientReader {
  readonly #text: string;
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  statusCode(): number | undefined {
    this.#skipBlanks();
    if (this.#peek() !== '{') throw new Malformed();
    let status: number | undefined;
    this.#object((name, value) => {
      if (name === 'statusCode')
        status = value !== undefined && INTEGER.test(value) ? Number(value) : undefined;
    });
    return status;
  }

  /** `visit` gets each member's name and, of bare values only, the text. */
  #object(visit: (name: string, value: string | undefined) => void): void {
    this.#enter();
    for (;;) {
      this.#skipBlanks();
      const next = this.#peek();
      if (next === '}') break;
      if (next === ',') {
        this.#at++;
        continue;
      }
      if (next === '{' || next === '[' || next === ']' || next === ':') throw new Malformed();
      const name = next === '"' || next === "'" ? this.#quoted() : this.#bare(':');
      this.#skipBlanks();
      if (this.#peek() !== ':') throw new Malformed();
      this.#at++;
      visit(name, this.#value(',}'));
      this.#skipBlanks();
      const after = this.#peek();
      if (after !== ',' && after !== '}') throw new Malformed();
    }
    this.#leave();
  }

  #list(): void {
    this.#enter();
    for (;;) {
      this.#skipBlanks();
      const next = this.#peek();
      if (next === ']') break;
      if (next === '}' || next === ':') throw new Malformed();
      if (next === ',') this.#at++;
      else this.#value(',]');
    }
    this.#leave();
  }

  #value(stops: string): string | undefined {
    this.#skipBlanks();
    switch (this.#peek()) {
      case '{':
        this.#object(() => {});
        return undefined;
      case '[':
        this.#list();
        return undefined;
      case '"':
      case "'":
        this.#quoted();
        return undefined;
      default:
        return this.#bare(stops);
    }
  }

  #quoted(): string {
    const quote = this.#peek();
    const start = ++this.#at;
    while (this.#peek() !== quote) this.#at += this.#text[this.#at] === '\\' ? 2 : 1;
    return this.#text.slice(start, this.#at++);
  }

  #bare(stops: string): string {
    const start = this.#at;
    while (!stops.includes(this.#peek())) this.#at++;
    return this.#text.slice(start, this.#at).trim();
  }

  #enter(): void {
    this.#at++;
    if (++this.#depth > MAX_DEPTH) throw new Malformed();
  }

  #leave(): void {
    this.#at++;
    this.#depth--;
  }

  #skipBlanks(): void {
    while (BLANK.test(this.#text[this.#at] ?? '')) this.#at++;
  }

  /** The character to read next; there is always one in a text that closes what it opens. */
  #peek(): string {
    const character = this.#text[this.#at];
    if (character === undefined) throw new Malformed();
    return character;
  }
}
