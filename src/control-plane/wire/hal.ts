/** The two forms of an answer: plain JSON for SDKs, HAL for who does not ask for `application/json` (reference 09 section 1). */

const DATES = new Set(['createdDate', 'lastUpdatedDate', 'certificateUploadDate', 'expirationDate']);

/** @param accept the request's Accept header */
export function wantsHal(accept: string | undefined): boolean {
  return accept === undefined || !accept.includes('application/json');
}

/** @param href the request's path */
export function asHal(body: unknown, href: string): unknown {
  if (typeof body !== 'object' || body === null) return body;
  const links = { self: { href } };
  const { item, ...rest } = body as Record<string, unknown>;
  if (!Array.isArray(item)) return { _links: links, ...withTextDates(rest, item) };
  const entries = item.map((entry) => {
    const members = asRecord(entry);
    return { _links: { self: { href: itemHref(href, members) } }, ...withTextDates(members) };
  });
  return {
    _links: links,
    ...(entries.length === 0 ? {} : { _embedded: { item: entries.length === 1 ? entries[0] : entries } }),
    ...rest,
  };
}

/** By a list's last segment: what names its items in paths, when it is not their `id`. */
const NAMES: Readonly<Record<string, string>> = {
  basepathmappings: 'basePath',
  clientcertificates: 'clientCertificateId',
  domainnames: 'domainName',
  gatewayresponses: 'responseType',
  models: 'name',
  stages: 'stageName',
  versions: 'version',
};

function itemHref(list: string, item: Readonly<Record<string, unknown>>): string {
  const path = list.replace(/\/$/, '');
  const name = item[NAMES[path.slice(path.lastIndexOf('/') + 1)] ?? 'id'];
  return typeof name === 'string' ? `${path}/${encodeURIComponent(name)}` : path;
}

function withTextDates(members: Record<string, unknown>, item?: unknown): Record<string, unknown> {
  const result: Record<string, unknown> = item === undefined ? {} : { item };
  for (const [name, value] of Object.entries(members)) {
    result[name] =
      DATES.has(name) && typeof value === 'number'
        ? new Date(value * 1000).toISOString().replace(/\.\d+Z$/, 'Z')
        : value;
  }
  return result;
}

function asRecord(entry: unknown): Record<string, unknown> {
  return typeof entry === 'object' && entry !== null ? (entry as Record<string, unknown>) : { value: entry };
}
