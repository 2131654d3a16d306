/** OpenAPI documents to import. */

/** Paths with a GET each, which answers a text without a backend. */
export function documentOf(paths: number, answer: string): Buffer {
  return document(paths, answer, '');
}

/** About so many bytes, most of them in mapping templates, as in documents of that size. */
export function documentOfSize(bytes: number): Buffer {
  const comment = `#* ${'x'.repeat(9_000)} *#`;
  return document(Math.floor(bytes / 9_500), 'large', comment);
}

function document(count: number, answer: string, comment: string): Buffer {
  const paths = Object.fromEntries(
    Array.from({ length: count }, (_, i) => [
      `/things${i}/{id}`,
      {
        get: {
          operationId: `getThing${i}`,
          responses: { 200: { description: 'fine' } },
          'x-amazon-apigateway-integration': {
            type: 'mock',
            requestTemplates: { 'application/json': `{"statusCode": 200}${comment}` },
            responses: { default: { statusCode: '200', responseTemplates: { 'application/json': answer } } },
          },
        },
      },
    ]),
  );
  return Buffer.from(JSON.stringify({ openapi: '3.0.1', info: { title: 'Things', version: '1' }, paths }));
}
