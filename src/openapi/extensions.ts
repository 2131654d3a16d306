/** Which `x-amazon-apigateway-*` names stand where, and what is said about those that do nothing here. */
import type { Cursor } from './cursor.js';
import type { SourceDocument } from './document.js';

export const PREFIX = 'x-amazon-apigateway-';
export const INTEGRATION = 'x-amazon-apigateway-integration';
export const ANY_METHOD = 'x-amazon-apigateway-any-method';

export type ExtensionPlace = 'root' | 'path' | 'operation' | 'scheme' | 'components' | 'server';

/** Names without prefix that the importer reads, or that only document. */
const READ: Record<ExtensionPlace, readonly string[]> = {
  root: [
    'api-key-source',
    'binary-media-types',
    'documentation',
    'endpoint-configuration',
    'gateway-responses',
    'minimum-compression-size',
    'policy',
    'request-validator',
    'request-validators',
  ],
  path: ['any-method'],
  operation: ['auth', 'integration', 'request-validator'],
  scheme: ['authorizer', 'authtype'],
  components: ['integrations'],
  server: ['endpoint-configuration'],
};

/** Names that API Gateway knows in this place or another kind of API, with the reason they have no effect. */
const WITHOUT_EFFECT: ReadonlyMap<string, string> = new Map([
  ['cors', 'is for HTTP APIs, a REST API ignores it: answer OPTIONS with a mock integration instead'],
  ['importexport-version', 'is for HTTP APIs, a REST API ignores it: remove it'],
  ['tag-value', 'is for HTTP APIs, a REST API ignores it: remove it'],
  ['security-policy', 'has no effect here: set TLS versions where TLS is terminated'],
  ['endpoint-access-mode', 'has no effect here: restrict access where TLS is terminated'],
]);

/** Reports the extensions of `owner` that stand in a wrong place, are unknown or have no effect. */
export function checkExtensions(document: SourceDocument, owner: Cursor, place: ExtensionPlace): void {
  for (const member of owner.members()) {
    if (!member.key.startsWith(PREFIX)) continue;
    const name = member.key.slice(PREFIX.length);
    if (READ[place].includes(name)) continue;
    const reason = WITHOUT_EFFECT.get(name);
    if (reason !== undefined) {
      document.warn(member, `${member.key} ${reason}.`);
    } else if (name === 'integration') {
      // Ignored, it would leave methods that its author believes to be connected.
      document.error(
        member,
        `${INTEGRATION} stands outside an operation: move it into get, post or another one.`,
      );
    } else {
      const places = placesOf(name);
      const advice =
        places === ''
          ? 'is unknown and ignored: correct or remove it'
          : `is ignored here: move it to ${places}`;
      document.warn(member, `${member.key} ${advice}.`);
    }
  }
}

const PLACE_NAMES: Record<ExtensionPlace, string> = {
  root: 'the root of the document',
  path: 'a path item',
  operation: 'an operation',
  scheme: 'a security scheme',
  components: 'components',
  server: 'a server object',
};

function placesOf(name: string): string {
  const places = Object.keys(READ) as ExtensionPlace[];
  return places
    .filter((place) => READ[place].includes(name))
    .map((place) => PLACE_NAMES[place])
    .join(' or ');
}
