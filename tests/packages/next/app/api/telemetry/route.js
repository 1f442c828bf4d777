// Passes on to the collector what the page sends, so that it goes to the page's own origin.
export const POST = async (request) => {
  const { search } = new URL(request.url);
  const headers = { origin: request.headers.get("origin"), "content-type": request.headers.get("content-type") };
  const body = await request.arrayBuffer();
  const answer = await fetch(`${process.env.WEFT_ENDPOINT}${search}`, { method: "POST", headers, body });
  return new Response(answer.body, { status: answer.status });
};
