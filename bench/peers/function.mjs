// The function of the benchmarks, as Propylon runs it.
const body = '{"message":"sixty bytes of JSON from the backend","ok":true}';

export async function handler(event) {
  return {
    statusCode: event.httpMethod === 'GET' ? 200 : 405,
    headers: { 'Content-Type': 'application/json' },
    body,
  };
}
