// Where the bucket is, as bench/rig tells every peer.
const env = process.env;

export const port = Number(env.PORT);
export const bucket = env.S3_BUCKET;
export const region = env.AWS_REGION;
export const endpoint = env.S3_ENDPOINT;
export const credentials = { accessKeyId: env.AWS_ACCESS_KEY_ID, secretAccessKey: env.AWS_SECRET_ACCESS_KEY };
