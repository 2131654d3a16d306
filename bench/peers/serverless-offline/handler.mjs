export { handler } from '../function.mjs';
