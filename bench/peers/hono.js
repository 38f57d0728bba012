import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { port } from './s3.js';
import { sign } from './sign.js';

const app = new Hono();
app.get('/s3/multipart/:uploadId/:partNumber', async (c) => c.json({ url: await sign(c.req.query('key'), c.req.param('uploadId'), c.req.param('partNumber')) }));
serve({ fetch: app.fetch, hostname: '127.0.0.1', port });
