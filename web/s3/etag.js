/**
 * Turns an ETag back into what S3 sent. On the way it may have changed: a proxy that compresses writes `W/"x"` or `"x-gzip"`,
 * and some servers leave out the quotes or write hex in capitals. An empty ETag says nothing.
 *
 * @param {string | null | undefined} etag
 * @returns {string | undefined} with quotes
 */
export function plainEtag(etag) {
  const bare = (etag ?? '').trim().replace(/^W\//, '').replace(/^"|"$/g, '').replace(/[-;]+gzip$/, '');
  if (bare === '') return undefined;
  return `"${/^[0-9a-f]+(-\d+)?$/i.test(bare) ? bare.toLowerCase() : bare}"`;
}
