import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { acceptedCoding } from '../../src/content-encoding/accept-encoding.js';

describe('the coding of an answer', () => {
  it.each([
    ['gzip', 'gzip'],
    ['deflate', 'deflate'],
    ['GZip', 'gzip'],
    ['gzip, deflate, br', 'gzip'],
    ['deflate, gzip', 'deflate'],
    ['br, gzip', 'gzip'],
    ['gzip;q=0.5, deflate;q=0.8', 'deflate'],
    ['gzip ; q=1.000 , br;q=0.9', 'gzip'],
    ['gzip;q=0.2', 'gzip'],
    ['deflate;q=0, gzip', 'gzip'],
    [' , gzip,,', 'gzip'],
  ])('%s: %s', (value, coding) => {
    expect(acceptedCoding(`accept: */*\r\naccept-encoding: ${value}\r\n`)).toBe(coding);
  });

  it.each([
    '',
    '*',
    'br',
    'identity',
    'x-gzip',
    'gzip;q=0',
    'gzip;q=0.000',
    'br;q=1, gzip;q=0.9',
    'identity, gzip;q=0.5',
    '*;q=1, gzip;q=0.5',
    'gzip;q=2',
    'gzip;q=',
    'gzip;level=9',
    'gzip;q=1;q=1',
    'gzipped',
  ])('%j: none', (value) => {
    expect(acceptedCoding(`accept-encoding: ${value}\r\n`)).toBeUndefined();
  });

  it('is none without Accept-Encoding', () => {
    expect(acceptedCoding('accept: gzip\r\nx-accept-encoding: gzip\r\n')).toBeUndefined();
  });

  it('minds every line of the header', () => {
    expect(acceptedCoding('accept-encoding: br;q=0.1\r\naccept-encoding: gzip;q=0.2\r\n')).toBe('gzip');
    expect(acceptedCoding('accept-encoding: gzip;q=0.1\r\naccept-encoding: br;q=0.2\r\n')).toBeUndefined();
  });

  it('property: it is one that the header names, whatever the header', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'gzip,deflate;q=01. *') }), (value) => {
        const coding = acceptedCoding(`accept-encoding: ${value}\r\n`);
        if (coding !== undefined) expect(value).toContain(coding);
      }),
    );
  });
});
