/** What a template costs when a configuration is applied. */
import { parse } from 'velocityjs';
import { compileTemplate } from '../../../src/templates/template.js';
import { Micro } from '../measure.js';
import { longTemplate, ORDERS_TEMPLATE } from './samples.js';

let number = 0;
/** The engine remembers the functions of texts it has seen: every one has to be another. */
const unseen = (template: string): string => `${template}${number++}`;

const long = longTemplate(300);
await new Micro('compiling a template', 10)
  .add('300 lines', () => compileTemplate(unseen(long)))
  .add('300 lines, parsed by velocityjs', () => parse(unseen(long)))
  .add('20 lines', () => compileTemplate(unseen(ORDERS_TEMPLATE)))
  .run();
