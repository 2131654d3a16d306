/** The resource tree of a definition as text, for people. */
import type { Definition, Integration, Method, Resource } from '../model/snapshot.js';
import { partKind, pathParts } from './resource-path.js';

export interface PrintOptions {
  /** ANSI colours; off by default, for files and pipes. */
  colors?: boolean;
}

interface TreeNode {
  part: string;
  resource: Resource | null;
  children: TreeNode[];
}

interface Line {
  /** Tree drawing and path part. */
  left: string;
  method: string;
  type: string;
  target: string;
}

/**
 * Draws every resource once, with its methods and where they lead; siblings stand in the order in which matching tries
 * them, and greedy parts are marked.
 *
 *     /                      GET   MOCK
 *     ├── pets               GET   HTTP_PROXY  http://pets.internal/pets
 *     │   │                  POST  AWS_PROXY   createPet
 *     │   └── {petId}        GET   HTTP_PROXY  http://pets.internal/pets/{petId}
 *     └── {proxy+} (greedy)  ANY   HTTP_PROXY  GET http://site.internal/{proxy}
 *
 *     4 resources, 5 methods
 */
export function printRoutes(definition: Definition, options: PrintOptions = {}): string {
  const lines: Line[] = [];
  draw(buildTree(definition.resources), '', '', lines);
  const width = (key: 'left' | 'method' | 'type'): number =>
    lines.reduce((widest, line) => Math.max(widest, line[key].length), 0);
  const [left, method, type] = [width('left'), width('method'), width('type')];
  const [bold, dim, off] = options.colors === true ? ['\u001b[1m', '\u001b[2m', '\u001b[0m'] : ['', '', ''];
  const text = lines.map((line) => {
    const columns = `${line.left.padEnd(left)}  ${bold}${line.method.padEnd(method)}${off}  ${line.type.padEnd(type)}`;
    const printed = line.method === '' ? line.left : `${columns}  ${dim}${line.target}${off}`;
    return printed.trimEnd();
  });
  const resources = definition.resources.length;
  const methods = definition.resources.reduce((sum, resource) => sum + resource.methods.length, 0);
  return `${text.join('\n')}\n\n${count(resources, 'resource')}, ${count(methods, 'method')}\n`;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

function buildTree(resources: readonly Resource[]): TreeNode {
  const root: TreeNode = { part: '/', resource: null, children: [] };
  const nodes = new Map<string, TreeNode>([['/', root]]);
  for (const resource of resources) {
    let node = root;
    let path = '';
    for (const part of pathParts(resource.path)) {
      path += `/${part}`;
      let child = nodes.get(path);
      if (child === undefined) {
        child = { part, resource: null, children: [] };
        nodes.set(path, child);
        node.children.push(child);
      }
      node = child;
    }
    node.resource = resource;
  }
  for (const node of nodes.values()) node.children.sort(byRank);
  return root;
}

const RANKS = { literal: 0, variable: 1, greedy: 2 };

function byRank(a: TreeNode, b: TreeNode): number {
  const rank = RANKS[partKind(a.part)] - RANKS[partKind(b.part)];
  if (rank !== 0) return rank;
  return a.part < b.part ? -1 : 1;
}

/**
 * @param branch what stands before the part on its own line
 * @param trunk what stands there on every line below
 */
function draw(node: TreeNode, branch: string, trunk: string, lines: Line[]): void {
  const greedy = partKind(node.part) === 'greedy' ? ' (greedy)' : '';
  const label = `${branch}${printable(node.part)}${greedy}`;
  const below = node.children.length > 0 ? `${trunk}│` : trunk;
  const methods = node.resource?.methods ?? [];
  if (methods.length === 0) lines.push({ left: label, method: '', type: '', target: '' });
  for (const [index, method] of methods.entries()) {
    lines.push({ left: index === 0 ? label : below, ...describe(method) });
  }
  for (const [index, child] of node.children.entries()) {
    const last = index === node.children.length - 1;
    draw(child, `${trunk}${last ? '└── ' : '├── '}`, `${trunk}${last ? '    ' : '│   '}`, lines);
  }
}

function describe({ httpMethod, integration }: Method): Omit<Line, 'left'> {
  if (integration === undefined) return { method: httpMethod, type: 'none', target: 'answers 500' };
  return { method: httpMethod, type: integration.type, target: printable(target(httpMethod, integration)) };
}

/** The backend: a function's name, or the URI behind the method it is called with when that is another one. */
function target(httpMethod: string, { type, uri, httpMethod: backendMethod }: Integration): string {
  if (type === 'MOCK' || uri === undefined) return '';
  const invoked = /:lambda:path\/[^/]+\/functions\/(.+)\/invocations$/.exec(uri)?.[1];
  if (invoked !== undefined) return invoked.replace(/^arn:[^:]*:lambda:[^:]*:[^:]*:function:/, '');
  const called = backendMethod === undefined || backendMethod === 'ANY' || backendMethod === httpMethod;
  return called ? uri : `${backendMethod} ${uri}`;
}

/** Definitions are other people's text: what could steer a terminal is shown, not sent. */
function printable(text: string): string {
  return text.replace(
    /\p{Cc}|\p{Cf}/gu,
    (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  );
}
