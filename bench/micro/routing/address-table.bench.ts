import type { Mapping } from '../../../src/model/snapshot.js';
import { type Addresses, compileAddresses } from '../../../src/routing/address-table.js';
import { fresh, Micro } from '../measure.js';

function mapping(domain: string, basePath: string): Mapping {
  return { domain, basePath, apiId: 'abc', stage: 'prod' };
}

const configuration: Addresses = {
  apis: [{ id: 'abc', disableExecuteApiEndpoint: false, stages: [{ name: 'prod' }] }],
  mappings: [
    mapping('', ''),
    mapping('', 'orders/v2'),
    mapping('shop.example.com', ''),
    mapping('*.example.com', ''),
  ],
};
const addresses = compileAddresses(configuration, { executeApiHosts: true, executeApiPaths: true }, () => 0);
const root = compileAddresses(
  { ...configuration, mappings: [mapping('', '')] },
  { executeApiHosts: true, executeApiPaths: true },
  () => 0,
);

const hosts = fresh(Array(10).fill('localhost:8080'));
const tenants = fresh(Array.from({ length: 100 }, (_, i) => `tenant${i}.example.com`));
const invented = fresh(Array.from({ length: 1000 }, (_, i) => `h${i}.example.org:8080`));
const paths = fresh(Array.from({ length: 10 }, (_, i) => `/items/${i}/details`));
const based = fresh(Array.from({ length: 10 }, (_, i) => `/orders/v2/items/${i}`));
const staged = fresh(Array.from({ length: 10 }, (_, i) => `/prod/items/${i}/details`));
const prefixed = fresh(Array.from({ length: 10 }, (_, i) => `/_aws/execute-api/abc/prod/items/${i}`));
const [executeHost] = fresh(['abc.execute-api.us-east-1.amazonaws.com']);
const at = (list: readonly string[], call: number): string => list[call % list.length] as string;

await new Micro('resolve')
  .add('root mapping of any host, the only one', (call) => root.resolve(at(hosts, call), at(paths, call)))
  .add('root mapping beside others', (call) => addresses.resolve(at(hosts, call), at(paths, call)))
  .add('base path of two segments', (call) => addresses.resolve(at(hosts, call), at(based, call)))
  .add('execute-api host', (call) => addresses.resolve(executeHost as string, at(staged, call)))
  .add('execute-api path', (call) => addresses.resolve(at(hosts, call), at(prefixed, call)))
  .add('100 hosts of a wildcard in turn', (call) => addresses.resolve(at(tenants, call), at(paths, call)))
  .add('1000 invented hosts in turn', (call) => addresses.resolve(at(invented, call), at(paths, call)))
  .run();
