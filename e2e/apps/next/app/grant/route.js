/** The application's back end mints a grant for whoever is signed in. */
export async function POST() {
  const answer = await fetch(`${process.env.SLIPWAY_BROKER}/v1/grants`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${process.env.SLIPWAY_API_KEY}`, 'Content-Type': 'application/json' },
    body: JSON.stringify({ owner: 'user-17' }),
  });
  return new Response((await answer.json()).grant);
}
