/**
 * Where the broker is that served this page, without a slash at the end: its public URL may have a path, under which its
 * pages are `/`, `/ops`, `/check`, `/watch/{id}` and `/embed/{id}`.
 *
 * @param {string} page the page's own address
 */
export function brokerUrl(page) {
  const { origin, pathname } = new URL(page);
  return origin + pathname.replace(/\/(ops|check|(watch|embed)\/[^/]*)?$/, '');
}
