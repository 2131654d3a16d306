import type { HttpResponse } from 'uWebSockets.js';

/** IPv4 texts by their four bytes; emptied when full, so that it stays bounded whatever addresses come by. */
const TEXTS = new Map<number, string>();
const MAX_TEXTS = 10_000;

/** The client's address as text; IPv4 clients of a dual-stack socket show their IPv4 address. */
export function remoteAddress(res: HttpResponse): string {
  const bytes = new Uint8Array(res.getRemoteAddress());
  if (bytes.length === 4) return ipv4(bytes, 0);
  if (bytes.length === 16 && isMappedIpv4(bytes)) return ipv4(bytes, 12);
  return bytes.length === 16 ? ipv6(bytes) : '';
}

function ipv4(bytes: Uint8Array, at: number): string {
  const a = bytes[at] as number;
  const b = bytes[at + 1] as number;
  const c = bytes[at + 2] as number;
  const d = bytes[at + 3] as number;
  const key = (a << 24) | (b << 16) | (c << 8) | d;
  const known = TEXTS.get(key);
  if (known !== undefined) return known;
  if (TEXTS.size >= MAX_TEXTS) TEXTS.clear();
  const text = `${a}.${b}.${c}.${d}`;
  TEXTS.set(key, text);
  return text;
}

function isMappedIpv4(bytes: Uint8Array): boolean {
  for (let i = 0; i < 10; i++) if (bytes[i] !== 0) return false;
  return bytes[10] === 0xff && bytes[11] === 0xff;
}

/** In the form of RFC 5952: no leading zeros, the longest run of zero groups (the first of equals) as `::`. */
export function ipv6(bytes: Uint8Array): string {
  const groups: string[] = [];
  let longest = 1;
  let from = -1;
  let run = 0;
  for (let i = 0; i < 8; i++) {
    const group = ((bytes[i * 2] as number) << 8) | (bytes[i * 2 + 1] as number);
    groups.push(group.toString(16));
    run = group === 0 ? run + 1 : 0;
    if (run > longest) {
      longest = run;
      from = i - run + 1;
    }
  }
  if (from < 0) return groups.join(':');
  return `${groups.slice(0, from).join(':')}::${groups.slice(from + longest).join(':')}`;
}
