/** What the generator has to know of a whole template before it begins. */
import type { Expression, Node, Reference, Template } from './ast.js';

export interface Assignments {
  /** Variables: assigned by #set, #foreach or #define. */
  assigned: Set<string>;
  parameters: Set<string>;
  /** The template puts members of its own into `$context`. */
  context: boolean;
  /** It holds #stop. */
  stops: boolean;
}

/** The names a template gives values to, and the names of its macros' parameters. */
export function assignments(template: Template): Assignments {
  const names: Assignments = { assigned: new Set(), parameters: new Set(), context: false, stops: false };
  const visit = (nodes: readonly Node[]): void => {
    for (const node of nodes) {
      if (node.kind === 'set') {
        if (node.target.parts.length === 0) names.assigned.add(node.target.root);
        else if (node.target.root === 'context' && node.target.parts.length === 1) names.context = true;
      } else if (node.kind === 'stop') names.stops = true;
      else if (node.kind === 'foreach') names.assigned.add(node.variable);
      else if (node.kind === 'define') names.assigned.add(node.name);
      else if (node.kind === 'call' && node.body !== null) names.parameters.add('bodyContent');
    }
  };
  walk(template, visit);
  for (const macro of template.macros.values())
    for (const name of macro.parameters) names.parameters.add(name);
  return names;
}

export function hasEvaluate(template: Template): boolean {
  let found = false;
  walk(template, (nodes) => {
    found ||= nodes.some((node) => node.kind === 'evaluate');
  });
  return found;
}

/** Visits every list of nodes in a template, those in macros and in texts included. */
function walk(template: Template, visit: (nodes: readonly Node[]) => void): void {
  const inNodes = (nodes: readonly Node[]): void => {
    visit(nodes);
    for (const node of nodes) inNode(node);
  };
  const inNode = (node: Node): void => {
    switch (node.kind) {
      case 'output':
        inReference(node.reference);
        return;
      case 'set':
        inReference(node.target);
        inExpression(node.value);
        return;
      case 'if':
        for (const branch of node.branches) {
          inExpression(branch.condition);
          inNodes(branch.body);
        }
        inNodes(node.otherwise ?? []);
        return;
      case 'foreach':
        inExpression(node.list);
        inNodes(node.body);
        return;
      case 'define':
        inNodes(node.body);
        return;
      case 'call':
        node.args.forEach(inExpression);
        inNodes(node.body ?? []);
        return;
      case 'evaluate':
        inExpression(node.value);
        return;
      default:
    }
  };
  const inReference = (reference: Reference): void => {
    for (const part of reference.parts) {
      if (part.kind === 'index') inExpression(part.index);
      else if (part.kind === 'call') part.args.forEach(inExpression);
    }
  };
  const inExpression = (expression: Expression): void => {
    switch (expression.kind) {
      case 'template':
        inNodes(expression.nodes);
        return;
      case 'reference':
        inReference(expression.reference);
        return;
      case 'list':
        expression.items.forEach(inExpression);
        return;
      case 'map':
        for (const [key, value] of expression.entries) {
          inExpression(key);
          inExpression(value);
        }
        return;
      case 'range':
        inExpression(expression.from);
        inExpression(expression.to);
        return;
      case 'arithmetic':
      case 'compare':
        inExpression(expression.left);
        inExpression(expression.right);
        return;
      case 'logical':
        expression.operands.forEach(inExpression);
        return;
      case 'not':
        inExpression(expression.operand);
        return;
      default:
    }
  };
  inNodes(template.nodes);
  for (const macro of template.macros.values()) inNodes(macro.body);
}
