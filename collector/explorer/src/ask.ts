// How the collector is asked, and told what to do.

/** The collector wants its token, or another one. */
export class NeedsToken extends Error {}

const TOKEN = "weft.admin_token";

/** It stays with this tab, and goes to nobody but the collector. */
export const keepToken = (token: string): void => sessionStorage.setItem(TOKEN, token);

/** What is at a path below `/api`. */
export const ask = async <Answer>(path: string, signal?: AbortSignal): Promise<Answer> => {
  const answer = await request(path, signal);
  return (await answer.json()) as Answer;
};

/** Has the collector do what is at a path below `/api`, with the header that no page of others may send. */
export const order = async (path: string, header: Record<string, string>): Promise<void> => {
  await request(path, undefined, { method: "POST", headers: header });
};

const request = async (path: string, signal?: AbortSignal, more?: RequestInit): Promise<Response> => {
  const token = sessionStorage.getItem(TOKEN);
  const headers = { ...(more?.headers as Record<string, string>), ...(token && { authorization: `Bearer ${token}` }) };
  const answer = await fetch(`/api/${path}`, { ...more, headers, ...(signal && { signal }) });
  if (answer.status === 401) throw new NeedsToken();
  if (!answer.ok) throw new Error((await answer.text()) || `The collector says ${answer.status}.`);
  return answer;
};

/** Calls `changed` whenever there is something new, until `signal`; `live`: whether that is being told. */
export const listen = async (signal: AbortSignal, changed: () => void, live: (is: boolean) => void): Promise<void> => {
  while (!signal.aborted) {
    try {
      const answer = await request("explorer/updates", signal);
      const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
      live(true);
      for (let said = await reader?.read(); said && !said.done; said = await reader?.read()) {
        if (said.value.includes("event: changed")) changed();
      }
    } catch (error) {
      if (error instanceof NeedsToken) return;
    }
    live(false);
    if (!signal.aborted) await new Promise((resolve) => setTimeout(resolve, 2_000));
  }
};
