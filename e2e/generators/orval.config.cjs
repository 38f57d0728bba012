module.exports = {
  slipway: {
    input: { target: '../../api/openapi.yaml' },
    output: { target: 'made/orval.ts', client: 'fetch', mode: 'single', baseUrl: process.env.BROKER },
  },
};
