/** The stateless Worker of the example that everyone starts from: the backend's bytes, passed on as they are. */

interface Env {
  readonly NEST_BASE: string;
}

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const answer = await fetch(`${env.NEST_BASE}/model/chat`, {
      method: "POST",
      headers: { "content-type": "application/json", accept: "text/event-stream" },
      body: request.body,
    });
    return new Response(answer.body, {
      status: answer.status,
      headers: { "content-type": "text/event-stream", "cache-control": "no-cache" },
    });
  },
};
