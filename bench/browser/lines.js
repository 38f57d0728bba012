/**
 * What was measured, line by line, as the runner reads it.
 *
 * @typedef {object} Table
 * @property {string} name
 * @property {string[]} rows ours first
 */

/** Cells that have failed: they get no more samples. @type {Set<string>} */
const failed = new Set();

/** @param {object} line */
function write(line) { process.stdout.write(`${JSON.stringify(line)}\n`); }

/**
 * Takes a sample, unless one of its cell has failed before.
 *
 * @template {{value: number}} T
 * @param {{table: Table, row: string, metric: string}} cell
 * @param {() => Promise<T>} measure
 * @returns {Promise<T | null>} null where there is none
 */
export async function sample({ table, row, metric }, measure) {
  const cell = { table: table.name, row, metric };
  const key = JSON.stringify(cell);
  if (failed.has(key)) return null;
  try {
    const measured = await measure();
    write({ ...cell, value: measured.value });
    return measured;
  } catch (error) {
    failed.add(key);
    tell(row, error);
    write({ ...cell, note: error instanceof NotStarted ? 'cannot be started' : 'failed' });
    return null;
  }
}

/** @param {Table} table @param {string} note instead of any figure @param {Error} error */
export function failAll(table, note, error) {
  tell(table.name, error);
  for (const row of table.rows) write({ table: table.name, row, note });
}

/** There will be no more of it: it is worth its name, even if what comes next should fail. @param {Table} table */
export function done(table) { write({ table: table.name, done: true }); }

/** What a peer is that could not be installed, bundled or started. */
export class NotStarted extends Error {}

/** Without the query of any URL, which may be a secret. @param {string} what @param {Error} error */
export function tell(what, error) {
  process.stderr.write(`bench: ${what}: ${String(error?.message ?? error).replace(/\?\S*/g, '?…')}\n`);
}
