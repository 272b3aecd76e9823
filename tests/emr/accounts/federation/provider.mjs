// A real OpenID Connect provider for the tests: panva's oidc-provider on loopback. Everybody may log in as anybody:
// the form asks for a subject and for what the provider shall say about the factors.
//
//   node provider.mjs PORT REDIRECT_URI
import http from "node:http";
import Provider from "oidc-provider";

const [port, redirectUri] = process.argv.slice(2);
const issuer = `http://127.0.0.1:${port}`;

const provider = new Provider(issuer, {
  clients: [
    {
      client_id: "chartroom",
      client_secret: "a secret of the tests, thirty-two letters",
      redirect_uris: [redirectUri],
      token_endpoint_auth_method: "client_secret_basic",
    },
  ],
  cookies: { keys: ["the tests' own"] },
  acrValues: ["urn:two", "urn:one"],
  claims: { openid: ["sub", "amr", "acr"] },
  features: { devInteractions: { enabled: false } },
  pkce: { required: () => true },
  interactions: { url: (ctx, interaction) => `/interaction/${interaction.uid}` },
  findAccount: (ctx, sub) => ({ accountId: sub, claims: () => ({ sub, email: "nina@riverside.test", email_verified: true }) }),
  // Nobody is asked for consent.
  async loadExistingGrant(ctx) {
    const grant = new ctx.oidc.provider.Grant({ clientId: ctx.oidc.client.clientId, accountId: ctx.oidc.session.accountId });
    grant.addOIDCScope("openid");
    await grant.save();
    return grant;
  },
});

const form = `<!doctype html><title>Provider</title><form method="post">
<label>Subject <input name="sub"></label><label>amr <input name="amr"></label><label>acr <input name="acr"></label>
<button>Log in</button> <button name="refuse" value="1">Refuse</button></form>`;

async function interact(request, response) {
  if (request.method !== "POST") {
    response.setHeader("Content-Type", "text/html");
    response.end(form);
    return;
  }
  let body = "";
  for await (const chunk of request) body += chunk;
  const typed = new URLSearchParams(body);
  if (typed.get("refuse")) {
    await provider.interactionFinished(request, response, { error: "access_denied" });
    return;
  }
  const login = { accountId: typed.get("sub"), remember: false };
  if (typed.get("amr")) login.amr = typed.get("amr").split(" ");
  if (typed.get("acr")) login.acr = typed.get("acr");
  await provider.interactionFinished(request, response, { login });
}

const answer = provider.callback();
const server = http.createServer((request, response) => {
  if (!request.url.startsWith("/interaction/")) return answer(request, response);
  return interact(request, response).catch((error) => {
    response.statusCode = 500;
    response.end(String(error));
  });
});
server.listen(Number(port), "127.0.0.1", () => console.log("ready"));
