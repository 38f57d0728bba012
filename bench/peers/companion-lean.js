// Companion in the leanest embedding that its documentation shows: no session,
// no log of requests, no metrics, no provider. What it mounts beside /s3 cannot
// be left out.
import * as companion from '@uppy/companion';
import express from 'express';
import { bucket, credentials, endpoint, port, region } from './s3.js';

const { app } = companion.app({
  s3: { key: credentials.accessKeyId, secret: credentials.secretAccessKey, bucket, region, endpoint, forcePathStyle: true, expires: 900 },
  server: { host: `127.0.0.1:${port}`, protocol: 'http' },
  filePath: process.env.DATA,
  secret: 'unused: there is no session',
  uploadUrls: ['https://upload.example/'],
  corsOrigins: true,
  metrics: false,
});
express().use(app).listen(port, '127.0.0.1');
