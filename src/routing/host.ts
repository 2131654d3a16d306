/** A Host header as names are compared: lower case, without port and without the dot that ends a full name. */
export function normalizeHost(host: string): string {
  let end = host.length;
  const colon = host.lastIndexOf(':');
  // In "[::1]" the colons belong to the address.
  if (colon >= 0 && host.indexOf(']', colon) < 0) end = colon;
  if (end > 1 && host.charCodeAt(end - 1) === 46) end--;
  return host.slice(0, end).toLowerCase();
}
