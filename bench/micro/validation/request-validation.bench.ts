import type { Definition, Method } from '../../../src/model/snapshot.js';
import { RequestValidation } from '../../../src/validation/request-validation.js';
import { Micro } from '../measure.js';
import { exchange } from '../samples.js';

/** The model of the AWS documentation's pet store, and the same with what real models add. */
const PET = {
  type: 'object',
  required: ['type', 'name', 'price'],
  properties: {
    id: { type: 'integer' },
    type: { type: 'string', enum: ['dog', 'cat', 'fish'] },
    name: { type: 'string' },
    price: { type: 'number', minimum: 25, maximum: 500 },
  },
};
const strict = {
  ...PET,
  additionalProperties: false,
  properties: { ...PET.properties, name: { type: 'string', pattern: '^[A-Za-z ]{1,40}$' } },
};
const $ref = 'https://apigateway.amazonaws.com/restapis/a/models/Pet';
const model = (name: string, schema: object) => ({
  name,
  contentType: 'application/json',
  schema: JSON.stringify(schema),
});

function methodOf(requestModels: Record<string, string>, requestParameters: Record<string, boolean>): Method {
  return {
    httpMethod: 'POST',
    authorizationType: 'NONE',
    authorizationScopes: [],
    apiKeyRequired: false,
    requestValidatorName: 'all',
    requestParameters,
    requestModels,
    responses: [],
  };
}

const definition: Definition = {
  name: 'pets',
  version: '1',
  description: '',
  binaryMediaTypes: [],
  apiKeySource: 'HEADER',
  disableExecuteApiEndpoint: false,
  resources: [],
  models: [model('Pet', PET), model('Strict', strict), model('Pets', { type: 'array', items: { $ref } })],
  requestValidators: [{ name: 'all', validateRequestBody: true, validateRequestParameters: true }],
  authorizers: [],
  gatewayResponses: [],
};

const validation = new RequestValidation(definition);
const next = { invoke: () => {} };
const step = (models: Record<string, string>, parameters: Record<string, boolean> = {}) =>
  validation.before(next, methodOf(models, parameters), []);

const pet = { id: 1, type: 'cat', name: 'Tom', price: 100 };
function request(value: unknown) {
  const one = exchange('content-type: application/json\r\nx-trace: 1\r\n', 'page=1');
  one.request.body = Buffer.from(JSON.stringify(value));
  return one;
}
const small = request(pet);
const invalid = request({ ...pet, type: 'bird' });
const hundred = request(Array.from({ length: 100 }, () => pet));

const parameters = step(
  {},
  { 'method.request.header.X-Trace': true, 'method.request.querystring.page': true },
);
const body = step({ 'application/json': 'Pet' });
const strictBody = step({ 'application/json': 'Strict' });
const list = step({ 'application/json': 'Pets' });

await new Micro('request validation')
  .add('a required header and query parameter', () => parameters.invoke(small))
  .add('pet store model, body of 48 bytes', () => body.invoke(small))
  .add('JSON.parse of that body alone', () => JSON.parse(String(small.request.body)))
  .add('with a pattern and additionalProperties: false', () => strictBody.invoke(small))
  .add('100 pets, 4.9 KB', () => list.invoke(hundred))
  .add('a value that is refused, with its details', () => {
    invalid.answered = false;
    body.invoke(invalid);
  })
  .run();
