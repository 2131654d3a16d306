/** What clients ask for, and what must come back. */

export interface RequestSpec {
  readonly method: string;
  readonly path: string;
  /** Besides Host and Content-Length. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer | null;
}

/** 60 bytes: with a body this small, what is measured is the proxy and not the copying. */
export const BODY = '{"message":"sixty bytes of JSON from the backend","ok":true}';

export const PATH = '/items/42';

export function get(path = PATH, headers: RequestSpec['headers'] = []): RequestSpec {
  return { method: 'GET', path, headers, body: null };
}

export function post(body: Buffer, path = PATH): RequestSpec {
  return { method: 'POST', path, headers: [['Content-Type', 'application/json']], body };
}

/** JSON of exactly so many bytes: one text in an object. */
export function jsonOf(bytes: number): Buffer {
  return Buffer.from(`{"text":"${'x'.repeat(bytes - 11)}"}`);
}

/** 14 headers, as browsers send them. */
export const BROWSER_HEADERS: RequestSpec['headers'] = [
  ['Accept', 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8'],
  ['Accept-Encoding', 'gzip, deflate, br, zstd'],
  ['Accept-Language', 'en-US,en;q=0.9,de;q=0.8'],
  ['Cache-Control', 'no-cache'],
  ['Cookie', 'session=4f2d8c1e9a7b4c3d8e6f; theme=dark; consent=analytics%3Dfalse; _ga=GA1.1.1234567890'],
  ['Pragma', 'no-cache'],
  ['Priority', 'u=0, i'],
  ['Referer', 'https://www.example.com/catalogue?page=3&sort=price'],
  ['Sec-Ch-Ua', '"Chromium";v="130", "Not?A_Brand";v="99"'],
  ['Sec-Ch-Ua-Platform', '"Linux"'],
  ['Sec-Fetch-Dest', 'document'],
  ['Sec-Fetch-Mode', 'navigate'],
  ['Upgrade-Insecure-Requests', '1'],
  ['User-Agent', 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0'],
];
