/** The port for clients with TLS, and the certificate for it. */
import type { TlsSettings } from '../config/settings.js';
import type { SettingReader } from './setting-reader.js';

/** A certificate without a port for it: somebody believes in an encryption that is not there. */
export function readTls(reader: SettingReader): TlsSettings | undefined {
  const written = reader.find('tlsPort');
  const first = reader.find('tlsCert') ?? reader.find('tlsKey');
  if (written === undefined) {
    if (first !== undefined) {
      reader.problems.push(`${first.where} has no effect without a port for it: add --tls-port`);
    }
    return undefined;
  }
  const port = reader.get('tlsPort');
  const certFile = reader.path('tlsCert');
  const keyFile = reader.path('tlsKey');
  if (certFile === undefined || keyFile === undefined) {
    reader.problems.push(
      `${written.where} needs a certificate and its private key: add --tls-cert and --tls-key`,
    );
    return undefined;
  }
  return port === undefined ? undefined : { port, certFile, keyFile };
}
