/**
 * An ETag as S3 gave it, whatever became of it on its way: a proxy that compresses writes `W/"x"` or `"x-gzip"`, some
 * servers leave out the quotes or write hex in capitals, and an empty one says nothing.
 *
 * @param {string | null | undefined} etag
 * @returns {string | undefined} with quotes
 */
export function plainEtag(etag) {
  const bare = (etag ?? '').trim().replace(/^W\//, '').replace(/^"|"$/g, '').replace(/[-;]+gzip$/, '');
  if (bare === '') return undefined;
  return `"${/^[0-9a-f]+(-\d+)?$/i.test(bare) ? bare.toLowerCase() : bare}"`;
}
