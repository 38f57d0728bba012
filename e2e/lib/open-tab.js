import http from 'node:http';

/**
 * A tab with a page of its own origin, for another one to record.
 *
 * @param {any} context of Chromium's
 * @param {string} html
 */
export async function openTab(context, html) {
  const server = http.createServer((_, response) => response.setHeader('Content-Type', 'text/html').end(html));
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  const tab = await context.newPage();
  await tab.goto(`http://127.0.0.1:${server.address().port}/`);
  server.close();
  server.closeAllConnections();
  return tab;
}
