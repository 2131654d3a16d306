// A Lambda function, as it would be deployed.
export async function handler(event, context) {
  return {
    statusCode: 200,
    headers: { 'Content-Type': 'application/json' },
    body: `${JSON.stringify({
      hello: event.pathParameters.proxy,
      method: event.httpMethod,
      query: event.multiValueQueryStringParameters,
      function: context.functionName,
      remainingMs: context.getRemainingTimeInMillis(),
    })}\n`,
  };
}
