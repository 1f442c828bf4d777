// The backend says how it was joined.
export const dynamic = "force-dynamic";

export const GET = (request) => new Response(request.headers.get("traceparent") ?? "none");
