/**
 * The least a page can do to bring a file to S3 in checked parts: a Worker that reads, hashes and PUTs.
 */

/**
 * @param {File} file
 * @param {import('./raw-worker.js').Job} job
 */
export async function upload(file, job) {
  const worker = new Worker(new URL('./raw-worker.js', import.meta.url), { type: 'module' });
  try {
    await new Promise((resolve, reject) => {
      worker.onmessage = ({ data: { error } }) => (error ? reject(new Error(error)) : resolve());
      worker.onerror = ({ message }) => reject(new Error(message));
      worker.postMessage({ file, job });
    });
  } finally {
    worker.terminate();
  }
}
