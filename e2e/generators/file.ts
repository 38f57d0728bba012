/**
 * What each program uploads, and how its bytes go to S3. All else comes from the generated client.
 */

import { readFile } from 'node:fs/promises';

export const [, , broker, grant, path] = process.argv as [string, string, string, string, string];

export const bytes = new Uint8Array(await readFile(path));

export const bearer = (token: string) => ({ Authorization: `Bearer ${token}` });

/** The parts of the file, the last one shorter. */
export function partsOf(partSize: number) {
  const count = Math.ceil(bytes.length / partSize);
  return Array.from({ length: count }, (_, i) => ({ number: i + 1, size: Math.min(partSize, bytes.length - i * partSize) }));
}

/** PUTs each part to its URL, and returns what S3 said it is. */
export function putAll(urls: { number: number; url: string; headers: Record<string, string> }[], partSize: number) {
  return Promise.all(urls.map(async ({ number, url, headers }) => {
    const body = bytes.subarray((number - 1) * partSize, number * partSize);
    const answer = await fetch(url, { method: 'PUT', headers, body });
    if (!answer.ok) throw new Error(`PUT of part ${number}: ${answer.status}`);
    return { number, size: body.length, etag: answer.headers.get('etag') ?? undefined };
  }));
}

/** Tells the test where the recording is. */
export function done(id: string) {
  console.log(`DONE ${id}`);
}
