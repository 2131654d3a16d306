const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

let second = -1;
let text = '';

/** `dd/MMM/yyyy:HH:mm:ss +0000`, made once a second. `epochMs` is Unix time in milliseconds. */
export function logTime(epochMs: number): string {
  const current = Math.floor(epochMs / 1000);
  if (current !== second) {
    second = current;
    const iso = new Date(current * 1000).toISOString();
    text = `${iso.slice(8, 10)}/${MONTHS[Number(iso.slice(5, 7)) - 1]}/${iso.slice(0, 4)}:${iso.slice(11, 19)} +0000`;
  }
  return text;
}
