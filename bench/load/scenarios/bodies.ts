/** What the scenarios of bodies have in common. */
import { get, jsonOf, post } from '../requests.js';
import { only, type Scenario } from '../scenario.js';
import { PROXIES } from '../variants.js';

export function download(name: string, size: string, bytes: number, quick = false): Scenario {
  const body = jsonOf(bytes);
  return {
    name,
    title: `GET, answer of ${size}`,
    quick,
    requests: only(get(), body),
    backend: { kind: 'file', body },
    variants: PROXIES,
    bodyBytes: bytes,
  };
}

export function upload(name: string, size: string, bytes: number): Scenario {
  const answer = Buffer.from('{"ok":true}');
  return {
    name,
    title: `POST of ${size}, answer of ${answer.length} bytes`,
    quick: false,
    requests: only(post(jsonOf(bytes)), answer),
    backend: { kind: 'reader', body: answer },
    variants: PROXIES,
    bodyBytes: bytes,
  };
}
