import express from 'express';
import { port } from './s3.js';
import { sign } from './sign.js';

const app = express();
app.get('/s3/multipart/:uploadId/:partNumber', async (req, res) => {
  res.json({ url: await sign(req.query.key, req.params.uploadId, req.params.partNumber) });
});
app.listen(port, '127.0.0.1');
