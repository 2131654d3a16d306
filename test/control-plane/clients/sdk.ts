/** The AWS SDK as users have it, against a node. */
import { APIGateway, type APIGatewayServiceException } from '@aws-sdk/client-api-gateway';

export const REGION = 'eu-central-1';

export interface Credentials {
  accessKeyId: string;
  secretAccessKey: string;
}

/** Without access keys on the node any credentials do. */
const ANY: Credentials = { accessKeyId: 'test', secretAccessKey: 'test' };

/** One attempt for each call: what fails is to be seen. */
export function sdk(endpoint: string, credentials: Credentials = ANY, region = REGION): APIGateway {
  return new APIGateway({ endpoint, region, credentials, maxAttempts: 1 });
}

/** Names of the commands a client sends from now on, as in `CreateRestApi`. */
export function commandsOf(client: APIGateway): Set<string> {
  const sent = new Set<string>();
  client.middlewareStack.add(
    (next, { commandName = '' }) =>
      (args) => {
        sent.add(commandName.replace(/Command$/, ''));
        return next(args);
      },
    { step: 'initialize' },
  );
  return sent;
}

/** `[status, name, message]` of a call that has to fail. */
export async function failureOf(call: Promise<unknown>): Promise<[number | undefined, string, string]> {
  let answer: unknown;
  try {
    answer = await call;
  } catch (error) {
    const { name, message, $metadata } = error as APIGatewayServiceException;
    return [$metadata?.httpStatusCode, name, message];
  }
  throw new Error(`the call was answered: ${JSON.stringify(answer)}`);
}

/** What an SDK's answer is, without what the SDK adds. */
export function plain<T extends object>(answer: T): Omit<T, '$metadata'> {
  const { $metadata: _, ...members } = answer as T & { $metadata?: unknown };
  return members as Omit<T, '$metadata'>;
}

/** An API whose `GET /` answers a text; its id. */
export async function textApi(client: APIGateway, name: string, text: string): Promise<string> {
  const { id: restApiId, rootResourceId: resourceId } = await client.createRestApi({ name });
  const method = { restApiId, resourceId, httpMethod: 'GET' };
  await client.putMethod({ ...method, authorizationType: 'NONE' });
  await client.putMethodResponse({ ...method, statusCode: '200' });
  await client.putIntegration({
    ...method,
    type: 'MOCK',
    requestTemplates: { 'application/json': '{"statusCode": 200}' },
  });
  await client.putIntegrationResponse({
    ...method,
    statusCode: '200',
    responseTemplates: { 'application/json': text },
  });
  if (restApiId === undefined) throw new Error('the API has no id');
  return restApiId;
}

/** From now on, after a deployment. */
export async function answerWith(client: APIGateway, restApiId: string, text: string): Promise<void> {
  const { rootResourceId: resourceId } = await client.getRestApi({ restApiId });
  await client.putIntegrationResponse({
    restApiId,
    resourceId,
    httpMethod: 'GET',
    statusCode: '200',
    responseTemplates: { 'application/json': text },
  });
}

/** What a stage of an API answers at `GET path`. */
export async function answerOf(url: string, restApiId: string, stage: string, path = '/'): Promise<string> {
  const response = await fetch(`${url}/_aws/execute-api/${restApiId}/${stage}${path}`);
  return await response.text();
}
