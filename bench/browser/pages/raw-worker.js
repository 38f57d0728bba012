/**
 * PUTs on URLs that were signed before the clock started, with the recorder's own hashing and as many side by side.
 *
 * @typedef {object} Job
 * @property {{number: number, url: string, headers: Record<string, string>}[]} urls of all parts
 * @property {number} partSize
 * @property {string} complete URL that completes the session
 * @property {string} token
 */

import { Parallelism } from '../../../web/s3/parallelism.js';
import { checksumOf } from '../../../web/checksum/checksum.js';

const MOST = 6;

onmessage = async ({ data: { file, job } }) => {
  try {
    await upload(file, job);
    postMessage({});
  } catch (error) {
    postMessage({ error: error.message });
  }
};

/** @param {File} file @param {Job} job */
async function upload(file, { urls, partSize, complete, token }) {
  const parallelism = new Parallelism(MOST, () => performance.now());
  const waiting = [...urls];
  const parts = [];
  const under = new Set();
  while (parts.length < urls.length) {
    while (waiting.length > 0 && under.size < parallelism.limit(partSize)) {
      const signed = waiting.shift();
      const one = send(file.slice((signed.number - 1) * partSize, signed.number * partSize), signed, parallelism)
        .then((part) => { parts.push(part); under.delete(one); });
      under.add(one);
    }
    await Promise.race(under);
  }
  parts.sort((one, other) => one.number - other.number);
  const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' };
  const answer = await fetch(complete, { method: 'POST', headers, body: JSON.stringify({ parts, size: file.size }) });
  if (answer.status !== 200) throw new Error(`complete: ${answer.status}`);
}

/** @param {Blob} body @param {Job['urls'][number]} signed @param {Parallelism} parallelism */
async function send(body, { number, url, headers }, parallelism) {
  parallelism.began();
  const checksum = await checksumOf('sha256', body);
  const etag = await put(url, { ...headers, 'x-amz-checksum-sha256': checksum }, body);
  parallelism.ended(body.size);
  return { number, size: body.size, checksum, etag };
}

/** @param {string} url @param {Record<string, string>} headers @param {Blob} body @returns {Promise<string>} the ETag */
function put(url, headers, body) {
  return new Promise((resolve, reject) => {
    const xhr = new XMLHttpRequest();
    xhr.onload = () => (xhr.status === 200 ? resolve(xhr.getResponseHeader('ETag')) : reject(new Error(`PUT: ${xhr.status}`)));
    xhr.onerror = () => reject(new Error('PUT: no answer'));
    xhr.open('PUT', url);
    for (const [name, value] of Object.entries(headers)) xhr.setRequestHeader(name, value);
    xhr.send(body);
  });
}
