/**
 * What people write by hand: the parts of a multipart upload, one after the other.
 */

/**
 * @param {Blob} blob
 * @param {{broker: string, grant: string}} where
 */
export async function upload(blob, { broker, grant }) {
  const call = async (path, token, body) => {
    const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' };
    const answer = await fetch(`${broker}/v1/sessions${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
    return answer.json();
  };
  const { id, token, part_size: partSize } = await call('', grant, { content_type: 'video/webm', size: blob.size, checksum: 'none' });
  const parts = [];
  for (let from = 0; from < blob.size; from += partSize) parts.push({ number: parts.length + 1, size: Math.min(partSize, blob.size - from) });
  const { urls } = await call(`/${id}/parts`, token, { sign: parts });
  for (const { number, url, headers } of urls) {
    const from = (number - 1) * partSize;
    const answer = await fetch(url, { method: 'PUT', headers, body: blob.slice(from, from + partSize) });
    if (!answer.ok) throw new Error(`PUT of part ${number}: ${answer.status}`);
    parts[number - 1].etag = answer.headers.get('ETag');
  }
  await call(`/${id}/complete`, token, { parts, size: blob.size });
}
